import { AppError } from '../error.ts';

/**
 * How physical values become the numbers that a tile model sees. `two-sigma`: (x − mean + 2σ) / 4σ of the whole
 * training data, clipped to 0 to 1 (the released preprocessing of BigEarthNet): what is bright stays bright. `standard`: (x − mean) / σ,
 * clipped to ±4: the same, four times as wide and about zero, which a fresh network learns from several times faster. `min-max`: every tile
 * stretched by itself (the released preprocessing of the pre-training): no statistics, no radiometry.
 */
export type TileScaling =
  | {
      readonly kind: 'two-sigma' | 'standard';
      readonly mean: readonly number[];
      readonly std: readonly number[];
    }
  | { readonly kind: 'min-max'; readonly epsilon: number };

/** Running mean and variance of bands over valid pixels (Chan et al. 1979), by tiles. */
export class BandMoments {
  readonly #count: Float64Array;
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;

  constructor(bands: number) {
    this.#count = new Float64Array(bands);
    this.#mean = new Float64Array(bands);
    this.#squares = new Float64Array(bands);
  }

  /** `values` (bands, pixels); pixels whose `valid` is 0 do not count. */
  add(values: Float32Array, valid: Uint8Array): void {
    for (let band = 0; band < this.#count.length; band++) {
      const [mean, squares, count] = moments(values, valid, band * valid.length);
      if (count === 0) continue;
      const before = this.#count[band]!;
      const all = before + count;
      const step = mean - this.#mean[band]!;
      this.#mean[band]! += (step * count) / all;
      this.#squares[band]! += squares + (step * step * before * count) / all;
      this.#count[band] = all;
    }
  }

  /** @throws AppError `no-samples` where a band has no valid pixel */
  scaling(kind: 'two-sigma' | 'standard' = 'two-sigma'): TileScaling {
    const empty = this.#count.indexOf(0);
    if (empty >= 0)
      throw new AppError(
        'no-samples',
        `Band ${empty + 1} has no valid pixel in the tiles read: its range cannot be learned. Leave it out or add scenes that have it.`,
        { band: empty },
      );
    const std = [...this.#squares].map((sum, band) => Math.sqrt(sum / this.#count[band]!));
    // A band that never varies says nothing; any spread does.
    return { kind, mean: [...this.#mean], std: std.map((one) => one || 1) };
  }
}

function moments(
  values: Float32Array,
  valid: Uint8Array,
  from: number,
): readonly [mean: number, squares: number, count: number] {
  let [sum, count] = [0, 0];
  for (let i = 0; i < valid.length; i++) {
    if (valid[i] === 0) continue;
    sum += values[from + i]!;
    count++;
  }
  if (count === 0) return [0, 0, 0];
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < valid.length; i++)
    if (valid[i] !== 0) squares += (values[from + i]! - mean) ** 2;
  return [mean, squares, count];
}

/** Where scaled values are cut off. */
const bounds = {
  'two-sigma': [0, 1],
  standard: [-4, 4],
  'min-max': [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
} as const;

/** Scales a tile (bands, pixels) in place; invalid pixels become 0. */
export function scaleTile(values: Float32Array, valid: Uint8Array, scaling: TileScaling): void {
  const pixels = valid.length;
  const bands = values.length / pixels;
  for (let band = 0; band < bands; band++) {
    const from = band * pixels;
    const [low, width] = rangeOf(values, valid, scaling, band);
    const [least, most] = bounds[scaling.kind];
    for (let i = 0; i < pixels; i++) {
      const scaled = (values[from + i]! - low) / width;
      values[from + i] = valid[i] === 0 ? 0 : Math.min(most, Math.max(least, scaled));
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
    return scaling.kind === 'standard' ? [mean, std] : [mean - 2 * std, 4 * std];
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
