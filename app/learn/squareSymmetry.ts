/** One of the eight symmetries of a square, in place: bit 0 mirrors, bit 1 turns upside down, bit 2 transposes. */
export function applySymmetry(
  plane: Float32Array | Int32Array,
  side: number,
  symmetry: number,
): void {
  if (symmetry & 1)
    for (let from = 0; from < plane.length; from += side)
      plane.subarray(from, from + side).reverse();
  if (symmetry & 2) {
    plane.reverse();
    for (let from = 0; from < plane.length; from += side)
      plane.subarray(from, from + side).reverse();
  }
  if (symmetry & 4)
    for (let row = 0; row < side; row++)
      for (let column = 0; column < row; column++) {
        const [a, b] = [row * side + column, column * side + row];
        const kept = plane[a]!;
        plane[a] = plane[b]!;
        plane[b] = kept;
      }
}

/** The same for every plane of a tile (planes, side, side). */
export function turnTile(values: Float32Array, side: number, symmetry: number): void {
  for (let from = 0; from < values.length; from += side ** 2)
    applySymmetry(values.subarray(from, from + side ** 2), side, symmetry);
}
