import { AppError } from '../../../app/error.ts';
import { type GeoTransform, invert, toMap } from '../../../app/raster/geoTransform.ts';
import type { Grid, Window } from '../../../app/raster/grid.ts';
import {
  type PixelRatio,
  type ResamplePositions,
  type ResamplingMethod,
  resampleBlock,
  resampleReach,
} from '../../../app/raster/resample.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { createSource } from '../../raster/scenes/createSource.ts';
import type { CheckedRequest } from '../../raster/scenes/request.ts';
import { createTransform } from '../../vector/crs.ts';

/** Position in one grid, in pixels with corners at integers, to that in another; NaN where it has none. */
export type GridTransform = {
  (x: number, y: number): readonly [number, number];
  /** Whether it is an affine map, so that its values between pixels are known without asking. */
  readonly affine: boolean;
  readonly warnings: readonly string[];
};

/** Leads from pixels of one grid to those of another. @throws AppError `no-crs` where one lacks its place */
export function gridTransform(from: Grid, to: Grid, name: string): GridTransform {
  if (from.transform === undefined && to.transform === undefined)
    return Object.assign((x: number, y: number) => [x, y] as const, { affine: true, warnings: [] });
  const back = to.transform === undefined ? undefined : invert(to.transform);
  if (from.transform === undefined || back === undefined)
    throw new AppError(
      'no-crs',
      `${name} and the first date cannot be laid over each other: one of the two has no georeference. Give it one, e.g. with gdal_edit.`,
      { name },
    );
  const forth: GeoTransform = from.transform;
  const project =
    from.crs === undefined || to.crs === undefined || from.crs === to.crs
      ? undefined
      : createTransform(from.crs, to.crs);
  const convert = (x: number, y: number): readonly [number, number] => {
    const [east, north] = toMap(forth, x, y);
    const [toEast, toNorth] = project === undefined ? [east, north] : project(east, north);
    return toMap(back, toEast, toNorth);
  };
  const unsure =
    (from.crs === undefined) !== (to.crs === undefined)
      ? [`${name} and the first date are taken to be in one coordinate system: one names none.`]
      : [];
  return Object.assign(convert, {
    affine: project === undefined,
    warnings: [...unsure, ...(project?.warnings ?? [])],
  });
}

/** Pixels of a cell in which a projection is taken to be bilinear, where its middle says so. */
const cell = 32;
/** Farthest that this may be off, in pixels of the source. */
const tolerance = 0.01;

/**
 * A scene read on the grid of another, window by window: physical values as 32-bit floats, with a mask a band. Memory
 * follows the window.
 * @throws AppError `no-crs`, `unknown-crs`
 */
export function resampledScene(
  source: SceneSource,
  grid: Grid,
  method: ResamplingMethod,
): SceneSource {
  const { description } = source;
  const locate = gridTransform(grid, description.grid, description.uri);
  const bands = description.bands.map(({ nodata: _, ...band }) => ({
    ...band,
    type: 'float32' as const,
    nodata: Number.NaN,
  }));
  return createSource(
    { ...description, grid, bands, overviews: [], block: { width: 256, height: 256 } },
    {
      read: async (request) => {
        const pixels = request.width * request.height;
        const positions = positionsOf(locate, request);
        const ratio = ratioAt(locate, positions, request);
        const part = partOf(positions, description.grid, resampleReach(method, ratio));
        if (part === undefined)
          return {
            bands: request.bands.map(() => new Float32Array(pixels)),
            masks: request.bands.map(() => new Uint8Array(pixels)),
          };
        const block = await source.read({
          window: part,
          bands: request.bands,
          ...(request.signal === undefined ? {} : { signal: request.signal }),
        });
        const within: ResamplePositions = {
          x: positions.x.map((x) => x - part.x),
          y: positions.y.map((y) => y - part.y),
        };
        return resampleBlock(block, within, { method, ratio });
      },
      close: () => source.close(),
    },
  );
}

