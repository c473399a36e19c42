import { AppError } from '../error.ts';

/** Mean and standard deviation of the training pixels, by class and band. */
export type Signatures = {
  readonly bandCount: number;
  readonly perClass: readonly {
    readonly value: number;
    readonly count: number;
    /** (bands); undefined where the class has no pixel. */
    readonly mean: Float64Array | undefined;
    /** Of the pixels as a whole (divided by their number), (bands). */
    readonly deviation: Float64Array | undefined;
  }[];
};

/** Running figures of any number of pixels. */
export type SignatureSums = {
  readonly bandCount: number;
  readonly values: readonly number[];
  readonly counts: Float64Array;
  /** (classes, bands): running mean, and sum of squared distances from it. */
  readonly means: Float64Array;
  readonly squares: Float64Array;
};

/** Empty figures for some class values. */
export function createSignatures(bandCount: number, classValues: readonly number[]): SignatureSums {
  const length = bandCount * classValues.length;
  return {
    bandCount,
    values: classValues,
    counts: new Float64Array(classValues.length),
    means: new Float64Array(length),
    squares: new Float64Array(length),
  };
}

/**
 * Adds pixels (Welford 1962: no cancellation, whatever the offset of the values).
 *
 * @param samples (count, bands), pixel by pixel
 * @param classes Class value of each pixel; others than those of the figures are left out.
 */
export function addToSignatures(
  sums: SignatureSums,
  samples: ArrayLike<number>,
  classes: ArrayLike<number>,
): void {
  const { bandCount, counts, means, squares } = sums;
  if (samples.length !== classes.length * bandCount) {
    throw new AppError(
      'internal',
      `${classes.length} pixels of ${bandCount} bands need ${classes.length * bandCount} values; got ${samples.length}.`,
    );
  }
  const rows = new Map(sums.values.map((value, i) => [value, i]));
  for (let i = 0; i < classes.length; i++) {
    const row = rows.get(classes[i]!);
    if (row === undefined) continue;
    counts[row]! += 1;
    for (let b = 0; b < bandCount; b++) {
      const at = row * bandCount + b;
      const value = samples[i * bandCount + b]!;
      const distance = value - means[at]!;
      means[at]! += distance / counts[row]!;
      squares[at]! += distance * (value - means[at]!);
    }
  }
}

/** Mean ± standard deviation of what was added. */
export function signatureFigures(sums: SignatureSums): Signatures {
  const { bandCount, counts } = sums;
  return {
    bandCount,
    perClass: sums.values.map((value, row) => {
      const count = counts[row]!;
      const from = row * bandCount;
      const part = (array: Float64Array) => array.slice(from, from + bandCount);
      return {
        value,
        count,
        mean: count === 0 ? undefined : part(sums.means),
        deviation:
          count === 0 ? undefined : part(sums.squares).map((sum) => Math.sqrt(sum / count)),
      };
    }),
  };
}
