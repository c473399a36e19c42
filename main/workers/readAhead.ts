import { Worker } from 'node:worker_threads';
import { AppError, type ErrorRecord, fromErrorRecord } from '../../app/error.ts';
import type { FeatureWindow } from './featureWindow.ts';
import { type ReaderTask, readWindows } from './readWindows.ts';

export type ReaderMessage =
  | { readonly kind: 'window'; readonly result: FeatureWindow }
  | { readonly kind: 'failure'; readonly error: ErrorRecord };

/**
 * Feature windows in the order asked for, read by a thread of its own; a single one is read here, since there is nothing to
 * read ahead and a thread takes longer to start than a small scene to map.
 * @throws AppError of the reader, `cancelled`
 */
export async function* readAhead(
  task: ReaderTask,
  signal: AbortSignal,
): AsyncGenerator<FeatureWindow> {
  if (task.windows.length === 0) return;
  if (task.windows.length === 1) {
    signal.throwIfAborted();
    yield* readWindows(task);
    return;
  }
  const worker = new Worker(new URL('./reader.ts', import.meta.url), { workerData: task });
  const arrived: ReaderMessage[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  const notify = (): void => wake?.();
  worker.on('message', (message: ReaderMessage) => {
    arrived.push(message);
    notify();
  });
  const fail = (message: string): void => {
    arrived.push({ kind: 'failure', error: { code: 'worker-died', message, details: {} } });
    notify();
  };
  worker.on('error', (error: Error) =>
    fail(`The thread that reads ${task.uri} failed (${error.message}).`),
  );
  worker.on('exit', () => {
    ended = true;
    notify();
  });
  signal.addEventListener('abort', notify, { once: true });
  try {
    for (let i = 0; i < task.windows.length; i++) {
      while (arrived.length === 0) {
        if (signal.aborted) throw new AppError('cancelled', 'Cancelled.');
        if (ended)
          throw new AppError('worker-died', `The thread that reads ${task.uri} ended early.`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      signal.throwIfAborted();
      const message = arrived.shift()!;
      if (message.kind === 'failure') throw fromErrorRecord(message.error);
      yield message.result;
      worker.postMessage('next');
    }
  } finally {
    signal.removeEventListener('abort', notify);
    await worker.terminate();
  }
}
