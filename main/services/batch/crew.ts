import type { StartTaskProcess } from '../../workers/host.ts';
import { KeptProcess } from '../../workers/keptProcess.ts';

/** What native libraries leak is bounded by replacing a process after so many tasks. */
const tasksOfProcess = 250;

/** Processes that work side by side, each on one thing after the other. */
export type Crew = {
  readonly members: readonly KeptProcess[];
  close(): void;
};

export function createCrew(
  start: StartTaskProcess,
  {
    jobs,
    timeout,
    threads,
  }: {
    readonly jobs: number;
    readonly timeout: number;
    readonly threads: number | undefined;
  },
): Crew {
  const limits = { threads, tasks: tasksOfProcess, silentMs: timeout * 1000 };
  const members = Array.from({ length: jobs }, () => new KeptProcess(start, limits));
  return {
    members,
    close: () => {
      for (const member of members) member.close();
    },
  };
}

/**
 * Has every member take what `next` gives until that is undefined. Where one fails, the others stop and its error is thrown.
 */
export async function workTogether<Member, Item>(
  members: readonly Member[],
  next: () => Item | undefined,
  treat: (item: Item, member: Member, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const one = async (member: Member): Promise<void> => {
    try {
      while (!either.aborted) {
        const item = next();
        if (item === undefined) return;
        await treat(item, member, either);
      }
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const ended = await Promise.allSettled(members.map(one));
  const failed = ended.find(({ status }) => status === 'rejected');
  if (stop.signal.aborted) throw stop.signal.reason;
  if (failed?.status === 'rejected') throw failed.reason;
  signal.throwIfAborted();
}
