import type { SampleArray } from '../../../app/raster/samples.ts';

/** A rectangle of an interleaved block and where its samples go in the arrays of bands. */
export type Region = {
  /** First sample of each band: (row · blockWidth + column) · samples + sample. */
  readonly firsts: readonly number[];
  /** Samples from one row of the block to the next. */
  readonly fromStride: number;
  /** Samples from one pixel to the next. */
  readonly samples: number;
  readonly to: number;
  readonly toStride: number;
  readonly width: number;
  readonly height: number;
};

/** Copies a rectangle of one band for each target; all arrays are of the same type. */
export function gather(source: SampleArray, targets: readonly SampleArray[], region: Region): void {
  for (const [i, target] of targets.entries()) {
    const band = { ...region, from: region.firsts[i]! };
    const size = source.BYTES_PER_ELEMENT;
    if (region.samples === 1) copyRows(source, target, band);
    else if (size === 1) gather8(bytesOf(source), bytesOf(target), band);
    else if (size === 2) gather16(shortsOf(source), shortsOf(target), band);
    else if (size === 4) gather32(wordsOf(source), wordsOf(target), band);
    else gather64(wordsOf(source), wordsOf(target), band);
  }
}

type BandRegion = Region & { readonly from: number };

function copyRows(source: SampleArray, target: SampleArray, region: BandRegion): void {
  const { width, height, fromStride, toStride } = region;
  const bytes = bytesOf(target);
  const from = bytesOf(source);
  const size = source.BYTES_PER_ELEMENT;
  for (let row = 0; row < height; row++) {
    const start = (region.from + row * fromStride) * size;
    bytes.set(from.subarray(start, start + width * size), (region.to + row * toStride) * size);
  }
}

function bytesOf(samples: SampleArray): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

function shortsOf(samples: SampleArray): Uint16Array {
  return new Uint16Array(samples.buffer, samples.byteOffset, samples.length);
}

function wordsOf(samples: SampleArray): Uint32Array {
  return new Uint32Array(samples.buffer, samples.byteOffset, samples.byteLength >> 2);
}

// One loop a width: shared code would make every access polymorphic. Bits are moved, not numbers, so NaNs stay as they are.

function gather8(source: Uint8Array, target: Uint8Array, region: BandRegion): void {
  const { samples, width } = region;
  for (let row = 0; row < region.height; row++) {
    let from = region.from + row * region.fromStride;
    const to = region.to + row * region.toStride;
    for (let i = to; i < to + width; i++, from += samples) target[i] = source[from]!;
  }
}

function gather16(source: Uint16Array, target: Uint16Array, region: BandRegion): void {
  const { samples, width } = region;
  for (let row = 0; row < region.height; row++) {
    let from = region.from + row * region.fromStride;
    const to = region.to + row * region.toStride;
    for (let i = to; i < to + width; i++, from += samples) target[i] = source[from]!;
  }
}

function gather32(source: Uint32Array, target: Uint32Array, region: BandRegion): void {
  const { samples, width } = region;
  for (let row = 0; row < region.height; row++) {
    let from = region.from + row * region.fromStride;
    const to = region.to + row * region.toStride;
    for (let i = to; i < to + width; i++, from += samples) target[i] = source[from]!;
  }
}

function gather64(source: Uint32Array, target: Uint32Array, region: BandRegion): void {
  const { samples, width } = region;
  for (let row = 0; row < region.height; row++) {
    let from = 2 * (region.from + row * region.fromStride);
    const to = 2 * (region.to + row * region.toStride);
    for (let i = to; i < to + 2 * width; i += 2, from += 2 * samples) {
      target[i] = source[from]!;
      target[i + 1] = source[from + 1]!;
    }
  }
}

/** Fills one band of a rectangle with one value (bytes of the value in `pattern`). */
export function fillRegion(target: SampleArray, region: Region, value: number | bigint): void {
  for (let row = 0; row < region.height; row++) {
    const to = region.to + row * region.toStride;
    if (typeof value === 'bigint') (target as BigInt64Array).fill(value, to, to + region.width);
    else (target as Float64Array).fill(value, to, to + region.width);
  }
}
