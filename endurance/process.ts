import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export type Ended = {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly killed: boolean;
  readonly said: string;
  readonly complaint: string;
};

/** Whom a kill meets: the process that was started, one that it started, or all of them. */
export const victims = ['host', 'child', 'all'] as const;
export type Kill = { readonly after: number; readonly victim: (typeof victims)[number] };

const nodeFlags = ['--disable-warning=ExperimentalWarning'] as const;
/** What is left of a killed run has to end by itself, as its parent is gone. */
const orphanMs = 15_000;
/** Logs go where nothing can be written: they are not what is looked at. */
const dataFolder = '/dev/null/prismap';

/**
 * Runs a program of Node to its end, or kills it `after` milliseconds; settled when its whole group is gone.
 * @throws Error where processes of it outlive it
 */
export async function run(
  words: readonly string[],
  {
    kill,
    environment,
  }: { readonly kill?: Kill; readonly environment?: Record<string, string> } = {},
): Promise<Ended> {
  // a group of its own, so that all of it can be killed, and waited for
  const child = spawn(process.execPath, [...nodeFlags, ...words], {
    ...{ stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    env: { ...process.env, ...environment, PRISMAP_DATA: dataFolder },
  });
  const [said, complaint] = [textOf(child.stdout), textOf(child.stderr)];
  let killed = false;
  const strikeNow = (): void => {
    killed = strike(child, kill!.victim);
  };
  const timer = kill === undefined ? undefined : setTimeout(strikeNow, kill.after);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  await groupGone(child.pid!);
  return { code, killed, said: said(), complaint: complaint() };
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (more: string) => (text += more));
  return () => text;
}

/** Kills; whether there was somebody to kill. */
function strike(child: ChildProcess, victim: Kill['victim']): boolean {
  const pid = child.pid!;
  try {
    if (victim === 'all') process.kill(-pid, 'SIGKILL');
    else if (victim === 'host') process.kill(pid, 'SIGKILL');
    else process.kill(childrenOf(pid)[0] ?? pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** Numbers of the processes that a process has started and that live (Linux; elsewhere none are known). */
function childrenOf(pid: number): number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(list)) return [];
  return readFileSync(list, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

async function groupGone(leader: number): Promise<void> {
  const until = performance.now() + orphanMs;
  while (isGroup(leader)) {
    if (performance.now() > until)
      throw new Error(`Processes of group ${leader} outlive their host.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function isGroup(leader: number): boolean {
  if (existsSync('/proc')) return livingOf(leader).length > 0;
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}

/** Living processes of a group: the dead whom nobody has asked about do not count. */
function livingOf(group: number): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      // after the name in brackets: state, parent, group
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
      return fields[0] !== 'Z' && Number(fields[2]) === group;
    } catch {
      return false;
    }
  });
}
