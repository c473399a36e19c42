import { type GeoTransform, invert, toMap } from './geoTransform.ts';
import { clip, type Grid, type Window } from './grid.ts';

/** Side of a tile in pixels. */
export const TILE_SIZE = 256;

/** minX, minY, maxX, maxY in map units. */
export type MapBounds = readonly [number, number, number, number];

/**
 * Axis-parallel tiles over a scene, origin at the upper left corner of `bounds`. Level z has pixels of `resolutions[z]`
 * map units, coarsest first, each half of the one before; the last is about the scene's own.
 */
export type TileGrid = {
  readonly bounds: MapBounds;
  readonly resolutions: readonly number[];
};

/** Pixel (c, r) of a scene without georeference lies at (c, −r). */
const pixelUnits: GeoTransform = [0, 1, 0, 0, 0, -1];

/** The transform by which the map shows a scene: its own, or pixels as units. */
export function mapTransform(grid: Grid): GeoTransform {
  return grid.transform ?? pixelUnits;
}

/** Map positions as pixel positions of the scene. Undefined where the georeference has no area. */
export function toPixelTransform(grid: Grid): GeoTransform | undefined {
  return invert(mapTransform(grid));
}

/** The smallest axis-parallel rectangle around a scene. */
export function boundsOfGrid(grid: Grid): MapBounds {
  const { width, height } = grid;
  return cornerBounds(mapTransform(grid), { x: 0, y: 0, width, height });
}

/** The pixels that a rectangle on the map may touch, not clipped to the scene. */
export function pixelsOfBounds(toPixel: GeoTransform, bounds: MapBounds): Window {
  const [minX, minY, maxX, maxY] = bounds;
  const rectangle = { x: minX, y: minY, width: maxX - minX, height: maxY - minY };
  const [left, top, right, bottom] = cornerBounds(toPixel, rectangle);
  // a corner that is a border of pixels up to rounding is that border
  const [x, y] = [Math.floor(left + 1e-6), Math.floor(top + 1e-6)];
  return { x, y, width: Math.ceil(right - 1e-6) - x, height: Math.ceil(bottom - 1e-6) - y };
}

