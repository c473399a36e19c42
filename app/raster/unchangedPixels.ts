import { AppError } from '../error.ts';
import { chiSquareAbove } from './chiSquare.ts';
import {
  cholesky,
  eigenSymmetric,
  type Matrix,
  solveLower,
  solveLowerTransposed,
} from './smallMatrix.ts';

/** Pixels of two dates: one array a band, equally many pixels each. */
export type DatePair = {
  readonly before: readonly Float32Array[];
  readonly after: readonly Float32Array[];
};

/** Rounds after which it stops anyway. */
const mostRounds = 40;
/** Weight that has to be left, as a share of all pixels. */
const leastShare = 0.05;

/**
 * Probability that each pixel is unchanged: iteratively re-weighted multivariate alteration detection (Nielsen 2007). The
 * bands of both dates are turned so that they correlate most; what then still differs is change whatever light, haze and
 * sensor do linearly to a band. Pixels that look changed lose their weight, and it begins again until nothing moves.
 * @throws AppError `bad-values` where a band does not vary
 */
export function unchangedPixels({ before, after }: DatePair): Float32Array {
  const pixels = before[0]!.length;
  let weights = new Float32Array(pixels).fill(1);
  let known: readonly number[] = [];
  for (let round = 0; round < mostRounds; round++) {
    const { correlations, left, right, means } = canonical({ before, after }, weights);
    const bands = correlations.length;
    const next = new Float32Array(pixels);
    const spread = correlations.map((one) => Math.max(1e-9, 2 * (1 - one)));
    for (let i = 0; i < pixels; i++) {
      let distance = 0;
      for (let k = 0; k < bands; k++) {
        let difference = 0;
        for (let band = 0; band < bands; band++)
          difference +=
            left[band]![k]! * (before[band]![i]! - means[band]!) -
            right[band]![k]! * (after[band]![i]! - means[bands + band]!);
        distance += (difference * difference) / spread[k]!;
      }
      next[i] = chiSquareAbove(distance, bands);
    }
    // It may draw together to a few pixels that agree by chance: then the round before tells more.
    if (next.reduce((sum, one) => sum + one, 0) < leastShare * pixels && round > 0) break;
    weights = next;
    const moved = correlations.map((one, k) => Math.abs(one - (known[k] ?? -1)));
    if (Math.max(...moved) < 1e-3) break;
    known = correlations;
  }
  return weights;
}

type Canonical = {
  readonly correlations: readonly number[];
  /** Columns are the directions of the first date's bands, variates have variance 1. */
  readonly left: Matrix;
  readonly right: Matrix;
  readonly means: Float64Array;
};

/** Canonical correlation analysis (Hotelling 1936) with weights. */
function canonical(pair: DatePair, weights: Float32Array): Canonical {
  const bands = pair.before.length;
  const { covariance, means } = moments([...pair.before, ...pair.after], weights);
  const part = (row: number, column: number): Matrix =>
    Array.from({ length: bands }, (_, i) =>
      Float64Array.from({ length: bands }, (__, j) => covariance[row + i]![column + j]!),
    );
  const lowerBefore = cholesky(firm(part(0, 0)));
  const lowerAfter = cholesky(firm(part(bands, bands)));
  if (lowerBefore === undefined || lowerAfter === undefined)
    throw new AppError(
      'bad-values',
      'A band of the two dates does not vary over the pixels that both have. Leave it out, or choose other scenes.',
    );
  // K = Lx⁻¹ Sxy Ly⁻ᵀ; K Kᵀ has the squared correlations as eigenvalues.
  const half = solveLower(lowerBefore, part(0, bands));
  const whitened = transposed(solveLower(lowerAfter, transposed(half)));
  const { values, vectors } = eigenSymmetric(product(whitened, transposed(whitened)));
  const correlations = values.map((one) => Math.sqrt(Math.min(1, Math.max(0, one))));
  const left = solveLowerTransposed(lowerBefore, vectors);
  const turned = product(transposed(whitened), vectors).map((row) =>
    row.map((value, k) => value / Math.max(1e-12, correlations[k]!)),
  );
  return { correlations, left, right: solveLowerTransposed(lowerAfter, turned), means };
}

function moments(
  bands: readonly Float32Array[],
  weights: Float32Array,
): { readonly covariance: Matrix; readonly means: Float64Array } {
  const total = weights.reduce((sum, one) => sum + one, 0);
  const means = Float64Array.from(bands, (values) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += weights[i]! * values[i]!;
    return sum / total;
  });
  const covariance = bands.map(() => new Float64Array(bands.length));
  for (const [row, a] of bands.entries())
    for (let column = 0; column <= row; column++) {
      const b = bands[column]!;
      let sum = 0;
      for (let i = 0; i < a.length; i++)
        sum += weights[i]! * (a[i]! - means[row]!) * (b[i]! - means[column]!);
      covariance[row]![column] = sum / total;
      covariance[column]![row] = sum / total;
    }
  return { covariance, means };
}

/** A trace of the diagonal more: bands that say the same are no reason to stop. */
function firm(matrix: Matrix): Matrix {
  const trace = matrix.reduce((sum, row, i) => sum + row[i]!, 0);
  return matrix.map((row, i) => {
    const firmer = row.slice();
    firmer[i]! += (1e-6 * trace) / matrix.length;
    return firmer;
  });
}

const transposed = (matrix: Matrix): Matrix =>
  Array.from({ length: matrix[0]!.length }, (_, j) => Float64Array.from(matrix, (row) => row[j]!));

const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) =>
    Float64Array.from(b[0]!, (_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)),
  );
