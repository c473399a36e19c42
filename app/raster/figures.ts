import type { SampleArray } from './samples.ts';

/** Figures of one band or index over its valid pixels. Without any valid pixel all are 0. */
export type Figures = {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the population. */
  readonly std: number;
  /** 2nd and 98th percentile, linear between neighbours as NumPy's default. */
  readonly p2: number;
  readonly p98: number;
  readonly validPercent: number;
  readonly histogram: {
    readonly from: number;
    readonly to: number;
    readonly counts: readonly number[];
  };
};

const bins = 256;

/** Figures of samples; `mask` 0 and values that are not finite are left out. */
export function figuresOf(samples: SampleArray, mask: Uint8Array | undefined): Figures {
  const sorted = sortedValues(samples, mask);
  const count = sorted.length;
  if (count === 0) return { ...nothing, histogram: { from: 0, to: 1, counts: [] } };
  const [min, max] = [sorted[0]!, sorted[count - 1]!];
  const { mean, std } = momentsOf(sorted);
  return {
    min,
    max,
    mean,
    std,
    p2: percentile(sorted, 2),
    p98: percentile(sorted, 98),
    validPercent: (100 * count) / samples.length,
    histogram: histogramOf(sorted, min, max),
  };
}

const nothing = { min: 0, max: 0, mean: 0, std: 0, p2: 0, p98: 0, validPercent: 0 };

function sortedValues(samples: SampleArray, mask: Uint8Array | undefined): Float64Array {
  const few = samples.BYTES_PER_ELEMENT <= 2;
  return few ? countingSort(samples, mask) : comparisonSort(samples, mask);
}

/** Values of 8 and 16 bits: counted, not compared. */
function countingSort(samples: SampleArray, mask: Uint8Array | undefined): Float64Array {
  const lowest = samples instanceof Int8Array ? -128 : samples instanceof Int16Array ? -32768 : 0;
  const counts = new Uint32Array(samples.BYTES_PER_ELEMENT === 1 ? 256 : 65536);
  let count = 0;
  for (let i = 0; i < samples.length; i++) {
    if (mask !== undefined && mask[i] === 0) continue;
    counts[(samples[i] as number) - lowest]! += 1;
    count += 1;
  }
  const sorted = new Float64Array(count);
  for (let value = 0, at = 0; value < counts.length; value++) {
    const next = at + counts[value]!;
    sorted.fill(value + lowest, at, next);
    at = next;
  }
  return sorted;
}

function comparisonSort(samples: SampleArray, mask: Uint8Array | undefined): Float64Array {
  const values = new Float64Array(samples.length);
  let count = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = Number(samples[i]);
    if (mask?.[i] === 0 || !Number.isFinite(value)) continue;
    values[count++] = value;
  }
  return values.subarray(0, count).sort();
}

function momentsOf(values: Float64Array): { readonly mean: number; readonly std: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, std: Math.sqrt(squares / values.length) };
}

function percentile(sorted: Float64Array, percent: number): number {
  const at = ((sorted.length - 1) * percent) / 100;
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (above - below) * (at - Math.floor(at));
}

/** Equal bins of [min, max], the last with its upper edge, as NumPy's; one value gets a range of one about it. */
function histogramOf(sorted: Float64Array, min: number, max: number): Figures['histogram'] {
  const [from, to] = min === max ? [min - 0.5, max + 0.5] : [min, max];
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < sorted.length; i++) {
    const bin = Math.floor(((sorted[i]! - from) / (to - from)) * bins);
    counts[Math.min(bins - 1, bin)]! += 1;
  }
  return { from, to, counts };
}
