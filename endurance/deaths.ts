import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { AppError } from '../app/error.ts';
import { childOf } from '../main/workers/host.ts';
import { KeptProcess } from '../main/workers/keptProcess.ts';
import { type Report, root } from './work.ts';

const entry = join(root, 'main/workers/testing/troubledTasks.ts');
/** Time after which a silent process is given up. */
const silentMs = 1000;

/** Ways of a compute process to end badly; without prlimit none that spends its memory, which would be the machine's. */
export const deaths = [
  ...(['killed', 'segfault', 'abort', 'heap', 'exit', 'silent', 'flood', 'strange'] as const),
  ...(existsSync('/usr/bin/prlimit') ? (['memory'] as const) : []),
];

export type DeathsOptions = {
  readonly kind: (typeof deaths)[number];
  readonly times: number;
  /** Whoever waits for an answer of the host is to wait no longer; of use on a machine that does nothing else. */
  readonly limitMs?: number;
  readonly tell?: (text: string) => void;
};

/**
 * Lets compute processes end in one way again and again. Each death has to fail its task, with `worker-died`, and nothing else: the
 * next task of the same host succeeds, and the host answers all the while.
 */
export async function dieAgain({ kind, times, limitMs, tell }: DeathsOptions): Promise<Report> {
  const started = performance.now();
  const host = new KeptProcess(childOf(entry), {
    ...{ threads: 1, tasks: 1000, silentMs: kind === 'silent' ? silentMs : 60_000 },
  });
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const faults: string[] = [];
  let finished = 0;
  for (let death = 1; death <= times; death++) {
    const found = await outcome(host, kind);
    if (found !== undefined) faults.push(`death ${death}: ${found}`);
    const echoed = await host.run({ task: 'echo', input: death }).catch(() => undefined);
    if (echoed === death) finished += 1;
    else faults.push(`death ${death}: the next task failed`);
    tell?.(`${death} of ${times} deaths, ${faults.length} faults`);
  }
  host.close();
  delay.disable();
  const worst = delay.max / 1e6;
  const late = `the host did not answer for ${worst.toFixed(0)} ms`;
  if (limitMs !== undefined && worst > limitMs) faults.push(late);
  const seconds = (performance.now() - started) / 1000;
  return { work: kind, tried: times, finished, faults, seconds };
}

async function outcome(host: KeptProcess, kind: string): Promise<string | undefined> {
  const waiting = AbortSignal.timeout(30_000);
  try {
    await host.run({ task: kind, input: { kind: 'strange' }, signal: waiting });
    return 'the task succeeded';
  } catch (error) {
    if (error instanceof AppError && error.code === 'worker-died') return undefined;
    return waiting.aborted ? 'nobody noticed' : String(error);
  }
}
