import { AppError } from '../error.ts';
import { type GeoTransform, invert, toMap } from '../raster/geoTransform.ts';
import type { Grid } from '../raster/grid.ts';
import { type Bounds, boundsOf, type Geometry, mapPositions, type Position } from './geometry.ts';
import { type PreparedShape, prepareShape } from './rasterise.ts';
import type { ClassScheme, RoiSet } from './roi.ts';

/** Maps positions of one CRS to another, both as x, y (longitude before latitude). */
export type PointTransform = {
  (x: number, y: number): Position;
  /** What to keep in mind about the result, one plain sentence each. */
  readonly warnings?: readonly string[];
};

/** Makes the transform between two CRSs, each `EPSG:n`, WKT or PROJ. @throws AppError `unknown-crs` */
export type TransformFactory = (from: string, to: string) => PointTransform;

/** An ROI in pixels of a scene. */
export type PlacedRoi = {
  readonly id: string;
  /** Index into the class list. */
  readonly classIndex: number;
  readonly shape: PreparedShape;
  readonly position: 'inside' | 'partly' | 'outside';
};

/** ROIs as they lie on a scene. */
export type PlacedRois = {
  readonly uri: string;
  readonly classes: ClassScheme;
  readonly grid: { readonly width: number; readonly height: number };
  readonly rois: readonly PlacedRoi[];
  /** What was assumed or left out, one plain sentence each. */
  readonly warnings: readonly string[];
};

/**
 * Places ROIs on a scene: positions from the CRS of the ROIs to that of the scene to pixels. Where one of both has no
 * CRS, they are taken to be the same if any ROI then meets the scene (with a warning). A scene without georeference takes
 * positions as columns and rows.
 * @throws AppError `no-overlap` no ROI meets the scene, `no-crs` a CRS is missing and cannot be assumed, `unknown-crs`
 */
export function placeRois(set: RoiSet, grid: Grid, createTransform: TransformFactory): PlacedRois {
  const warnings = [...(set.warnings ?? [])];
  const { toPixel, assumption } = pixelTransform(set, grid, createTransform);
  warnings.push(...(toPixel.warnings ?? []));
  const northUp = grid.transform === undefined || isNorthUp(grid.transform);
  const classIndices = new Map(set.classes.map((landClass, index) => [landClass.value, index]));
  const rois = set.rois.map((roi): PlacedRoi => {
    const geometry = mapPositions(roi.geometry, toPixel);
    const shape = prepareShape(geometry, northUp);
    const classIndex = classIndices.get(roi.classValue)!;
    return { id: roi.id, classIndex, shape, position: positionOf(shape.bounds, geometry, grid) };
  });
  const outside = rois.filter((roi) => roi.position === 'outside').length;
  if (outside === rois.length) throw noOverlap(set, grid, rois, assumption);
  if (assumption !== undefined) warnings.push(assumption);
  if (outside > 0)
    warnings.push(
      outside === 1
        ? `1 of ${rois.length} ROIs lies outside the scene and is not used.`
        : `${outside} of ${rois.length} ROIs lie outside the scene and are not used.`,
    );
  const partly = rois.filter((roi) => roi.position === 'partly').length;
  if (partly > 0)
    warnings.push(
      partly === 1
        ? '1 ROI lies partly outside the scene; the part inside is used.'
        : `${partly} ROIs lie partly outside the scene; the part inside is used.`,
    );
  return { uri: set.uri, classes: set.classes, grid, rois, warnings };
}

/** Whether the picture mirrors the plane of the CRS, as it does where y grows upwards and x to the right. */
const isNorthUp = (t: GeoTransform): boolean => t[1] * t[5] - t[2] * t[4] < 0;

type PixelTransform = { readonly toPixel: PointTransform; readonly assumption?: string };

