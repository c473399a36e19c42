// A thread that reads ahead: decodes windows and takes their features while the engine computes the one before. Buffers
// are handed over, not copied.
import { parentPort, workerData } from 'node:worker_threads';
import { errorRecord } from '../../app/error.ts';
import type { ReaderMessage } from './readAhead.ts';
import { type ReaderTask, readWindows } from './readWindows.ts';

const port = parentPort!;
const task = workerData as ReaderTask;
let credit = task.ahead;
let wake: (() => void) | undefined;

port.on('message', () => {
  credit += 1;
  wake?.();
});

async function ready(): Promise<void> {
  while (credit === 0) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  credit -= 1;
}

async function readAll(): Promise<void> {
  for await (const result of readWindows(task, ready))
    port.postMessage({ kind: 'window', result } satisfies ReaderMessage, [
      result.indices.buffer,
      result.features.buffer,
    ]);
}

readAll().then(
  () => port.close(),
  (error: unknown) => {
    port.postMessage({ kind: 'failure', error: errorRecord(error) } satisfies ReaderMessage);
    port.close();
  },
);
