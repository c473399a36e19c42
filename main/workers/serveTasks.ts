import { AppError, errorRecord } from '../../app/error.ts';
import { type LineToHost, lineToHost } from '../transport/lineToHost.ts';
import type { HostMessage, WorkerMessage } from '../transport/messages.ts';
import type { Task, TaskContext } from './task.ts';

/** Tasks by name. Lazy, so that a process loads only what its task uses. */
export type TaskTable = Readonly<Record<string, () => Promise<Task<never, unknown>>>>;

async function answer(
  tasks: TaskTable,
  { task, input }: Extract<HostMessage, { kind: 'start' }>,
  host: LineToHost,
  signal: AbortSignal,
): Promise<WorkerMessage> {
  const context: TaskContext = {
    signal,
    emit: (event) => void host.send({ kind: 'event', event }),
  };
  try {
    const load = tasks[task];
    if (load === undefined) throw new AppError('internal', `No task is named "${task}".`);
    const run = await load();
    return { kind: 'result', value: await run(input as never, context) };
  } catch (error) {
    if (signal.aborted) {
      const message = `${task} was cancelled. What was finished is kept; add --resume to go on.`;
      return { kind: 'failure', error: { code: 'cancelled', message, details: {} } };
    }
    if (error instanceof RangeError && /allocation failed/i.test(error.message))
      return { kind: 'failure', error: errorRecord(outOfMemory(task, error)) };
    if (!(error instanceof AppError)) console.error(error);
    return { kind: 'failure', error: errorRecord(error) };
  }
}

/** Pixels and tensors lie outside the heap of JavaScript, where missing memory is an error that can be told. */
const outOfMemory = (task: string, { message }: RangeError): AppError =>
  new AppError(
    'worker-died',
    `Memory ran out in "${task}" (${message}): close other programs, or use a smaller batch. What was finished is kept: resume it to go on (on the command line with --resume).`,
  );

/**
 * Answers the task that the host sends, with events and one result or failure, and ends the process; where the host keeps it,
 * one task after the other.
 */
export function serveTasks(tasks: TaskTable): void {
  const host = lineToHost();
  let cancelled = new AbortController();
  host.onMessage((message) => {
    if (message.kind === 'cancel') {
      cancelled.abort(new AppError('cancelled', 'Cancelled.'));
      return;
    }
    cancelled = new AbortController();
    void answer(tasks, message, host, cancelled.signal)
      .then((last) => host.send(last))
      .then(() => {
        if (message.keep !== true) host.end();
      });
  });
  // The host has gone: nobody waits for the answer, and an orphan must not go on writing.
  host.onGone(() => process.exit(1));
  // Ctrl+C reaches the whole process group; the host decides what to do about it.
  process.on('SIGINT', () => undefined);
}
