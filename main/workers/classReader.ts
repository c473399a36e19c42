import { AppError } from '../../app/error.ts';
import { invert, toMap } from '../../app/raster/geoTransform.ts';
import type { Grid, Window } from '../../app/raster/grid.ts';
import { colorsFor } from '../../app/raster/palette.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { type PointTransform, placeRois } from '../../app/vector/placeRois.ts';
import { rasterise } from '../../app/vector/rasterise.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { openScene } from '../raster/formats.ts';
import { createTransform } from '../vector/crs.ts';
import { isVectorFile, readRois } from '../vector/readRois.ts';

/** Classes of the pixels of a grid, from polygons or from a label raster, window by window. */
export type ClassReader = {
  readonly classes: ClassScheme;
  readonly warnings: readonly string[];
  /** Class value of each pixel of a window of the grid, row by row; 0 = none. */
  read(window: Window): Promise<Int32Array>;
  close(): Promise<void>;
};

export type ClassFileOptions = {
  readonly classField?: string | undefined;
  readonly layer?: string | undefined;
  readonly signal: AbortSignal;
};

/** Opens a file of classes over a grid: GeoJSON, GeoPackage, Shapefile or a label raster. */
export async function openClassReader(
  path: string,
  grid: Grid,
  options: ClassFileOptions,
): Promise<ClassReader> {
  return (await isLabelRaster(path))
    ? await openLabelRaster(path, grid, options.signal)
    : await openPolygons(path, grid, options);
}

/** Whether classes come from a raster rather than from a vector file. */
export async function isLabelRaster(path: string): Promise<boolean> {
  return /^https?:/.test(path) || /#/.test(path) || !(await isVectorFile(path));
}

async function openPolygons(
  path: string,
  grid: Grid,
  { classField, layer }: ClassFileOptions,
): Promise<ClassReader> {
  const rois = await readRois(path, {
    ...(classField === undefined ? {} : { classField }),
    ...(layer === undefined ? {} : { layer }),
  });
  const placed = placeRois(rois, grid, createTransform);
  const shapes = placed.rois
    .filter((roi) => roi.position !== 'outside')
    .map(({ shape, classIndex }) => ({ shape, value: rois.classes[classIndex]!.value }));
  return {
    classes: rois.classes,
    warnings: placed.warnings,
    read: (window) => Promise.resolve(Int32Array.from(rasterise(shapes, window).values)),
    close: () => Promise.resolve(),
  };
}

async function openLabelRaster(
  path: string,
  grid: Grid,
  signal: AbortSignal,
): Promise<ClassReader> {
  const source = await openScene(path);
  try {
    const locate = locator(source.description.grid, grid, path);
    const classes = await rasterClasses(source, signal);
    return {
      classes,
      warnings: [],
      read: (window) => readLabels(source, window, locate),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Maps pixel centres of the grid to pixels of the label raster; undefined where both are the same grid. */
function locator(labels: Grid, grid: Grid, path: string): PointTransform | undefined {
  const sameSize = labels.width === grid.width && labels.height === grid.height;
  if (labels.transform === undefined || grid.transform === undefined) {
    if (sameSize) return undefined;
    throw new AppError(
      'no-crs',
      `${path} (${labels.width} × ${labels.height}) and the image (${grid.width} × ${grid.height}) differ in size and one has no georeference. Give labels on the image's grid, or georeferenced ones.`,
    );
  }
  const sameCrs = labels.crs === undefined || grid.crs === undefined || labels.crs === grid.crs;
  if (sameSize && sameCrs && sameTransform(labels.transform, grid.transform)) return undefined;
  const back = invert(labels.transform);
  if (back === undefined)
    throw new AppError(
      'corrupt',
      `The georeference of ${path} has no area. Write its transform again.`,
    );
  const forward = grid.transform;
  const project: PointTransform = sameCrs
    ? (x, y) => [x, y]
    : createTransform(grid.crs, labels.crs);
  return (column, row) => {
    const [x, y] = toMap(forward, column, row);
    const [mapX, mapY] = project(x, y);
    return toMap(back, mapX, mapY);
  };
}

function sameTransform(a: readonly number[], b: readonly number[]): boolean {
  const pixel = Math.max(Math.abs(a[1]!), Math.abs(a[2]!));
  return a.every((value, i) => Math.abs(value - b[i]!) <= 1e-6 * pixel);
}

async function readLabels(
  source: SceneSource,
  window: Window,
  locate: PointTransform | undefined,
): Promise<Int32Array> {
  if (locate === undefined) return labelValues(source, window);
  const count = window.width * window.height;
  const columns = new Int32Array(count);
  const rows = new Int32Array(count);
  const box = {
    left: Number.POSITIVE_INFINITY,
    top: Number.POSITIVE_INFINITY,
    right: -1,
    bottom: -1,
  };
  const { width, height } = source.description.grid;
  for (let i = 0; i < count; i++) {
    const [x, y] = locate(
      window.x + (i % window.width) + 0.5,
      window.y + Math.floor(i / window.width) + 0.5,
    );
    const column = Math.floor(x);
    const row = Math.floor(y);
    const inside = column >= 0 && row >= 0 && column < width && row < height;
    columns[i] = inside ? column : -1;
    rows[i] = row;
    if (!inside) continue;
    box.left = Math.min(box.left, column);
    box.right = Math.max(box.right, column);
    box.top = Math.min(box.top, row);
    box.bottom = Math.max(box.bottom, row);
  }
  const result = new Int32Array(count);
  if (box.right < 0) return result;
  const part = {
    x: box.left,
    y: box.top,
    width: box.right - box.left + 1,
    height: box.bottom - box.top + 1,
  };
  const labels = await labelValues(source, part);
  for (let i = 0; i < count; i++) {
    if (columns[i]! >= 0)
      result[i] = labels[(rows[i]! - part.y) * part.width + columns[i]! - part.x]!;
  }
  return result;
}

/** Values of the first band, 0 where it has no data. */
async function labelValues(source: SceneSource, window: Window): Promise<Int32Array> {
  const block = await source.read({ window, bands: [0] });
  const values = Int32Array.from(block.bands[0]! as Uint8Array, Number);
  const mask = block.masks[0];
  if (mask !== undefined) for (let i = 0; i < values.length; i++) if (mask[i] === 0) values[i] = 0;
  return values;
}

/** The class list of a label raster: its names and colours where it has them, else the values that occur. */
async function rasterClasses(source: SceneSource, signal: AbortSignal): Promise<ClassScheme> {
  const { classNames, palette, grid, block, uri } = source.description;
  const values = new Set<number>();
  for (const window of scanWindows({ x: 0, y: 0, width: grid.width, height: grid.height }, block)) {
    signal.throwIfAborted();
    let last = 0;
    for (const value of await labelValues(source, window)) {
      if (value === last) continue;
      last = value;
      values.add(value);
    }
    if (values.size > 256) {
      throw new AppError(
        'bad-labels',
        `${uri} has more than 255 different values: it is no label raster. Give a raster of class numbers, or polygons.`,
      );
    }
  }
  values.delete(0);
  const sorted = [...values].filter((value) => value > 0).sort((a, b) => a - b);
  const names = sorted.map((value) => classNames?.get(value) ?? `class ${value}`);
  const colors = colorsFor(names);
  return sorted.map((value, index) => {
    const [red, green, blue] = palette?.get(value) ?? colors[index]!;
    return {
      value,
      name: names[index]!,
      color: [red, green, blue] as const,
    };
  });
}
