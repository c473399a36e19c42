/** The constant of the cubic kernel (Keys 1981) that PyTorch uses. */
const a = -0.75;

/**
 * Positions of a square grid for a grid of another size: bicubic, as PyTorch's `interpolate(mode='bicubic',
 * align_corners=False)`: cell centres, edges repeated, no smoothing when it shrinks.
 * @param table from² × width, row-major
 * @returns to² × width
 */
export function bicubicGrid(
  table: Float32Array,
  { from, to, width }: { readonly from: number; readonly to: number; readonly width: number },
): Float32Array {
  const taps = Array.from({ length: to }, (_, i) => tapsOf(i, from, to));
  const rows = new Float64Array(from * to * width);
  for (let y = 0; y < from; y++)
    for (let x = 0; x < to; x++)
      for (const { index, weight } of taps[x]!) {
        const source = (y * from + index) * width;
        const target = (y * to + x) * width;
        for (let i = 0; i < width; i++) rows[target + i]! += weight * table[source + i]!;
      }
  const result = new Float64Array(to * to * width);
  const line = to * width;
  for (let y = 0; y < to; y++)
    for (const { index, weight } of taps[y]!)
      for (let i = 0; i < line; i++) result[y * line + i]! += weight * rows[index * line + i]!;
  return new Float32Array(result);
}

/** The four cells that a cell of the new grid is made of. */
function tapsOf(
  i: number,
  from: number,
  to: number,
): { readonly index: number; readonly weight: number }[] {
  const centre = ((i + 0.5) * from) / to - 0.5;
  const first = Math.floor(centre);
  return [-1, 0, 1, 2].map((step) => ({
    index: Math.min(from - 1, Math.max(0, first + step)),
    weight: kernel(Math.abs(centre - first - step)),
  }));
}

function kernel(x: number): number {
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}
