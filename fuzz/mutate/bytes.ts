import type { Random } from '../../app/random.ts';

/** Numbers at the borders of what a field can hold. */
const numbers = [0, 1, 2, 7, 127, 128, 255, 256, 32767, 65535, 65536, 1e6, 2 ** 31 - 1, 2 ** 31];
const large = [2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64 - 2048];
const floats = [Number.NaN, Infinity, -Infinity, -0, 1e308, 5e-324, -1, 0];

type Operator = (bytes: Buffer, at: number, random: Random) => Buffer;

const longestPiece = 64;

/** How bytes are damaged, for any format. */
const operators: readonly Operator[] = [
  (bytes, at, random) => {
    bytes[at] = random.integer(256);
    return bytes;
  },
  (bytes, at, random) => {
    bytes[at]! ^= 1 << random.integer(8);
    return bytes;
  },
  (bytes, at, random) => {
    bytes[at]! += pick([1, 255, 16, 128], random);
    return bytes;
  },
  (bytes, at, random) => putNumber(bytes, at, random),
  (bytes, at, random) => putNumber(bytes, at - (at % 4), random),
  (bytes, at, random) => {
    if (at + 8 > bytes.length) return bytes;
    const value = pick(floats, random);
    if (random.integer(2) === 0) bytes.writeDoubleLE(value, at);
    else bytes.writeDoubleBE(value, at);
    return bytes;
  },
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, random) =>
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.integer(longestPiece))]),
  (bytes, at, random) => {
    const piece = bytes.subarray(at, at + 1 + random.integer(longestPiece));
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  },
  (bytes, at, random) => {
    const from = random.integer(bytes.length);
    bytes.copy(bytes, at, from, from + 1 + random.integer(longestPiece));
    return bytes;
  },
  (bytes, at, random) => {
    const end = Math.min(bytes.length, at + 1 + random.integer(longestPiece));
    return bytes.fill(random.integer(256), at, end);
  },
];

function putNumber(bytes: Buffer, at: number, random: Random): Buffer {
  const width = pick([2, 4, 8], random);
  if (at + width > bytes.length) return bytes;
  const value = random.integer(4) === 0 ? pick(large, random) : pick(numbers, random);
  const bits = BigInt.asUintN(8 * width, BigInt(value));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = random.integer(2) === 0;
  if (width === 2) view.setUint16(at, Number(bits), little);
  else if (width === 4) view.setUint32(at, Number(bits), little);
  else view.setBigUint64(at, bits, little);
  return bytes;
}

/** One of some values. */
export const pick = <Value>(values: readonly Value[], random: Random): Value =>
  values[random.integer(values.length)]!;

/** Structure lies at both ends of most files: this much of each gets two thirds of the changes. */
const endBytes = 4096;

/**
 * Damages bytes in one to four ways.
 * @param ends whether to prefer the two ends of a long file
 */
export function mutateBytes(source: Uint8Array, random: Random, ends = true): Buffer {
  let bytes = Buffer.from(source);
  for (let times = 1 + random.integer(4); times > 0 && bytes.length > 0; times--) {
    const near = Math.min(bytes.length, ends ? endBytes : bytes.length);
    const places = [
      random.integer(bytes.length),
      random.integer(near),
      bytes.length - 1 - random.integer(near),
    ];
    bytes = Buffer.from(pick(operators, random)(bytes, pick(places, random), random));
  }
  return bytes;
}

/** Replaces bytes at the same places only: lengths that a container states stay true. */
export function flipBytes(source: Uint8Array, random: Random, most = 8): Buffer {
  const bytes = Buffer.from(source);
  for (let times = 1 + random.integer(most); times > 0; times--) {
    const at = random.integer(bytes.length);
    if (random.integer(2) === 0) bytes[at] = random.integer(256);
    else bytes[at]! ^= 1 << random.integer(8);
  }
  return bytes;
}
