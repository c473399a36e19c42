/** Complex numbers of a square grid, row by row. */
export type ComplexGrid = { readonly re: Float64Array; readonly im: Float64Array };

/** Discrete Fourier transform of a (side, side) grid in place; `side` is a power of two (Cooley and Tukey 1965). */
export function fourier2d({ re, im }: ComplexGrid, side: number): void {
  const line = { re: new Float64Array(side), im: new Float64Array(side) };
  for (let row = 0; row < side; row++) {
    const [from, to] = [row * side, (row + 1) * side];
    fourier(re.subarray(from, to), im.subarray(from, to));
  }
  for (let column = 0; column < side; column++) {
    for (let row = 0; row < side; row++) {
      line.re[row] = re[row * side + column]!;
      line.im[row] = im[row * side + column]!;
    }
    fourier(line.re, line.im);
    for (let row = 0; row < side; row++) {
      re[row * side + column] = line.re[row]!;
      im[row * side + column] = line.im[row]!;
    }
  }
}

function fourier(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let length = 2; length <= size; length *= 2) {
    const half = length / 2;
    for (let k = 0; k < half; k++) {
      const angle = (-2 * Math.PI * k) / length;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let a = k; a < size; a += length) {
        const b = a + half;
        const [real, imaginary] = [re[b]! * cos - im[b]! * sin, re[b]! * sin + im[b]! * cos];
        re[b] = re[a]! - real;
        im[b] = im[a]! - imaginary;
        re[a]! += real;
        im[a]! += imaginary;
      }
    }
  }
}
