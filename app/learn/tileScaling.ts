import { AppError } from '../error.ts';
import { eigenSymmetric, type Matrix } from '../raster/smallMatrix.ts';

/**
 * How physical values become the numbers that a tile model sees. `two-sigma`: (x − mean + 2σ) / 4σ of the whole
 * training data, clipped to 0 to 1 (the released preprocessing of BigEarthNet): what is bright stays bright. `standard`: (x − mean) / σ,
 * clipped to ±4: the same, four times as wide and about zero, which a fresh network learns from several times faster. `whitened`: that, multiplied by R^(−1/2), where R is how bands go together
 * (ZCA-cor, Kessy et al. 2018), clipped to ±8. Bands of one sensor rise and fall together; what tells classes apart is small beside
 * that, and a network finds it late. Each band keeps its place and as much of itself as can be. `min-max`: every tile
 * stretched by itself (the released preprocessing of the pre-training): no statistics, no radiometry.
 */
export type TileScaling =
  | {
      readonly kind: 'two-sigma' | 'standard';
      readonly mean: readonly number[];
      readonly std: readonly number[];
    }
  | {
      readonly kind: 'whitened';
      readonly mean: readonly number[];
      readonly std: readonly number[];
      /** R^(−1/2), (bands, bands). */
      readonly mixing: readonly (readonly number[])[];
    }
  | { readonly kind: 'min-max'; readonly epsilon: number };

/** Scalings whose numbers are learned from data. */
export type LearnedScaling = 'two-sigma' | 'standard' | 'whitened';

/** Running mean and variance of bands over valid pixels (Chan et al. 1979), by tiles; with `together` of all pairs of bands too. */
export class BandMoments {
  readonly #together: boolean;
  #count = 0;
  readonly #mean: Float64Array;
  /** Sums of products of deviations, (bands, bands), lower triangle; the diagonal alone where bands are looked at one by one. */
  readonly #products: Float64Array;

  constructor(bands: number, together = false) {
    this.#together = together;
    this.#mean = new Float64Array(bands);
    this.#products = new Float64Array(bands * bands);
  }