function cornerBounds(transform: GeoTransform, { x, y, width, height }: Window): MapBounds {
  const corners = [
    toMap(transform, x, y),
    toMap(transform, x + width, y),
    toMap(transform, x, y + height),
    toMap(transform, x + width, y + height),
  ];
  const xs = corners.map((corner) => corner[0]);
  const ys = corners.map((corner) => corner[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The tiles of a scene: at the coarsest level one tile holds all of it. */
export function tileGridOf(grid: Grid): TileGrid {
  const bounds = boundsOfGrid(grid);
  const [, a, b, , d, e] = mapTransform(grid);
  const native = Math.min(Math.hypot(a, d), Math.hypot(b, e));
  const side = Math.max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / native;
  const coarsest = Math.max(0, Math.ceil(Math.log2(side / TILE_SIZE) - 1e-9));
  const resolutions = Array.from(
    { length: coarsest + 1 },
    (_, level) => native * 2 ** (coarsest - level),
  );
  return { bounds, resolutions };
}

/** How a tile is read: a window of the scene at some size, and for each pixel of the tile its place in what was read. */
export type TilePlan = {
  readonly window: Window;
  readonly size: { readonly width: number; readonly height: number };
  /** (256, 256), row by row; −1 outside the scene. */
  readonly picks: Int32Array;
};

export type TilePosition = { readonly z: number; readonly x: number; readonly y: number };

/** The plan of a tile; undefined where it does not meet the scene. Pixels are the nearest of the scene, as GDAL takes them. */
export function planTile(grid: Grid, tiles: TileGrid, tile: TilePosition): TilePlan | undefined {
  const transform = mapTransform(grid);
  return transform[2] === 0 && transform[4] === 0
    ? planStraight(grid, tiles, tile)
    : planRotated(grid, tiles, tile);
}

/** Source position of each of the 256 pixel centres of a tile along one axis, NaN outside. */
function centresOf(length: number, step: number, first: number, reversed: boolean): Float64Array {
  const centres = new Float64Array(TILE_SIZE);
  for (let i = 0; i < TILE_SIZE; i++) {
    const distance = (first * TILE_SIZE + i + 0.5) * step;
    const at = reversed ? length - distance : distance;
    centres[i] = at >= 0 && at < length ? at : Number.NaN;
  }
  return centres;
}

type Axis = {
  readonly start: number;
  readonly length: number;
  readonly size: number;
  /** Index into what was read; −1 outside. */
  readonly picks: Int32Array;
};

function axisOf(length: number, step: number, first: number, reversed: boolean): Axis | undefined {
  const centres = centresOf(length, step, first, reversed);
  const inside = centres.filter((at) => !Number.isNaN(at));
  if (inside.length === 0) return undefined;
  const low = Math.min(inside[0]!, inside.at(-1)!) - step / 2;
  const high = Math.max(inside[0]!, inside.at(-1)!) + step / 2;
  const start = Math.max(0, Math.floor(low + 1e-6));
  const span = Math.min(length, Math.ceil(high - 1e-6)) - start;
  const size = step <= 1 ? span : Math.min(span, Math.max(1, Math.ceil(span / step - 1e-6)));
  const picks = Int32Array.from(centres, (at) =>
    Number.isNaN(at)
      ? -1
      : Math.min(size - 1, Math.max(0, Math.floor(((at - start) * size) / span + 1e-10))),
  );
  return { start, length: span, size, picks };
}

function planStraight(grid: Grid, tiles: TileGrid, tile: TilePosition): TilePlan | undefined {
  const transform = mapTransform(grid);
  const resolution = tiles.resolutions[tile.z]!;
  const columns = axisOf(
    grid.width,
    wholeStep(resolution / Math.abs(transform[1])),
    tile.x,
    transform[1] < 0,
  );
  const rows = axisOf(
    grid.height,
    wholeStep(resolution / Math.abs(transform[5])),
    tile.y,
    transform[5] > 0,
  );
  if (columns === undefined || rows === undefined) return undefined;
  const picks = new Int32Array(TILE_SIZE * TILE_SIZE).fill(-1);
  for (let row = 0; row < TILE_SIZE; row++) {
    const from = rows.picks[row]! * columns.size;
    if (from < 0) continue;
    for (let column = 0; column < TILE_SIZE; column++) {
      const pick = columns.picks[column]!;
      if (pick >= 0) picks[row * TILE_SIZE + column] = from + pick;
    }
  }
  return {
    window: { x: columns.start, y: rows.start, width: columns.length, height: rows.length },
    size: { width: columns.size, height: rows.size },
    picks,
  };
}

/** 2^k pixels a step, where only the rounding of the georeference says otherwise. */
function wholeStep(step: number): number {
  const whole = Math.round(step);
  return Math.abs(step - whole) < 1e-6 * step ? whole : step;
}

function planRotated(grid: Grid, tiles: TileGrid, tile: TilePosition): TilePlan | undefined {
  const span = TILE_SIZE * tiles.resolutions[tile.z]!;
  const [left, top] = [tiles.bounds[0] + tile.x * span, tiles.bounds[3] - tile.y * span];
  const bounds = [left, top - span, left + span, top] as const;
  return planView(grid, { bounds, width: TILE_SIZE, height: TILE_SIZE });
}

/** A picture of a part of the map. */
export type View = {
  readonly bounds: MapBounds;
  readonly width: number;
  readonly height: number;
};

/** The plan of any axis-parallel picture of the map, `picks` (height, width); undefined where it does not meet the scene. */
export function planView(grid: Grid, { bounds, width, height }: View): TilePlan | undefined {
  const toPixel = toPixelTransform(grid);
  if (toPixel === undefined) return undefined;
  const window = clip(pixelsOfBounds(toPixel, bounds), grid);
  if (window === undefined) return undefined;
  const [stepX, stepY] = [(bounds[2] - bounds[0]) / width, (bounds[3] - bounds[1]) / height];
  // pixels of the scene that a step on the map crosses, at most, along its columns and its rows
  const along = (x: number, y: number): number => Math.max(1, Math.hypot(x * stepX, y * stepY));
  const size = {
    width: Math.ceil(window.width / along(toPixel[1], toPixel[2])),
    height: Math.ceil(window.height / along(toPixel[4], toPixel[5])),
  };
  const picks = new Int32Array(width * height).fill(-1);
  let met = false;
  for (let i = 0; i < picks.length; i++) {
    const row = Math.floor(i / width);
    const [x, y] = toMap(
      toPixel,
      bounds[0] + (i - row * width + 0.5) * stepX,
      bounds[3] - (row + 0.5) * stepY,
    );
    if (x < 0 || y < 0 || x >= grid.width || y >= grid.height) continue;
    const readX = place(x - window.x, size.width, window.width);
    picks[i] = place(y - window.y, size.height, window.height) * size.width + readX;
    met = true;
  }
  return met ? { window, size, picks } : undefined;
}

/** Index of a position along `length` in `size` samples of it. */
function place(at: number, size: number, length: number): number {
  return Math.min(size - 1, Math.max(0, Math.floor((at * size) / length)));
}
