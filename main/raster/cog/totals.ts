import type { Window } from '../../../app/raster/grid.ts';
import type { SampleArray } from '../../../app/raster/samples.ts';
import type { BandStatistics } from '../../../app/raster/scene.ts';

/** What is known of the valid samples of a part of a band. */
export type Totals = {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Sum of squared deviations from the mean. */
  readonly squares: number;
};

const nothing: Totals = { count: 0, min: 0, max: 0, mean: 0, squares: 0 };

/**
 * Totals of the first `size.width` × `size.height` samples of a tile `stride` wide, without nodata and what is not finite.
 */
export function totalsOf(
  samples: SampleArray,
  size: Pick<Window, 'width' | 'height'>,
  stride: number,
  nodata: number | undefined,
): Totals {
  if (samples instanceof Uint8Array) return totalsOfBytes(samples, size, stride, nodata);
  const absent =
    samples instanceof Float32Array && nodata !== undefined ? Math.fround(nodata) : nodata;
  let count = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let shift = 0;
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < size.height; row++) {
    const end = row * stride + size.width;
    for (let i = row * stride; i < end; i++) {
      const value = Number(samples[i]!);
      if (value === absent || !Number.isFinite(value)) continue;
      // sums of deviations from a value of the tile itself keep their digits where the mean is far from zero
      if (count === 0) shift = value;
      count++;
      if (value < min) min = value;
      if (value > max) max = value;
      const deviation = value - shift;
      sum += deviation;
      squares += deviation * deviation;
    }
  }
  if (count === 0) return nothing;
  const mean = shift + sum / count;
  return { count, min, max, mean, squares: Math.max(0, squares - (sum * sum) / count) };
}

function totalsOfBytes(
  samples: Uint8Array,
  size: Pick<Window, 'width' | 'height'>,
  stride: number,
  nodata: number | undefined,
): Totals {
  const histogram = new Uint32Array(256);
  for (let row = 0; row < size.height; row++) {
    const end = row * stride + size.width;
    for (let i = row * stride; i < end; i++) histogram[samples[i]!]!++;
  }
  if (nodata !== undefined) histogram[nodata] = 0;
  let count = 0;
  let sum = 0;
  for (let value = 0; value < 256; value++) {
    count += histogram[value]!;
    sum += value * histogram[value]!;
  }
  if (count === 0) return nothing;
  const mean = sum / count;
  const squares = histogram.reduce((total, n, value) => total + n * (value - mean) ** 2, 0);
  const min = histogram.findIndex((n) => n > 0);
  return { count, min, max: histogram.findLastIndex((n) => n > 0), mean, squares };
}

/** Totals of two parts together (Chan, Golub and LeVeque 1983). */
export function mergeTotals(a: Totals, b: Totals): Totals {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const delta = b.mean - a.mean;
  return {
    count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    mean: a.mean + (delta * b.count) / count,
    squares: a.squares + b.squares + (delta * delta * a.count * b.count) / count,
  };
}

/** Statistics of a band from the totals of its parts in a fixed order; undefined where nothing is valid. */
export function statisticsOf(parts: readonly Totals[], pixels: number): BandStatistics | undefined {
  const total = parts.reduce(mergeTotals, nothing);
  if (total.count === 0) return undefined;
  return {
    min: total.min,
    max: total.max,
    mean: total.mean,
    std: Math.sqrt(total.squares / total.count),
    validPercent: (100 * total.count) / pixels,
  };
}