  /** `values` (bands, pixels); pixels whose `valid` is 0 do not count. */
  add(values: Float32Array, valid: Uint8Array): void {
    const bands = this.#mean.length;
    const { count, means, deviations } = centred(values, valid, bands);
    if (count === 0) return;
    const before = this.#count;
    const all = before + count;
    const steps = means.map((mean, band) => mean - this.#mean[band]!);
    for (let a = 0; a < bands; a++) {
      for (let b = this.#together ? 0 : a; b <= a; b++) {
        let sum = (steps[a]! * steps[b]! * before * count) / all;
        for (let i = 0; i < count; i++)
          sum += deviations[a * count + i]! * deviations[b * count + i]!;
        this.#products[a * bands + b]! += sum;
      }
      this.#mean[a]! += (steps[a]! * count) / all;
    }
    this.#count = all;
  }

  /** @throws AppError `no-samples` where no pixel was valid */
  scaling(kind: LearnedScaling = 'two-sigma'): TileScaling {
    if (this.#count === 0)
      throw new AppError(
        'no-samples',
        'The tiles read have no valid pixel: the range of their bands cannot be learned. Add scenes that have data there.',
      );
    const bands = this.#mean.length;
    const mean = [...this.#mean];
    // A band that never varies says nothing; any spread does.
    const std = mean.map(
      (_, band) => Math.sqrt(this.#products[band * bands + band]! / this.#count) || 1,
    );
    if (kind !== 'whitened') return { kind, mean, std };
    const correlation = std.map((spread, a) =>
      Float64Array.from(std, (other, b) =>
        a === b
          ? 1
          : this.#products[Math.max(a, b) * bands + Math.min(a, b)]! /
            (this.#count * spread * other),
      ),
    );
    return { kind, mean, std, mixing: inverseRoot(correlation) };
  }
}

/** Mean of each band over the valid pixels, and how far each of them lies from it, (bands, count). */
function centred(
  values: Float32Array,
  valid: Uint8Array,
  bands: number,
): { readonly count: number; readonly means: Float64Array; readonly deviations: Float64Array } {
  const pixels = [...valid.keys()].filter((i) => valid[i] !== 0);
  const count = pixels.length;
  const means = new Float64Array(bands);
  const deviations = new Float64Array(bands * count);
  for (let band = 0; band < bands; band++) {
    const from = band * valid.length;
    for (const i of pixels) means[band]! += values[from + i]! / count;
    for (const [at, i] of pixels.entries())
      deviations[band * count + at] = values[from + i]! - means[band]!;
  }
  return { count, means, deviations };
}

/** Differences of bands that make less than this share of a band's variance are noise. */
const leastVariance = 1e-4;

/** R^(−1/2) of a correlation matrix R, rows of numbers. */
function inverseRoot(correlation: Matrix): number[][] {
  return functionOf(correlation, (value) => 1 / Math.sqrt(Math.max(value, leastVariance)));
}

/** A symmetric matrix with its eigenvalues replaced. */
function functionOf(matrix: Matrix, replaced: (value: number) => number): number[][] {
  const { values, vectors } = eigenSymmetric(matrix);
  const factors = values.map(replaced);
  return vectors.map((row) =>
    vectors.map((other) =>
      factors.reduce((sum, factor, k) => sum + factor * row[k]! * other[k]!, 0),
    ),
  );
}

/** Where scaled values are cut off. */
const bounds = {
  'two-sigma': [0, 1],
  standard: [-4, 4],
  whitened: [-8, 8],
  'min-max': [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
} as const;

/** Scales a tile (bands, pixels) in place, in `light` times the light; invalid pixels become 0. */
export function scaleTile(
  values: Float32Array,
  valid: Uint8Array,
  scaling: TileScaling,
  light = 1,
): void {
  const pixels = valid.length;
  const bands = values.length / pixels;
  if (light !== 1) for (let i = 0; i < values.length; i++) values[i]! *= light;
  for (let band = 0; band < bands; band++) {
    const from = band * pixels;
    const [low, width] = rangeOf(values, valid, scaling, band);
    for (let i = 0; i < pixels; i++)
      values[from + i] = valid[i] === 0 ? 0 : (values[from + i]! - low) / width;
  }
  if (scaling.kind === 'whitened') mixBands(values, pixels, scaling.mixing);
  const [least, most] = bounds[scaling.kind];
  for (let i = 0; i < values.length; i++) values[i] = Math.min(most, Math.max(least, values[i]!));
}

/**
 * What brings scaled values back to bands that are each scaled by themselves, (bands, bands): the inverse of the mixing of `whitened`.
 * Undefined where bands were not mixed.
 */
export function unmixing(scaling: TileScaling): readonly (readonly number[])[] | undefined {
  if (scaling.kind !== 'whitened') return undefined;
  return functionOf(
    scaling.mixing.map((row) => Float64Array.from(row)),
    (value) => 1 / value,
  );
}

/** Every pixel's bands times a matrix (bands, bands), in place. `values` (bands, pixels) */
export function mixBands(
  values: Float32Array,
  pixels: number,
  mixing: readonly (readonly number[])[],
): void {
  const pixel = new Float64Array(mixing.length);
  for (let i = 0; i < pixels; i++) {
    for (let band = 0; band < pixel.length; band++) pixel[band] = values[band * pixels + i]!;
    for (const [band, row] of mixing.entries()) {
      let sum = 0;
      for (let other = 0; other < pixel.length; other++) sum += row[other]! * pixel[other]!;
      values[band * pixels + i] = sum;
    }
  }
}

/** What becomes 0, and the distance from there to what becomes 1. */
function rangeOf(
  values: Float32Array,
  valid: Uint8Array,
  scaling: TileScaling,
  band: number,
): readonly [low: number, width: number] {
  if (scaling.kind !== 'min-max') {
    const [mean, std] = [scaling.mean[band]!, scaling.std[band]!];
    return scaling.kind === 'two-sigma' ? [mean - 2 * std, 4 * std] : [mean, std];
  }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < valid.length; i++) {
    if (valid[i] === 0) continue;
    const value = values[band * valid.length + i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 1] : [low, high - low + scaling.epsilon];
}
