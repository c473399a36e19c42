import { AppError } from '../../app/error.ts';
import { pixelArea, toMap } from '../../app/raster/geoTransform.ts';
import type { Grid } from '../../app/raster/grid.ts';
import { type Crs, createTransform, parseCrs } from './crs.ts';

const HECTARE = 10_000;

/**
 * Area of one pixel in hectares: that of `row` where given, else the mean over the grid.
 * - Projected CRS: pixel size in metres, as every GIS reports it, while the projection keeps area within 1 % there.
 * - Geographic CRS, and projections that distort area by more (Web Mercator): on the ellipsoid.
 * @throws AppError `no-crs` the grid has no CRS or transform, `unknown-crs`
 */
export function pixelAreaHectares(grid: Grid, row?: number): number {
  const { crs: text, transform } = grid;
  if (text === undefined || transform === undefined)
    throw new AppError(
      'no-crs',
      'Areas need a scene with a coordinate system. Assign one and run again.',
    );
  const crs = parseCrs(text);
  const factor = meanFactor(grid, crs, row);
  const planar = crs.geographic ? undefined : crs.metresPerUnit! ** 2;
  const squareMetres =
    planar !== undefined && (factor === undefined || Math.abs(factor / planar - 1) <= 0.01)
      ? planar
      : (factor ?? Number.NaN);
  return (pixelArea(transform) * squareMetres) / HECTARE;
}

/** Square metres on the ellipsoid for one square unit of the CRS: mean of sample positions, undefined where none converts. */
function meanFactor(grid: Grid, crs: Crs, row: number | undefined): number | undefined {
  const toDegrees = crs.geographic ? undefined : createTransform(crs.id, 'EPSG:4326');
  const rows = row === undefined ? samples(grid.height) : [row + 0.5];
  const columns = crs.geographic
    ? [grid.width / 2]
    : samples(grid.width).filter((_, i) => i % 8 === 4);
  let sum = 0;
  let count = 0;
  for (const y of rows)
    for (const x of columns) {
      const [east, north] = toMap(grid.transform!, x, y);
      const factor =
        toDegrees === undefined
          ? squareDegree(north, crs)
          : jacobian(toDegrees, east, north) * squareDegree(toDegrees(east, north)[1], crs);
      if (!Number.isFinite(factor)) continue;
      sum += factor;
      count++;
    }
  return count === 0 ? undefined : sum / count;
}

/** Middles of up to 64 equal parts of a length. */
function samples(length: number): number[] {
  const count = Math.min(64, length);
  return Array.from({ length: count }, (_, i) => ((i + 0.5) * length) / count);
}

/** Square metres of a square degree at a latitude: the product of both radii of curvature and the cosine. */
function squareDegree(latitude: number, { ellipsoid: { a, es } }: Crs): number {
  const phi = (latitude * Math.PI) / 180;
  const w = 1 - es * Math.sin(phi) ** 2;
  const meridian = (a * (1 - es)) / w ** 1.5;
  const vertical = a / Math.sqrt(w);
  return meridian * vertical * Math.abs(Math.cos(phi)) * (Math.PI / 180) ** 2;
}

/** Square degrees of one square unit around a position, by central differences over 20 units. */
function jacobian(
  toDegrees: (x: number, y: number) => readonly [number, number],
  x: number,
  y: number,
): number {
  const step = 10;
  const [east, west] = [toDegrees(x + step, y), toDegrees(x - step, y)];
  const [north, south] = [toDegrees(x, y + step), toDegrees(x, y - step)];
  const cross =
    (east[0] - west[0]) * (north[1] - south[1]) - (north[0] - south[0]) * (east[1] - west[1]);
  return Math.abs(cross) / (2 * step) ** 2;
}
