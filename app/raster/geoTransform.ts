/**
 * Affine map from pixel to CRS in GDAL's order: x = t0 + t1·column + t2·row, y = t3 + t4·column + t5·row. (0, 0) is the
 * outer corner of the first pixel (PixelIsArea); readers move PixelIsPoint files by half a pixel so that this holds.
 */
export type GeoTransform = readonly [number, number, number, number, number, number];

/** CRS position of a pixel position (corners at integers, centres at halves). */
export function toMap(t: GeoTransform, column: number, row: number): readonly [number, number] {
  return [t[0] + t[1] * column + t[2] * row, t[3] + t[4] * column + t[5] * row];
}

/** The inverse map (CRS to pixel), or undefined where the transform has no area. */
export function invert(t: GeoTransform): GeoTransform | undefined {
  const determinant = t[1] * t[5] - t[2] * t[4];
  if (!Number.isFinite(determinant) || determinant === 0) return undefined;
  const a = t[5] / determinant;
  const b = -t[2] / determinant;
  const d = -t[4] / determinant;
  const e = t[1] / determinant;
  return [-(a * t[0] + b * t[3]), a, b, -(d * t[0] + e * t[3]), d, e];
}

/** The transform of a window whose first pixel is (x, y), at `scale` source pixels a pixel. */
export function ofWindow(
  t: GeoTransform,
  x: number,
  y: number,
  scaleX = 1,
  scaleY = 1,
): GeoTransform {
  const [originX, originY] = toMap(t, x, y);
  return [originX, t[1] * scaleX, t[2] * scaleY, originY, t[4] * scaleX, t[5] * scaleY];
}

/** Area of one pixel in square CRS units. */
export function pixelArea(t: GeoTransform): number {
  return Math.abs(t[1] * t[5] - t[2] * t[4]);
}
