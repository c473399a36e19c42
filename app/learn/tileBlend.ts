/**
 * Weights of a tile's pixels where tiles overlap by half (side, side): raised cosine in both directions, so that the
 * weights of all tiles over a pixel add up to 1 away from the borders. Centres of pixels are taken, so none is 0.
 */
export function blendWeights(side: number): Float32Array {
  const line = Float32Array.from(
    { length: side },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / side),
  );
  return Float32Array.from(
    { length: side * side },
    (_, i) => line[Math.floor(i / side)]! * line[i % side]!,
  );
}

/** Corners along one side of an area, half a tile apart, so that every pixel lies in two tiles; the ends stick out. */
export function tileCorners(start: number, length: number, side: number): readonly number[] {
  const step = side / 2;
  const count = Math.ceil(length / step) + 1;
  return Array.from({ length: count }, (_, i) => start - step + i * step);
}
