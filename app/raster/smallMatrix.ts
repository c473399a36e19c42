/** A matrix of few rows, row by row. */
export type Matrix = readonly Float64Array[];

/** The lower triangle L of L·Lᵀ = a symmetric positive matrix; undefined where it is not positive. */
export function cholesky(matrix: Matrix): Matrix | undefined {
  const lower = matrix.map((row) => new Float64Array(row.length));
  for (const [i, row] of lower.entries())
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i]![j]!;
      for (let k = 0; k < j; k++) rest -= row[k]! * lower[j]![k]!;
      if (i === j) {
        if (!(rest > 0)) return undefined;
        row[i] = Math.sqrt(rest);
      } else row[j] = rest / lower[j]![j]!;
    }
  return lower;
}

/** X of L·X = B. */
export function solveLower(lower: Matrix, right: Matrix): Matrix {
  const result = right.map((row) => row.slice());
  for (const [i, row] of result.entries()) {
    for (let k = 0; k < i; k++)
      for (let j = 0; j < row.length; j++) row[j]! -= lower[i]![k]! * result[k]![j]!;
    for (let j = 0; j < row.length; j++) row[j]! /= lower[i]![i]!;
  }
  return result;
}

/** X of Lᵀ·X = B. */
export function solveLowerTransposed(lower: Matrix, right: Matrix): Matrix {
  const result = right.map((row) => row.slice());
  for (let i = result.length - 1; i >= 0; i--) {
    const row = result[i]!;
    for (let k = i + 1; k < result.length; k++)
      for (let j = 0; j < row.length; j++) row[j]! -= lower[k]![i]! * result[k]![j]!;
    for (let j = 0; j < row.length; j++) row[j]! /= lower[i]![i]!;
  }
  return result;
}

const mostSweeps = 60;

/** Eigenvalues of a symmetric matrix, largest first, and its eigenvectors as columns (Jacobi 1846). */
export function eigenSymmetric(matrix: Matrix): {
  readonly values: readonly number[];
  readonly vectors: Matrix;
} {
  const size = matrix.length;
  const a = matrix.map((row) => row.slice());
  const v = a.map((_, i) => Float64Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let rest = 0;
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) rest += a[i]![j]! ** 2;
    if (rest < 1e-22) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, v, p, q);
  }
  const order = [...a.keys()].sort((i, j) => a[j]![j]! - a[i]![i]!);
  return {
    values: order.map((i) => a[i]![i]!),
    vectors: v.map((row) => Float64Array.from(order, (i) => row[i]!)),
  };
}

/** Makes element (p, q) zero. */
function rotate(a: Matrix, v: Matrix, p: number, q: number): void {
  const apart = a[p]![q]!;
  if (Math.abs(apart) < 1e-300) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * apart);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const mix = (row: Float64Array, i: number, j: number): void => {
    const [x, y] = [row[i]!, row[j]!];
    row[i] = c * x - s * y;
    row[j] = s * x + c * y;
  };
  for (const row of a) mix(row, p, q);
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[p]![k]!, a[q]![k]!];
    a[p]![k] = c * x - s * y;
    a[q]![k] = s * x + c * y;
  }
  for (const row of v) mix(row, p, q);
}
