import type { SampleArray } from '../../app/raster/samples.ts';

/**
 * Count, extremes, mean and variance of a stream. Each block is summed about its own first value and then merged (Chan,
 * Golub and LeVeque 1979), so that large offsets do not swallow small differences.
 */
export class Moments {
  count = 0;
  min = Number.NaN;
  max = Number.NaN;
  mean = Number.NaN;
  #squares = 0;

  /** Standard deviation of the population. */
  get std(): number {
    return this.count === 0 ? Number.NaN : Math.sqrt(this.#squares / this.count);
  }

  /** Adds the valid samples of a block; infinite values count as not valid. */
  add(samples: SampleArray, mask: Uint8Array | undefined): void {
    let count = 0;
    let shift = 0;
    let sum = 0;
    let squares = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < samples.length; i++) {
      if (mask !== undefined && mask[i] === 0) continue;
      const value = Number(samples[i]);
      if (!Number.isFinite(value)) continue;
      if (count === 0) shift = value;
      const difference = value - shift;
      count++;
      sum += difference;
      squares += difference * difference;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (count === 0) return;
    const mean = shift + sum / count;
    this.#merge({ count, mean, squares: squares - (sum * sum) / count, min, max });
  }

  #merge(block: {
    readonly count: number;
    readonly mean: number;
    readonly squares: number;
    readonly min: number;
    readonly max: number;
  }): void {
    if (this.count === 0) {
      this.count = block.count;
      this.mean = block.mean;
      this.min = block.min;
      this.max = block.max;
      this.#squares = Math.max(0, block.squares);
      return;
    }
    const total = this.count + block.count;
    const difference = block.mean - this.mean;
    this.#squares +=
      Math.max(0, block.squares) + (difference * difference * this.count * block.count) / total;
    this.mean += (difference * block.count) / total;
    this.count = total;
    this.min = Math.min(this.min, block.min);
    this.max = Math.max(this.max, block.max);
  }
}
