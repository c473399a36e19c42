import { AppError } from '../../../app/error.ts';
import { toMap } from '../../../app/raster/geoTransform.ts';
import type { Grid, Window } from '../../../app/raster/grid.ts';
import { bytesPerSample } from '../../../app/raster/samples.ts';
import type { RasterBlock, SceneSource } from '../../../app/raster/scene.ts';
import { mapTransform, toPixelTransform } from '../../../app/raster/tileGrid.ts';
import { type Geometry, mapPositions, type Position } from '../../../app/vector/geometry.ts';
import { fillShape, type PreparedShape, prepareShape } from '../../../app/vector/rasterise.ts';
import { createTransform } from '../../vector/crs.ts';

/** Bytes of samples that are read at once. */
const windowBytes = 2 ** 26;

/**
 * Areas of the map in pixels of a scene.
 * @param crs of the areas; that of the scene where absent
 * @throws AppError `unknown-crs`
 */
export function placeAreas(
  grid: Grid,
  geometries: readonly Geometry[],
  crs: string | undefined,
): readonly PreparedShape[] {
  const toPixel = toPixelTransform(grid);
  if (toPixel === undefined)
    throw new AppError('corrupt', 'The scene has a georeference without area (pixel size 0).');
  const change =
    crs === undefined || grid.crs === undefined || grid.transform === undefined
      ? undefined
      : createTransform(crs, grid.crs);
  const place = (x: number, y: number): Position => {
    const [mapX, mapY] = change === undefined ? [x, y] : change(x, y);
    return toMap(toPixel, mapX, mapY);
  };
  const t = mapTransform(grid);
  const northUp = t[1] * t[5] - t[2] * t[4] < 0;
  return geometries.map((geometry) => prepareShape(mapPositions(geometry, place), northUp));
}

/** The pixels of one area in a block that was read: positions in the block, each once. */
export type AreaPixels = {
  readonly area: number;
  readonly positions: Int32Array;
  readonly block: RasterBlock;
};

/**
 * Reads the pixels whose centres areas cover, window by window of whole blocks, and hands them out area by area. A large area
 * comes in several parts; areas may share pixels.
 * @throws AppError of reading, `cancelled`
 */
export async function forEachArea(
  source: SceneSource,
  shapes: readonly PreparedShape[],
  bands: readonly number[],
  options: { readonly signal: AbortSignal; readonly visit: (pixels: AreaPixels) => void },
): Promise<void> {
  const { bands: all } = source.description;
  const pixelBytes = bands.reduce((sum, band) => sum + bytesPerSample(all[band]!.type) + 1, 0);
  for (const { window, members } of touchedWindows(source, shapes, pixelBytes)) {
    if (options.signal.aborted) throw new AppError('cancelled', 'Cancelled.');
    const block = await source.read({ window, bands, signal: options.signal });
    const seen = new Int32Array(window.width * window.height).fill(-1);
    for (const area of members) {
      const positions = positionsIn(shapes[area]!, window, seen, area);
      if (positions.length > 0) options.visit({ area, positions, block });
    }
  }
}

/** How many pixel centres of the grid each shape covers. */
export function countPixels(shapes: readonly PreparedShape[], grid: Grid): number[] {
  return shapes.map((shape) => {
    let pixels = 0;
    for (const band of bandsOfRows(shape, grid)) {
      const row = new Uint8Array(band.width * band.height);
      fillShape(shape, band, (y, from, to) => {
        const start = (y - band.y) * band.width - band.x;
        row.fill(1, start + from, start + to);
      });
      for (let i = 0; i < row.length; i++) pixels += row[i]!;
    }
    return pixels;
  });
}

const bandPixels = 2 ** 22;

/** The part of the grid that a shape may cover, cut into bands of rows of bounded size. */
function bandsOfRows({ bounds }: PreparedShape, grid: Grid): Window[] {
  const whole = clipped(bounds, { x: 0, y: 0, width: grid.width, height: grid.height });
  if (whole === undefined) return [];
  const rows = Math.max(1, Math.floor(bandPixels / whole.width));
  return cutRows(whole, rows);
}

function cutRows(window: Window, rows: number): Window[] {
  const parts: Window[] = [];
  for (let y = window.y; y < window.y + window.height; y += rows)
    parts.push({ ...window, y, height: Math.min(rows, window.y + window.height - y) });
  return parts;
}

type Bounds = PreparedShape['bounds'];

function clipped(bounds: Bounds, within: Window): Window | undefined {
  const x = Math.max(within.x, Math.floor(bounds.minX));
  const y = Math.max(within.y, Math.floor(bounds.minY));
  const width = Math.min(within.x + within.width, Math.floor(bounds.maxX) + 1) - x;
  const height = Math.min(within.y + within.height, Math.floor(bounds.maxY) + 1) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

function positionsIn(
  shape: PreparedShape,
  window: Window,
  seen: Int32Array,
  area: number,
): Int32Array {
  const positions: number[] = [];
  fillShape(shape, window, (row, from, to) => {
    const start = (row - window.y) * window.width - window.x;
    for (let i = start + from; i < start + to; i++) {
      if (seen[i] === area) continue;
      seen[i] = area;
      positions.push(i);
    }
  });
  return Int32Array.from(positions);
}

type Touched = { readonly window: Window; readonly members: readonly number[] };

/** Windows that areas touch, in reading order: the part of a group of blocks that their bounds cover, cut to what fits. */
function touchedWindows(
  { description: { grid, block } }: SceneSource,
  shapes: readonly PreparedShape[],
  pixelBytes: number,
): Touched[] {
  const width = cellSide(block.width, grid.width);
  const height = cellSide(block.height, grid.height);
  const columns = Math.ceil(grid.width / width);
  const cells = new Map<number, number[]>();
  const whole = { x: 0, y: 0, width: grid.width, height: grid.height };
  shapes.forEach(({ bounds }, index) => {
    const part = clipped(bounds, whole);
    if (part === undefined) return;
    const [right, bottom] = [part.x + part.width - 1, part.y + part.height - 1];
    for (let row = Math.floor(part.y / height); row * height <= bottom; row++)
      for (let column = Math.floor(part.x / width); column * width <= right; column++) {
        const key = row * columns + column;
        const members = cells.get(key);
        if (members === undefined) cells.set(key, [index]);
        else members.push(index);
      }
  });
  const rows = (window: Window): number =>
    Math.max(1, Math.floor(windowBytes / (pixelBytes * window.width)));
  return [...cells]
    .sort((a, b) => a[0] - b[0])
    .flatMap(([key, members]) => {
      const cell = {
        x: (key % columns) * width,
        y: Math.floor(key / columns) * height,
        width: Math.min(width, grid.width - (key % columns) * width),
        height: Math.min(height, grid.height - Math.floor(key / columns) * height),
      };
      const cover = clipped(unite(members.map((index) => shapes[index]!.bounds)), cell)!;
      return cutRows(cover, rows(cover)).map((window) => ({ window, members }));
    });
}

/** The multiple of a block's side nearest to 512 pixels, within the scene. */
function cellSide(side: number, whole: number): number {
  return Math.min(Math.max(1, Math.round(512 / side)) * side, 4096, whole);
}

function unite(all: readonly Bounds[]): Bounds {
  return all.reduce((a, b) => ({
    minX: Math.min(a.minX, b.minX),
    minY: Math.min(a.minY, b.minY),
    maxX: Math.max(a.maxX, b.maxX),
    maxY: Math.max(a.maxY, b.maxY),
  }));
}