function pixelTransform(set: RoiSet, grid: Grid, create: TransformFactory): PixelTransform {
  if (grid.transform === undefined) return ungeoreferenced(set, grid);
  const inverse = invert(grid.transform);
  if (inverse === undefined)
    throw new AppError('corrupt', 'The scene has a georeference without area (pixel size 0).');
  const toGrid: PointTransform = (x, y) => toMap(inverse, x, y);
  if (set.crs !== undefined && grid.crs !== undefined) {
    const change = create(set.crs, grid.crs);
    const toPixel = (x: number, y: number): Position => {
      const [east, north] = change(x, y);
      return toGrid(east, north);
    };
    return { toPixel: Object.assign(toPixel, { warnings: change.warnings ?? [] }) };
  }
  if (set.crs === undefined && grid.crs === undefined) return { toPixel: toGrid };
  const assumption =
    set.crs === undefined
      ? 'The ROI file names no coordinate system; that of the scene was assumed.'
      : 'The scene names no coordinate system; that of the ROI file was assumed.';
  return { toPixel: toGrid, assumption };
}

/** A scene without georeference: columns and rows, or columns and minus rows as desktop GIS draw on such pictures. */
function ungeoreferenced(set: RoiSet, grid: Grid): PixelTransform {
  let allBelowZero = true;
  for (const roi of set.rois) {
    const { minY, maxY } = boundsOf(roi.geometry);
    allBelowZero &&= maxY <= 0 && minY >= -grid.height;
  }
  return {
    toPixel: allBelowZero ? (x, y) => [x, -y] : (x, y) => [x, y],
    assumption: 'The scene has no georeference; ROI positions were taken as columns and rows.',
  };
}

function positionOf(
  bounds: Bounds,
  geometry: Geometry,
  grid: { readonly width: number; readonly height: number },
): PlacedRoi['position'] {
  const meets =
    bounds.minX < grid.width && bounds.maxX >= 0 && bounds.minY < grid.height && bounds.maxY >= 0;
  if (!meets) return 'outside';
  const within =
    bounds.minX >= 0 && bounds.minY >= 0 && bounds.maxX <= grid.width && bounds.maxY <= grid.height;
  if (within || geometry.kind === 'polygons') return within ? 'inside' : 'partly';
  const hits = geometry.points.some(
    ([x, y]) => x >= 0 && y >= 0 && x < grid.width && y < grid.height,
  );
  return hits ? 'partly' : 'outside';
}

function noOverlap(
  set: RoiSet,
  grid: Grid,
  rois: readonly PlacedRoi[],
  assumption: string | undefined,
): AppError {
  const pixels = unite(rois.map((roi) => roi.shape.bounds));
  const details = { uri: set.uri, roiCrs: set.crs, sceneCrs: grid.crs, roiPixels: pixels };
  if (rois.length === 0)
    return new AppError('no-samples', `${set.uri} holds no usable ROI. Draw some first.`, details);
  if (assumption !== undefined) {
    const lacking = grid.crs === undefined ? 'the scene' : set.uri;
    return new AppError(
      'no-crs',
      `No ROI of ${set.uri} meets the scene, and ${lacking} names no coordinate system to convert between them. Assign its coordinate system and run again.`,
      details,
    );
  }
  return new AppError(
    'no-overlap',
    `None of the ${rois.length} ROIs of ${set.uri} meets the scene (${set.crs ?? 'no CRS'} on ${grid.crs ?? 'no CRS'}; in pixels they span columns ${whole(pixels.minX)} to ${whole(pixels.maxX)} and rows ${whole(pixels.minY)} to ${whole(pixels.maxY)}, the scene has ${grid.width} × ${grid.height}). Check that both belong together.`,
    details,
  );
}

const whole = (value: number): string => (Number.isFinite(value) ? value.toFixed(0) : 'nowhere');

/** Bounds around finite bounds. */
function unite(all: readonly Bounds[]): Bounds {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const bounds of all) {
    if (!Number.isFinite(bounds.minX + bounds.minY + bounds.maxX + bounds.maxY)) continue;
    minX = Math.min(minX, bounds.minX);
    minY = Math.min(minY, bounds.minY);
    maxX = Math.max(maxX, bounds.maxX);
    maxY = Math.max(maxY, bounds.maxY);
  }
  return { minX, minY, maxX, maxY };
}
