import type { SampleArray } from '../../../app/raster/samples.ts';
import { nativeCodecs } from '../../../native/codecs/codecs.ts';
import { gather, type Region } from './gather.ts';
import { inflate, inflateInto } from './inflate.ts';
import { decodeLzw } from './lzw.ts';
import { type UnsignedSamples, undoDifferences } from './predictor.ts';

/** The inner loops of reading, in which nearly all its time goes. */
export type Kernels = {
  /** Fills `output` and returns the bytes written; fewer mean that the data ended early, -1 an undefined code. */
  readonly decodeLzw: (input: Uint8Array, output: Uint8Array) => number;
  /** A zlib stream of at most `most` bytes. @throws Error where it is damaged or longer */
  readonly inflate: (input: Uint8Array, most: number) => Uint8Array<ArrayBuffer>;
  /** Undoes predictor 2 in place, in rows of `rowSamples` samples, `samples` of them interleaved. */
  readonly undoDifferences: (values: UnsignedSamples, samples: number, rowSamples: number) => void;
  /** Copies a rectangle of one band for each target. */
  readonly gather: (source: SampleArray, targets: readonly SampleArray[], region: Region) => void;
};

/** Everything in JavaScript: what the native kernels are compared with, and used where they were not built. */
export const plainKernels: Kernels = { decodeLzw, inflate, undoDifferences, gather };

let chosen: Kernels | undefined;

/** The native kernels where they were built, else the plain ones; both give the same results. */
export function kernels(): Kernels {
  chosen ??= nativeKernels() ?? plainKernels;
  return chosen;
}

function nativeKernels(): Kernels | undefined {
  const native = nativeCodecs();
  if (native === undefined) return undefined;
  const { lzw, inflate: fill } = native;
  return {
    decodeLzw: lzw,
    inflate: fill === undefined ? inflate : (input, most) => inflateInto(fill, input, most),
    undoDifferences: native.undoDifferences,
    gather: (source, targets, region) => native.gather(source, targets, region.firsts, region),
  };
}
