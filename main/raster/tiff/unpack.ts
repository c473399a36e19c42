import { type SampleArray, samplesOf } from '../../../app/raster/samples.ts';
import type { ImageLayout } from './layout.ts';

/**
 * Decoded rows of a block as samples: a view where the stored and the handed-out type agree, else unpacked as GDAL does:
 * 1 to 7 bits to 8, 9 to 15 to 16, 17 to 31 to 32 (bits most significant first, each row on a byte border), half and
 * 24-bit floats to 32. `bytes` are in the machine's byte order and start where a sample may start.
 */
export function unpack(
  bytes: Uint8Array<ArrayBuffer>,
  layout: ImageLayout,
  rowSamples: number,
  rows: number,
): SampleArray {
  const { bits, type } = layout;
  const count = rowSamples * rows;
  if (layout.format === 'float' && bits < 32) return unpackFloats(bytes, bits, count);
  if (bits === 8 || bits === 16 || bits === 32 || bits === 64) {
    return samplesOf(type, bytes.buffer, bytes.byteOffset, count);
  }
  const result = samplesOf(type, count) as Uint8Array | Uint16Array | Uint32Array;
  if (bits === 24) unpack24(bytes, result);
  else if (bits === 1) unpackBits(bytes, result, rowSamples, layout.rowBytes);
  else unpackOdd(bytes, result, { rowSamples, rowBytes: layout.rowBytes, bits });
  return result;
}

function unpackBits(
  bytes: Uint8Array,
  result: Uint8Array | Uint16Array | Uint32Array,
  rowSamples: number,
  rowBytes: number,
): void {
  for (let start = 0, row = 0; start < result.length; start += rowSamples, row += rowBytes) {
    for (let i = 0; i < rowSamples; i++) {
      result[start + i] = (bytes[row + (i >> 3)]! >> (7 - (i & 7))) & 1;
    }
  }
}

/** Most significant byte first in little-endian files, and so reversed in big-endian ones: GDAL writes and reads it so. */
function unpack24(bytes: Uint8Array, result: Uint8Array | Uint16Array | Uint32Array): void {
  for (let i = 0, at = 0; i < result.length; i++, at += 3) {
    result[i] = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  }
}

function unpackOdd(
  bytes: Uint8Array,
  result: Uint8Array | Uint16Array | Uint32Array,
  row: { readonly rowSamples: number; readonly rowBytes: number; readonly bits: number },
): void {
  const { rowSamples, rowBytes, bits } = row;
  const range = 2 ** bits;
  for (let start = 0, at = 0; start < result.length; start += rowSamples, at += rowBytes) {
    let held = 0;
    let value = 0;
    let position = at;
    for (let i = 0; i < rowSamples; i++) {
      // At most 30 held bits and 8 new ones: over 32, hence arithmetic instead of shifts.
      while (held < bits) {
        value = value * 256 + bytes[position++]!;
        held += 8;
      }
      held -= bits;
      const rest = 2 ** held;
      result[start + i] = Math.floor(value / rest) % range;
      value %= rest;
    }
  }
}

function unpackFloats(bytes: Uint8Array, bits: number, count: number): Float32Array {
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    words[i] =
      bits === 16
        ? halfToSingle(bytes[2 * i]! | (bytes[2 * i + 1]! << 8))
        : tripleToSingle(bytes[3 * i]! | (bytes[3 * i + 1]! << 8) | (bytes[3 * i + 2]! << 16));
  }
  return new Float32Array(words.buffer);
}

/** IEEE half precision (1 sign, 5 exponent, 10 fraction bits) as the bits of a single. */
function halfToSingle(half: number): number {
  return widen({ sign: half >> 15, exponent: (half >> 10) & 31, fraction: half & 1023 }, 10, 15);
}

/** 24-bit float (1 sign, 7 exponent, 16 fraction bits) as the bits of a single. */
function tripleToSingle(triple: number): number {
  const exponent = (triple >> 16) & 127;
  return widen({ sign: triple >> 23, exponent, fraction: triple & 65535 }, 16, 63);
}

function widen(
  { sign, exponent, fraction }: { sign: number; exponent: number; fraction: number },
  fractionBits: number,
  bias: number,
): number {
  const shift = 23 - fractionBits;
  if (exponent === 2 * bias + 1) return ((sign << 31) | (255 << 23) | (fraction << shift)) >>> 0;
  if (exponent > 0)
    return ((sign << 31) | ((exponent - bias + 127) << 23) | (fraction << shift)) >>> 0;
  if (fraction === 0) return (sign << 31) >>> 0;
  // Subnormal: shift until the leading bit is implied.
  const leading = Math.clz32(fraction) - (31 - fractionBits);
  const normal = (fraction << leading) & ((1 << fractionBits) - 1);
  return ((sign << 31) | ((1 - bias - leading + 127) << 23) | (normal << shift)) >>> 0;
}
