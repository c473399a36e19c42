import { ofWindow } from '../../../app/raster/geoTransform.ts';
import type { Grid, Window } from '../../../app/raster/grid.ts';

/** Cells that a map of whole tiles has: each is one pixel of the map and is judged by the tile around it. */
export type TileCells = {
  /** Of the scene. */
  readonly area: Window;
  /** Pixels of the scene that a tile has a side, and from one cell to the next. */
  readonly side: number;
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
};

/** Cells from the corner of an area; the last of a row or column may reach beyond it. */
export function tileCells(area: Window, side: number, stride: number): TileCells {
  return {
    area,
    side,
    stride,
    columns: Math.ceil(area.width / stride),
    rows: Math.ceil(area.height / stride),
  };
}

/**
 * Corner of the tile that judges a cell: around the middle of the cell, moved so that it lies inside the scene where the
 * scene is large enough.
 */
export function tileCorner(
  { area, side, stride }: TileCells,
  { width, height }: Pick<Grid, 'width' | 'height'>,
  column: number,
  row: number,
): { readonly x: number; readonly y: number } {
  const margin = Math.floor((side - stride) / 2);
  const inside = (corner: number, size: number): number =>
    Math.max(0, Math.min(corner, size - side));
  return {
    x: inside(area.x + column * stride - margin, width),
    y: inside(area.y + row * stride - margin, height),
  };
}

/** The part of a cell that lies in the area, in pixels of the scene. */
export function cellWindow({ area, stride }: TileCells, column: number, row: number): Window {
  const [x, y] = [area.x + column * stride, area.y + row * stride];
  return {
    x,
    y,
    width: Math.min(stride, area.x + area.width - x),
    height: Math.min(stride, area.y + area.height - y),
  };
}

/** The grid of the map. */
export function cellGrid(scene: Grid, { area, stride, columns, rows }: TileCells): Grid {
  return {
    width: columns,
    height: rows,
    ...(scene.crs === undefined ? {} : { crs: scene.crs }),
    ...(scene.transform === undefined
      ? {}
      : { transform: ofWindow(scene.transform, area.x, area.y, stride, stride) }),
  };
}
