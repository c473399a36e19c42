import { readdirSync, readFileSync } from 'node:fs';

/** A process that this one started, or one of its own, as Linux tells of it. */
export type OwnProcess = {
  readonly id: number;
  readonly command: string;
  /** Processor time so far. */
  readonly seconds: number;
  readonly residentBytes: number;
};

const pageBytes = 4096;
const ticksPerSecond = 100;

/** This process and all that it started: browser, graphics, host, scene processes. */
export function ownProcesses(): readonly OwnProcess[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => read(Number(name)));
  const own = new Set([process.pid]);
  for (let size = 0; size !== own.size; ) {
    size = own.size;
    for (const { id, parent } of all) if (own.has(parent)) own.add(id);
  }
  return all.filter(({ id }) => own.has(id));
}

/** Processor time of all of them, in seconds. */
export function cpuSeconds(): number {
  return ownProcesses().reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Nothing for a process that has ended meanwhile. */
function read(id: number): (OwnProcess & { readonly parent: number })[] {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
    // the name, in brackets, may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [
      {
        id,
        parent: Number(fields[1]),
        command: readFileSync(`/proc/${id}/cmdline`, 'latin1').replaceAll('\0', ' '),
        seconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
        residentBytes: Number(fields[21]) * pageBytes,
      },
    ];
  } catch {
    return [];
  }
}
