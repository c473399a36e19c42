import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Where samples of a rectangle lie in an interleaved block and in arrays of bands; all in samples. */
export type NativeRegion = {
  readonly fromStride: number;
  readonly samples: number;
  readonly to: number;
  readonly toStride: number;
  readonly width: number;
  readonly height: number;
};

/** The decoders of `native/codecs`. They write nothing outside the arrays given, whatever the input. */
export type NativeCodecs = {
  /** Returns the bytes written, fewer than the output's where the data end early, -1 for an undefined code. */
  readonly lzw: (input: Uint8Array, output: Uint8Array) => number;
  /** Returns the bytes of a zlib stream, -1 where it is damaged, -2 where it is longer. Absent without libdeflate. */
  readonly inflate?: (input: Uint8Array, output: Uint8Array) => number;
  /** In place, over whole rows of `rowSamples`, `samples` interleaved. */
  readonly undoDifferences: (
    values: ArrayBufferView,
    samples: number,
    rowSamples: number,
  ) => undefined;
  /** Copies one band for each target, from sample `firsts[i]` on; all arrays of one element size. @throws TypeError */
  readonly gather: (
    source: ArrayBufferView,
    targets: readonly ArrayBufferView[],
    firsts: readonly number[],
    region: NativeRegion,
  ) => undefined;
};

const file = join(import.meta.dirname, '..', 'build', 'codecs.node');
let loaded: { readonly codecs: NativeCodecs | undefined } | undefined;

/** The codecs that the set-up built; undefined where it could not. Loaded once. */
export function nativeCodecs(): NativeCodecs | undefined {
  loaded ??= { codecs: existsSync(file) ? load() : undefined };
  return loaded.codecs;
}

function load(): NativeCodecs | undefined {
  try {
    return createRequire(import.meta.url)(file) as NativeCodecs;
  } catch {
    // Built on another system that shares this folder: the codecs in JavaScript give the same results.
    return undefined;
  }
}
