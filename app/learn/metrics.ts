import { AppError } from '../error.ts';

/**
 * Counts of (reference class, map class). Rows are the reference, columns the map, row by row. Counts are whole numbers in
 * doubles, exact up to 2^53 pixels.
 */
export type Confusion = {
  /** Class value of each row and column. */
  readonly values: readonly number[];
  /** (classes · classes), row-major; `addToConfusion` adds to it. */
  readonly counts: Float64Array;
  /** By class: pixels that the reference gives a class and the map none (nodata, or a value that is no class). */
  readonly unmapped: Float64Array;
};

/** How well one class was found. A figure is undefined where its denominator is 0. */
export type ClassFigures = {
  readonly value: number;
  /** Recall: of the reference pixels of this class, the share that the map shows as it (1 − omission error). */
  readonly producers: number | undefined;
  /** Precision: of the map's pixels of this class, the share that is right (1 − commission error). */
  readonly users: number | undefined;
  readonly f1: number | undefined;
  readonly iou: number | undefined;
  /** Compared pixels of the class in the reference. */
  readonly support: number;
  /** Compared pixels of the class in the map. */
  readonly mapped: number;
};

/** Accuracy of a map, as fractions of 1. A figure is undefined where its denominator is 0. */
export type AccuracyFigures = {
  /** Compared pixels. */
  readonly n: number;
  /** Reference pixels where the map has no class; in none of the figures. */
  readonly unmapped: number;
  /** Overall accuracy. */
  readonly oa: number | undefined;
  /** Mean producer's accuracy over the classes that the reference has. */
  readonly aa: number | undefined;
  /** Cohen's kappa. */
  readonly kappa: number | undefined;
  /** Mean IoU over the classes that reference or map has. */
  readonly miou: number | undefined;
  /** Mean F1 over the classes that reference or map has. */
  readonly f1: number | undefined;
  readonly perClass: readonly ClassFigures[];
};

/** An empty confusion matrix: of the values 1 … n for a number n, else of the values given. */
export function createConfusion(classes: number | readonly number[]): Confusion {
  const values =
    typeof classes === 'number' ? Array.from({ length: classes }, (_, i) => i + 1) : [...classes];
  if (values.length === 0 || new Set(values).size !== values.length) {
    throw new AppError(
      'bad-labels',
      `A confusion matrix needs at least one class and each only once; found ${values.join(', ') || 'none'}.`,
    );
  }
  return {
    values,
    counts: new Float64Array(values.length * values.length),
    unmapped: new Float64Array(values.length),
  };
}

/** Integers per pixel: class values of a reference or a map. */
export type ClassValues = ArrayLike<number | bigint>;

/**
 * Adds the pixels of one window. Reference pixels that are no class of the matrix are left out; where the reference has a
 * class and the map none, the pixel counts as unmapped.
 *
 * @param mask 1 = compare this pixel; absent = all.
 * @throws AppError `internal` where lengths differ, `too-large` above 2^53 pixels
 */
export function addToConfusion(
  confusion: Confusion,
  reference: ClassValues,
  map: ClassValues,
  mask?: ArrayLike<number>,
): void {
  const length = reference.length;
  if (map.length !== length || (mask !== undefined && mask.length !== length)) {
    throw new AppError(
      'internal',
      `Reference (${length}), map (${map.length}) and mask must have equally many pixels.`,
    );
  }
  const { counts, unmapped } = confusion;
  const size = unmapped.length;
  const rowOf = indexer(confusion.values);
  for (let i = 0; i < length; i++) {
    if (mask !== undefined && mask[i] === 0) continue;
    const row = rowOf(reference[i]!);
    if (row < 0) continue;
    const column = rowOf(map[i]!);
    if (column < 0) unmapped[row]! += 1;
    else counts[row * size + column]! += 1;
  }
  if (sum(counts) + sum(unmapped) > Number.MAX_SAFE_INTEGER) {
    throw new AppError('too-large', 'More than 2^53 pixels cannot be counted exactly.');
  }
}

/** Index of a class value, or −1. A table for small values, a map for the rest. */
function indexer(values: readonly number[]): (value: number | bigint) => number {
  const index = new Map(values.map((value, i) => [value, i]));
  const table = new Int32Array(1024).fill(-1);
  for (const [value, i] of index) {
    if (Number.isInteger(value) && value >= 0 && value < table.length) table[value] = i;
  }
  return (value) => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    return table[number] ?? index.get(number) ?? -1;
  };
}

/** A confusion matrix from counts: `matrix[reference][map]`. */
export function confusionOf(
  matrix: readonly (readonly number[])[],
  values?: readonly number[],
): Confusion {
  const confusion = createConfusion(values ?? matrix.length);
  const size = confusion.values.length;
  if (matrix.length !== size || matrix.some((row) => row.length !== size)) {
    throw new AppError('internal', `A confusion matrix of ${size} classes needs ${size}×${size}.`);
  }
  confusion.counts.set(matrix.flat());
  return confusion;
}

/** The counts as nested arrays, `[reference][map]`. */
export function confusionRows(confusion: Confusion): readonly (readonly number[])[] {
  const size = confusion.values.length;
  return confusion.values.map((_, row) =>
    Array.from(confusion.counts.subarray(row * size, (row + 1) * size)),
  );
}

/** All figures of a matrix. */
export function accuracyFigures(confusion: Confusion): AccuracyFigures {
  const rows = confusionRows(confusion);
  const n = sum(confusion.counts);
  const perClass = confusion.values.map((value, i) => {
    const support = sum(rows[i]!);
    const mapped = rows.reduce((total, row) => total + row[i]!, 0);
    return classFigures(value, rows[i]![i]!, support, mapped);
  });
  const agreed = rows.reduce((total, row, i) => total + row[i]!, 0);
  const oa = ratio(agreed, n);
  return {
    n,
    unmapped: sum(confusion.unmapped),
    oa,
    aa: mean(perClass.map((figures) => figures.producers)),
    kappa: oa === undefined ? undefined : kappaOf(oa, perClass, n),
    miou: mean(perClass.map((figures) => figures.iou)),
    f1: mean(perClass.map((figures) => figures.f1)),
    perClass,
  };
}

function classFigures(
  value: number,
  correct: number,
  support: number,
  mapped: number,
): ClassFigures {
  return {
    value,
    producers: ratio(correct, support),
    users: ratio(correct, mapped),
    f1: ratio(2 * correct, support + mapped),
    iou: ratio(correct, support + mapped - correct),
    support,
    mapped,
  };
}

/** Cohen 1960: agreement above what the margins alone would give. */
function kappaOf(oa: number, perClass: readonly ClassFigures[], n: number): number | undefined {
  // Shares, not products of counts: products leave the exact range from 10^8 pixels on.
  const expected = perClass.reduce(
    (total, { support, mapped }) => total + (support / n) * (mapped / n),
    0,
  );
  return ratio(oa - expected, 1 - expected);
}

function ratio(numerator: number, denominator: number): number | undefined {
  return denominator === 0 ? undefined : numerator / denominator;
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const defined = values.filter((value) => value !== undefined);
  return ratio(sum(defined), defined.length);
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
