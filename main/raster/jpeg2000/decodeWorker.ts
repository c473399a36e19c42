// A thread that decodes codestreams, so that the thread which computes is not held up.
import { parentPort } from 'node:worker_threads';
import type { DecodeAnswer, DecodeTask } from './decodePool.ts';
import { decodeCodestream } from './openJpegDecoder.ts';

parentPort?.on('message', (task: DecodeTask) => {
  decodeCodestream(task.stream, task.reduction).then(
    (decoded) => {
      const answer: DecodeAnswer = { number: task.number, decoded };
      parentPort?.postMessage(answer, [decoded.bytes.buffer]);
    },
    (error: Error) => {
      const answer: DecodeAnswer = { number: task.number, reason: error.message };
      parentPort?.postMessage(answer);
    },
  );
});
