/** Symmetric positive definite matrices, (size, size) row by row in doubles. */
export type SymmetricMatrix = { readonly size: number; readonly values: Float64Array };

/** Lower triangle L with L·Lᵀ = matrix; undefined where the matrix is not positive definite to working precision. */
export function cholesky({ size, values }: SymmetricMatrix): Float64Array | undefined {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = values[row * size + column]!;
      for (let k = 0; k < column; k++) sum -= lower[row * size + k]! * lower[column * size + k]!;
      if (row !== column) {
        lower[row * size + column] = sum / lower[column * size + column]!;
        continue;
      }
      // what is left of a diagonal after the bands before it: nothing of a band that these already determine
      if (!(sum > 1e-12 * values[row * size + row]!)) return undefined;
      lower[row * size + row] = Math.sqrt(sum);
    }
  }
  return lower;
}

/** Logarithm of the determinant of L·Lᵀ. */
export function logDeterminant(lower: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += 2 * Math.log(lower[i * size + i]!);
  return sum;
}

/** vᵀ (L·Lᵀ)⁻¹ v */
export function quadraticForm(lower: Float64Array, vector: Float64Array): number {
  const size = vector.length;
  const solved = new Float64Array(size);
  let sum = 0;
  for (let row = 0; row < size; row++) {
    let value = vector[row]!;
    for (let k = 0; k < row; k++) value -= lower[row * size + k]! * solved[k]!;
    solved[row] = value / lower[row * size + row]!;
    sum += solved[row]! ** 2;
  }
  return sum;
}

/** (L·Lᵀ)⁻¹ */
export function inverseOf(lower: Float64Array, size: number): Float64Array {
  // columns of L⁻¹ first, then (L⁻¹)ᵀ L⁻¹
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let value = row === column ? 1 : 0;
      for (let k = column; k < row; k++)
        value -= lower[row * size + k]! * inverse[k * size + column]!;
      inverse[row * size + column] = value / lower[row * size + row]!;
    }
  }
  const result = new Float64Array(size * size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column <= row; column++) {
      let sum = 0;
      for (let k = row; k < size; k++)
        sum += inverse[k * size + row]! * inverse[k * size + column]!;
      result[row * size + column] = sum;
      result[column * size + row] = sum;
    }
  return result;
}
