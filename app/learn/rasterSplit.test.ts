import { describe, expect, it } from 'vitest';
import type { Window } from '../raster/grid.ts';
import type { LabelledPixels } from '../vector/labelledPixels.ts';
import { rasterSplit } from './rasterSplit.ts';

const grid = { width: 700, height: 600 };
/** Value of a pixel: 0 to 4 in turn along rows, shifted by row. */
const valueAt = (x: number, y: number): number => (x + 2 * y) % 5;

const values = {
  grid,
  read: ({ x, y, width, height }: Window) =>
    Promise.resolve(
      Uint8Array.from({ length: width * height }, (_, i) =>
        valueAt(x + (i % width), y + Math.floor(i / width)),
      ),
    ),
};

const pixels: LabelledPixels = {
  x: Int32Array.from({ length: 300 }, (_, i) => (i * 37) % 700),
  y: Int32Array.from({ length: 300 }, (_, i) => (i * 53) % 600),
  classIndex: new Uint8Array(300),
  roiIndex: new Int32Array(300).fill(-1),
};

describe('rasterSplit', () => {
  it('puts each pixel where its value says', async () => {
    const split = await rasterSplit(pixels, values, 'split.tif');
    const sides = [split.dropped, split.train, split.validation, split.test];
    sides.forEach((list, side) => {
      for (const i of list) {
        const value = valueAt(pixels.x[i]!, pixels.y[i]!);
        expect(value === 4 ? 0 : value).toBe(side);
      }
      expect(list.length).toBeGreaterThan(0);
    });
    expect(sides.reduce((sum, list) => sum + list.length, 0)).toBe(300);
    expect(split.kind).toBe('fixed');
  });

  it('refuses one without training pixels and leaves out pixels beyond the raster', async () => {
    const empty = {
      ...values,
      read: (w: Window) => Promise.resolve(new Uint8Array(w.width * w.height)),
    };
    await expect(rasterSplit(pixels, empty, 'a')).rejects.toMatchObject({ code: 'bad-labels' });
    const small = { ...values, grid: { width: 100, height: 600 } };
    const split = await rasterSplit(pixels, small, 'a');
    for (const i of split.train) expect(pixels.x[i]).toBeLessThan(100);
  });
});
