import type { Window } from './grid.ts';

/** About how many pixels a window of work holds: large enough to keep the engine busy, small enough to show progress. */
const targetPixels = 256 * 256;

/**
 * Windows that cover `area`, whose edges follow the file's blocks: whole strips, squares of about 256 pixels made of whole tiles,
 * or parts of one tile after the other. A scan in this order decodes each block once with a cache of little more than one
 * block.
 */
export function scanWindows(
  area: Window,
  block: { readonly width: number; readonly height: number },
  pixels = targetPixels,
): readonly Window[] {
  const side = Math.sqrt(pixels);
  const stepX = block.width >= area.width ? area.width : wholeBlocks(side, block.width);
  const stepY = wholeBlocks(Math.max(1, pixels / Math.min(stepX, area.width)), block.height);
  const coarse = cut(area, Math.max(stepX, block.width), Math.max(stepY, block.height), 'file');
  return coarse.flatMap((window) => cut(window, stepX, stepY, 'window'));
}

/** Pieces of a window, row by row, cut at multiples of the steps counted from the first pixel of the file or the window. */
function cut(
  area: Window,
  stepX: number,
  stepY: number,
  from: 'file' | 'window',
): readonly Window[] {
  const columns = steps(area.x, area.width, stepX, from === 'file' ? 0 : area.x);
  const rows = steps(area.y, area.height, stepY, from === 'file' ? 0 : area.y);
  return rows.flatMap(([y, height]) => columns.map(([x, width]) => ({ x, y, width, height })));
}

/** The multiple of `block` nearest to `length`, at least one block; a block twice as long or more is halved until it fits. */
function wholeBlocks(length: number, block: number): number {
  if (block < 2 * length) return Math.max(1, Math.round(length / block)) * block;
  let part = block;
  while (part >= 2 * length && part > 1) part = Math.ceil(part / 2);
  return part;
}

/** Pieces of [start, start + length) cut at `origin` plus multiples of `step`. */
function steps(
  start: number,
  length: number,
  step: number,
  origin: number,
): readonly (readonly [number, number])[] {
  const pieces: [number, number][] = [];
  let at = start;
  while (at < start + length) {
    const next = Math.min(start + length, origin + (Math.floor((at - origin) / step) + 1) * step);
    pieces.push([at, next - at]);
    at = next;
  }
  return pieces;
}

/** A window grown by `halo` pixels on each side, within the grid. */
export function withHalo(
  window: Window,
  halo: number,
  grid: { readonly width: number; readonly height: number },
): Window {
  const x = Math.max(0, window.x - halo);
  const y = Math.max(0, window.y - halo);
  return {
    x,
    y,
    width: Math.min(grid.width, window.x + window.width + halo) - x,
    height: Math.min(grid.height, window.y + window.height + halo) - y,
  };
}
