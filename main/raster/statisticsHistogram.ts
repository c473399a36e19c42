import type { SampleArray, SampleType } from '../../app/raster/samples.ts';

/** Counts over equal bins of [min, max]; the last bin includes max, as numpy's. */
export type Histogram = {
  readonly min: number;
  readonly max: number;
  readonly counts: Float64Array;
};

/** Counts every value of an 8- or 16-bit band, so that its histogram is known after one pass, whatever its range. */
export class ValueCounter {
  readonly #counts: Uint32Array;
  readonly #lowest: number;

  constructor(type: SampleType) {
    const bits = type === 'uint8' || type === 'int8' ? 8 : 16;
    this.#counts = new Uint32Array(2 ** bits);
    this.#lowest = type === 'int8' || type === 'int16' ? -(2 ** (bits - 1)) : 0;
  }

  add(samples: SampleArray, mask: Uint8Array | undefined): void {
    for (let i = 0; i < samples.length; i++) {
      if (mask !== undefined && mask[i] === 0) continue;
      this.#counts[Number(samples[i]) - this.#lowest]!++;
    }
  }

  histogram(min: number, max: number, bins: number): Histogram {
    const counts = new Float64Array(bins);
    for (let i = 0; i < this.#counts.length; i++) {
      const count = this.#counts[i]!;
      if (count > 0) counts[binOf(i + this.#lowest, min, max, bins)]! += count;
    }
    return { ...edges(min, max), counts };
  }
}

/** Counts the values of a band whose range is known. */
export class BinCounter {
  readonly #min: number;
  readonly #max: number;
  readonly #counts: Float64Array;

  constructor(min: number, max: number, bins: number) {
    this.#min = min;
    this.#max = max;
    this.#counts = new Float64Array(bins);
  }

  add(samples: SampleArray, mask: Uint8Array | undefined): void {
    const { length } = this.#counts;
    for (let i = 0; i < samples.length; i++) {
      if (mask !== undefined && mask[i] === 0) continue;
      const value = Number(samples[i]);
      if (Number.isFinite(value)) this.#counts[binOf(value, this.#min, this.#max, length)]!++;
    }
  }

  histogram(): Histogram {
    return { ...edges(this.#min, this.#max), counts: this.#counts };
  }
}

/** A band of one value gets a range of one about it, as numpy does. */
function edges(min: number, max: number): { readonly min: number; readonly max: number } {
  return min === max ? { min: min - 0.5, max: max + 0.5 } : { min, max };
}

function binOf(value: number, low: number, high: number, bins: number): number {
  const { min, max } = edges(low, high);
  return Math.max(0, Math.min(bins - 1, Math.floor(((value - min) / (max - min)) * bins)));
}