/** Where the centres of the wanted pixels lie in the source. */
function positionsOf(locate: GridTransform, { columns, rows }: CheckedRequest): ResamplePositions {
  const [width, height] = [columns.length, rows.length];
  const x = new Float64Array(width * height);
  const y = new Float64Array(width * height);
  const exact = (from: number, to: number, top: number, bottom: number): void => {
    for (let j = top; j < bottom; j++)
      for (let i = from; i < to; i++)
        [x[j * width + i], y[j * width + i]] = locate(columns[i]! + 0.5, rows[j]! + 0.5);
  };
  const step = locate.affine ? Number.POSITIVE_INFINITY : cell;
  if (locate.affine || width < 3 || height < 3) exact(0, width, 0, height);
  else
    for (let top = 0; top < height; top += step)
      for (let from = 0; from < width; from += step) {
        const [to, bottom] = [Math.min(width, from + step), Math.min(height, top + step)];
        if (!smooth({ locate, columns, rows, x, y }, { from, to, top, bottom }))
          exact(from, to, top, bottom);
      }
  return { x, y };
}

type Filling = {
  readonly locate: GridTransform;
  readonly columns: Int32Array;
  readonly rows: Int32Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
};

/** Fills a cell from its four corners; false where the middle, or a corner, tells that this is not close enough. */
function smooth(
  { locate, columns, rows, x, y }: Filling,
  { from, to, top, bottom }: { from: number; to: number; top: number; bottom: number },
): boolean {
  const at = (i: number, j: number) => locate(columns[i]! + 0.5, rows[j]! + 0.5);
  const [left, right, up, down] = [columns[from]!, columns[to - 1]!, rows[top]!, rows[bottom - 1]!];
  const corners = [at(from, top), at(to - 1, top), at(from, bottom - 1), at(to - 1, bottom - 1)];
  const between = (column: number, row: number): readonly [number, number] => {
    const u = right === left ? 0 : (column - left) / (right - left);
    const v = down === up ? 0 : (row - up) / (down - up);
    const mix = (k: 0 | 1): number =>
      (1 - v) * ((1 - u) * corners[0]![k] + u * corners[1]![k]) +
      v * ((1 - u) * corners[2]![k] + u * corners[3]![k]);
    return [mix(0), mix(1)];
  };
  const [i, j] = [(from + to - 1) >> 1, (top + bottom - 1) >> 1];
  const [middle, guess] = [at(i, j), between(columns[i]!, rows[j]!)];
  if (!(Math.hypot(middle[0] - guess[0], middle[1] - guess[1]) < tolerance)) return false;
  for (let row = top; row < bottom; row++)
    for (let column = from; column < to; column++)
      [x[row * columns.length + column], y[row * columns.length + column]] = between(
        columns[column]!,
        rows[row]!,
      );
  return true;
}

/** Source pixels a wanted pixel, in the middle of the window. */
function ratioAt(
  locate: GridTransform,
  { x, y }: ResamplePositions,
  { columns, rows, width, window }: CheckedRequest,
): PixelRatio {
  const [i, j] = [width >> 1, rows.length >> 1];
  const [column, row] = [columns[i]! + 0.5, rows[j]! + 0.5];
  const [here, east, south] = [
    [x[j * width + i]!, y[j * width + i]!] as const,
    locate(column + 1, row),
    locate(column, row + 1),
  ];
  // Of a reduced reading a wanted pixel stands for several.
  const thinned = { x: window.width / columns.length, y: window.height / rows.length };
  const along = (k: 0 | 1): number => Math.hypot(east[k] - here[k], south[k] - here[k]);
  const ratio = { x: along(0) * thinned.x, y: along(1) * thinned.y };
  return Number.isFinite(ratio.x + ratio.y) ? ratio : { x: 1, y: 1 };
}

/** The part of the source that the positions and their kernels lie in. */
function partOf({ x, y }: ResamplePositions, grid: Grid, reach: number): Window | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < x.length; i++) {
    const [column, row] = [x[i]!, y[i]!];
    if (!(column >= 0 && row >= 0 && column < grid.width && row < grid.height)) continue;
    if (column < left) left = column;
    if (column > right) right = column;
    if (row < top) top = row;
    if (row > bottom) bottom = row;
  }
  if (left > right) return undefined;
  const fromX = Math.max(0, Math.floor(left) - reach);
  const fromY = Math.max(0, Math.floor(top) - reach);
  return {
    x: fromX,
    y: fromY,
    width: Math.min(grid.width, Math.ceil(right) + reach) - fromX,
    height: Math.min(grid.height, Math.ceil(bottom) + reach) - fromY,
  };
}
