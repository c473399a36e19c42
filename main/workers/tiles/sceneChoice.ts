import { acquisitionDate } from '../../../app/raster/acquisitionDate.ts';
import { invert, toMap } from '../../../app/raster/geoTransform.ts';
import { clip, type Grid, type Window, wholeWindow } from '../../../app/raster/grid.ts';
import type { SceneDescription } from '../../../app/raster/scene.ts';
import { createTransform } from '../../vector/crs.ts';
import { pixelHectares } from '../mapAreas.ts';

/** Which scenes and places tiles are drawn from, and how large their pixels are. */
export type SceneChoice = {
  /** Metres a pixel; each scene's own where absent. */
  readonly resolution?: number | undefined;
  /** First and last day, `YYYY-MM-DD`. */
  readonly dates?: readonly [string, string] | undefined;
  /** West, south, east, north in degrees. */
  readonly region?: readonly [number, number, number, number] | undefined;
};

/** Where in a scene tiles begin, and how many of its pixels make one of a tile. */
export type ScenePlace = { readonly within: Window; readonly factor: number };

/** Points a side by which a region in degrees is carried over: its sides become curves. */
const sidePoints = 16;

/** The part of a scene that a choice leaves; a text that says why there is none. */
export function placeInScene(
  { grid, metadata, uri }: Pick<SceneDescription, 'grid' | 'metadata' | 'uri'>,
  { dates, region, resolution }: SceneChoice,
): ScenePlace | string {
  if (dates !== undefined) {
    const taken = acquisitionDate({ metadata, uri });
    if (taken === undefined) return 'neither its metadata nor its name say when it was taken';
    if (taken < dates[0] || taken > dates[1]) return `it was taken on ${taken}`;
  }
  const within = region === undefined ? wholeWindow(grid) : regionIn(grid, region);
  if (within === undefined) return 'it does not lie in the region';
  if (resolution === undefined) return { within, factor: 1 };
  const metres = metresPerPixel(grid);
  if (metres === undefined) return 'the size of its pixels is not known';
  return { within, factor: resolution / metres };
}

/** Side of a square as large as a pixel, in metres; undefined without georeference. */
export function metresPerPixel(grid: Grid): number | undefined {
  const hectares = pixelHectares(grid);
  return hectares === undefined ? undefined : Math.sqrt(hectares * 10_000);
}

function regionIn(
  grid: Grid,
  [west, south, east, north]: NonNullable<SceneChoice['region']>,
): Window | undefined {
  const inverse = grid.transform === undefined ? undefined : invert(grid.transform);
  if (inverse === undefined || grid.crs === undefined) return undefined;
  const toScene = createTransform('EPSG:4326', grid.crs);
  const points = Array.from({ length: sidePoints + 1 }, (_, i) => {
    const [x, y] = [
      west + ((east - west) * i) / sidePoints,
      south + ((north - south) * i) / sidePoints,
    ];
    return [
      [x, south],
      [x, north],
      [west, y],
      [east, y],
    ] as const;
  }).flat();
  const pixels = points
    .map(([x, y]) => toScene(x, y))
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))
    .map(([x, y]) => toMap(inverse, x, y));
  if (pixels.length === 0) return undefined;
  const bound = (axis: 0 | 1, of: (...values: number[]) => number): number =>
    of(...pixels.map((pixel) => pixel[axis]));
  const [x, y] = [Math.floor(bound(0, Math.min)), Math.floor(bound(1, Math.min))];
  const width = Math.ceil(bound(0, Math.max)) - x;
  const height = Math.ceil(bound(1, Math.max)) - y;
  return clip({ x, y, width, height }, grid);
}
