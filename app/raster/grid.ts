import type { GeoTransform } from './geoTransform.ts';

/** Where the pixels of an image lie. */
export type Grid = {
  readonly width: number;
  readonly height: number;
  /** `EPSG:n`, else WKT or a PROJ string; undefined where the file names none. */
  readonly crs?: string;
  /** Undefined where the file has no affine georeference. */
  readonly transform?: GeoTransform;
};

/** A rectangle of pixels, integers, within a grid. */
export type Window = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** The part of a window inside a grid, or undefined where they do not meet. */
export function clip(
  window: Window,
  grid: { readonly width: number; readonly height: number },
): Window | undefined {
  const x = Math.max(0, window.x);
  const y = Math.max(0, window.y);
  const width = Math.min(grid.width, window.x + window.width) - x;
  const height = Math.min(grid.height, window.y + window.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** The window of a whole grid. */
export function wholeWindow(grid: { readonly width: number; readonly height: number }): Window {
  return { x: 0, y: 0, width: grid.width, height: grid.height };
}
