import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DecodedTile } from './openJpegDecoder.ts';

/** What a decoding thread gets. */
export type DecodeTask = {
  readonly number: number;
  readonly stream: Uint8Array;
  readonly reduction: number;
};

/** What it answers: the samples, or why there are none. */
export type DecodeAnswer =
  | { readonly number: number; readonly decoded: DecodedTile }
  | { readonly number: number; readonly reason: string };

/** Threads that decode, each with its own copy of the decoder (50 MB). */
export const decodersAtOnce = Math.max(1, Math.min(4, availableParallelism()));

type Waiting = {
  readonly resolve: (decoded: DecodedTile) => void;
  readonly reject: (error: Error) => void;
};

/** One thread and the tasks it has not answered. It does not keep the process alive while it is idle. */
type Decoder = { readonly worker: Worker; readonly waiting: Map<number, Waiting> };

const decoders = new Set<Decoder>();
let lastNumber = 0;

/**
 * Decodes a codestream in another thread, the one with the fewest tasks.
 * @throws Error with the decoder's own words, or where the thread ended
 */
export function decodeAside(stream: Uint8Array, reduction: number): Promise<DecodedTile> {
  const decoder = freest();
  const number = ++lastNumber;
  return new Promise((resolve, reject) => {
    decoder.waiting.set(number, { resolve, reject });
    decoder.worker.ref();
    decoder.worker.postMessage({ number, stream, reduction } satisfies DecodeTask);
  });
}

function freest(): Decoder {
  const all = [...decoders];
  const idle = all.find((decoder) => decoder.waiting.size === 0);
  if (idle !== undefined) return idle;
  if (all.length < decodersAtOnce) return start();
  return all.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
}

function start(): Decoder {
  const worker = new Worker(new URL('./decodeWorker.ts', import.meta.url));
  const decoder: Decoder = { worker, waiting: new Map() };
  const end = (reason: string): void => {
    decoders.delete(decoder);
    for (const { reject } of decoder.waiting.values()) reject(new Error(reason));
    decoder.waiting.clear();
  };
  worker.on('message', (answer: DecodeAnswer) => settle(decoder, answer));
  worker.on('error', (error: Error) => end(error.message));
  worker.on('exit', () => end('the decoding thread ended'));
  worker.unref();
  decoders.add(decoder);
  return decoder;
}

function settle(decoder: Decoder, answer: DecodeAnswer): void {
  const waiting = decoder.waiting.get(answer.number);
  decoder.waiting.delete(answer.number);
  if (decoder.waiting.size === 0) decoder.worker.unref();
  if ('decoded' in answer) waiting?.resolve(answer.decoded);
  else waiting?.reject(new Error(answer.reason));
}
