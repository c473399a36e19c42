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

/** Processor time of the children of this process that have ended, and of theirs, in seconds (proc(5), `cutime` and `cstime`). */
export function childrenSeconds(): number {
  const fields = statOf('self');
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

/** Processor time of all threads of a process, in nanoseconds; 0 where the system does not tell. */
export function runNanoseconds(id: number): number {
  try {
    const threads = readdirSync(`/proc/${id}/task`);
    return threads.reduce((sum, thread) => {
      const [ran] = readFileSync(`/proc/${id}/task/${thread}/schedstat`, 'latin1').split(' ');
      return sum + Number(ran);
    }, 0);
  } catch {
    return 0;
  }
}

/** What `/proc/PID/stat` says behind the name, which stands in brackets and may hold anything. */
function statOf(id: number | 'self'): readonly string[] {
  const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Nothing for a process that has ended meanwhile. */
function read(id: number): (OwnProcess & { readonly parent: number })[] {
  try {
    const fields = statOf(id);
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
