import { unzstd } from './inflate.ts';
import { decodeJpeg, loadJpeg } from './jpeg.ts';
import { kernels } from './kernels.ts';
import type { BlockRequest } from './layout.ts';
import { decodeLerc, loadLerc } from './lerc.ts';
import { decodePackBits } from './packBits.ts';
import { decodeWebp, loadWebp } from './webp.ts';

type Decoded = Uint8Array<ArrayBuffer>;

/** One way of compressing a block. Add one: write `decode`, add a row to `codecs`. */
export type Codec = {
  /** Most bytes that one stored byte can stand for; a block that would need more is refused before any allocation. */
  readonly largestRatio: number;
  /** True where the samples come out in the machine's byte order, whatever the file's. */
  readonly nativeOrder?: boolean;
  /** Whether it knows blocks of so many interleaved samples of so many bits; all where absent. */
  readonly knows?: (samples: number, bits: number) => boolean;
  /** Loads what `decode` needs. */
  readonly prepare?: () => Promise<void>;
  /** The block's bytes; fewer than `expected` mean that it ended early. @throws any error where it is damaged */
  readonly decode: (input: Uint8Array, request: BlockRequest) => Decoded;
};

const lzw: Codec = {
  // A string of n bytes costs n codes to build up: n(n+1)/2 bytes for n codes of at least 9 bits, n < 3838.
  largestRatio: 1706,
  decode: (input, { expected }) => filled(expected, (output) => kernels().decodeLzw(input, output)),
};

const packBits: Codec = {
  largestRatio: 64,
  decode: (input, { expected }) => filled(expected, (output) => decodePackBits(input, output)),
};

const deflate: Codec = {
  largestRatio: 1032,
  decode: (input, { most }) => kernels().inflate(input, most),
};

const zstd: Codec = {
  // A block of 3 + 1 bytes may repeat one byte 128 KiB times.
  largestRatio: 32768,
  decode: (input, { most }) => unzstd(input, most),
};

/** Runs a decoder that fills a buffer and says how far it came, or -1 for invalid data. */
function filled(expected: number, decode: (output: Uint8Array) => number): Decoded {
  const output = Buffer.allocUnsafeSlow(expected);
  const written = decode(output);
  if (written < 0) throw new Error('invalid code');
  return output.subarray(0, written);
}

const jpeg: Codec = {
  largestRatio: 2048,
  nativeOrder: true,
  knows: (samples, bits) => bits === 8 && (samples === 1 || samples === 3),
  prepare: loadJpeg,
  decode: decodeJpeg,
};

const lerc: Codec = {
  // A constant block costs a header only.
  largestRatio: Number.POSITIVE_INFINITY,
  nativeOrder: true,
  prepare: loadLerc,
  decode: decodeLerc,
};

const webp: Codec = {
  largestRatio: 65536,
  nativeOrder: true,
  prepare: loadWebp,
  decode: decodeWebp,
};

/** The compressions that are read, by their number in the compression field; 1 (none) needs no codec. */
export const codecs: ReadonlyMap<number, Codec> = new Map([
  [5, lzw],
  [7, jpeg],
  [8, deflate],
  [32773, packBits],
  [32946, deflate],
  [34887, lerc],
  [50000, zstd],
  [50001, webp],
]);
