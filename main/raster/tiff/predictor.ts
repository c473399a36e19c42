import { viewOf } from './directory.ts';

/** Samples as bits, whatever they mean. */
export type UnsignedSamples = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/**
 * Undoes predictor 2 (differences between neighbours, TIFF 6.0 section 14) in place, in the machine's byte order.
 * `samples` are interleaved; `rowSamples` of them make a row.
 */
export function undoDifferences(
  values: UnsignedSamples,
  samples: number,
  rowSamples: number,
): void {
  if (values instanceof Uint8Array) accumulate8(values, samples, rowSamples);
  else if (values instanceof Uint16Array) accumulate16(values, samples, rowSamples);
  else if (values instanceof Uint32Array) accumulate32(values, samples, rowSamples);
  else {
    const halves = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
    accumulate64(halves, samples, rowSamples);
  }
}

// The three loops differ in the array type only: shared code would make every access polymorphic.

function accumulate8(values: Uint8Array, samples: number, rowSamples: number): void {
  for (let row = 0; row < values.length; row += rowSamples) {
    const end = row + rowSamples;
    for (let i = row + samples; i < end; i++) values[i] = values[i]! + values[i - samples]!;
  }
}

function accumulate16(values: Uint16Array, samples: number, rowSamples: number): void {
  for (let row = 0; row < values.length; row += rowSamples) {
    const end = row + rowSamples;
    for (let i = row + samples; i < end; i++) values[i] = values[i]! + values[i - samples]!;
  }
}

function accumulate32(values: Uint32Array, samples: number, rowSamples: number): void {
  for (let row = 0; row < values.length; row += rowSamples) {
    const end = row + rowSamples;
    for (let i = row + samples; i < end; i++) values[i] = values[i]! + values[i - samples]!;
  }
}

/** 64-bit sums as two halves with a carry (little-endian machine). */
function accumulate64(halves: Uint32Array, samples: number, rowSamples: number): void {
  const step = 2 * samples;
  for (let row = 0; row < halves.length; row += 2 * rowSamples) {
    const end = row + 2 * rowSamples;
    for (let i = row + step; i < end; i += 2) {
      const low = halves[i]! + halves[i - step]!;
      halves[i] = low;
      halves[i + 1] = halves[i + 1]! + halves[i + 1 - step]! + (low > 0xffffffff ? 1 : 0);
    }
  }
}

/**
 * Undoes predictor 3 (Adobe's floating point predictor: byte planes, most significant first, then byte differences) in
 * place, in little-endian order.
 */
export function undoFloatPredictor(
  bytes: Uint8Array,
  bits: number,
  samples: number,
  rowSamples: number,
): void {
  const size = bits >> 3;
  const rowBytes = rowSamples * size;
  const planes = new Uint8Array(rowBytes);
  for (let row = 0; row < bytes.length; row += rowBytes) {
    for (let i = 0; i < rowBytes; i++) {
      planes[i] = bytes[row + i]! + (i >= samples ? planes[i - samples]! : 0);
    }
    for (let plane = 0; plane < size; plane++) {
      const from = plane * rowSamples;
      const to = row + size - 1 - plane;
      for (let i = 0; i < rowSamples; i++) bytes[to + i * size] = planes[from + i]!;
    }
  }
}

/** Swaps the byte order of every sample in place. */
export function swapBytes(bytes: Uint8Array<ArrayBuffer>, bits: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bits === 16) buffer.swap16();
  else if (bits === 32) buffer.swap32();
  else if (bits === 64) buffer.swap64();
  else if (bits === 24) {
    const view = viewOf(bytes);
    for (let i = 0; i + 2 < bytes.length; i += 3) {
      const first = view.getUint8(i);
      view.setUint8(i, view.getUint8(i + 2));
      view.setUint8(i + 2, first);
    }
  }
}

/** Reverses the bits of every byte in place (fill order 2). */
export function reverseBits(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i]!;
    byte = ((byte & 0xf0) >> 4) | ((byte & 0x0f) << 4);
    byte = ((byte & 0xcc) >> 2) | ((byte & 0x33) << 2);
    bytes[i] = ((byte & 0xaa) >> 1) | ((byte & 0x55) << 1);
  }
}
