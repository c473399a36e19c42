import { AppError } from '../error.ts';
import { clip, type Window } from '../raster/grid.ts';
import type { LabelledPixels } from '../vector/labelledPixels.ts';
import { Side, type Split, splitOf } from './split.ts';

/** Values of a split raster over the grid of the scene: 1 train, 2 validation, 3 test, anything else = in none. */
export type SplitValues = {
  readonly grid: { readonly width: number; readonly height: number };
  read(window: Window): Promise<ArrayLike<number>>;
};

const TILE = 512;

/**
 * A published split from a raster. Reads only the parts that hold labelled pixels.
 * @throws AppError `bad-labels` no labelled pixel is for training
 */
export async function rasterSplit(
  pixels: LabelledPixels,
  values: SplitValues,
  name: string,
): Promise<Split> {
  const tiles = new Map<string, number[]>();
  for (let i = 0; i < pixels.x.length; i++) {
    const key = `${Math.floor(pixels.x[i]! / TILE)} ${Math.floor(pixels.y[i]! / TILE)}`;
    const list = tiles.get(key);
    if (list === undefined) tiles.set(key, [i]);
    else list.push(i);
  }
  const sides = new Uint8Array(pixels.x.length).fill(Side.dropped);
  for (const [key, indices] of tiles) {
    const [column, row] = key.split(' ').map(Number) as [number, number];
    const tile = { x: column * TILE, y: row * TILE, width: TILE, height: TILE };
    const window = clip(tile, values.grid);
    if (window === undefined) continue;
    const found = await values.read(window);
    for (const index of indices) {
      const [x, y] = [pixels.x[index]! - window.x, pixels.y[index]! - window.y];
      if (x < window.width && y < window.height)
        sides[index] = sideOf(found[y * window.width + x]!);
    }
  }
  const split = splitOf(pixels, sides, { kind: 'fixed', settings: { file: name }, warnings: [] });
  if (split.train.length > 0) return split;
  throw new AppError(
    'bad-labels',
    `The split ${name} cannot be used: it has no labelled pixel with value 1 (training). Values are 1 train, 2 validation, 3 test.`,
    { split: name },
  );
}

function sideOf(value: number): number {
  return value === 1
    ? Side.train
    : value === 2
      ? Side.validation
      : value === 3
        ? Side.test
        : Side.dropped;
}
