import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import type { Window } from '../raster/grid.ts';
import { type ClassValues, labelPixels } from './labelPixels.ts';

const grid = { width: 1300, height: 700 };

/** A map of values 0, 3, 5 and 9 (9 is no class), 5 being rare. */
function labels(): ClassValues & { readonly values: Uint8Array } {
  const random = createRandom(3, 'labels');
  const values = Uint8Array.from({ length: grid.width * grid.height }, () => {
    const draw = random.uniform();
    return draw < 0.5 ? 0 : draw < 0.9 ? 3 : draw < 0.9005 ? 5 : 9;
  });
  const read = ({ x, y, width, height }: Window): Promise<Uint8Array> => {
    const part = new Uint8Array(width * height);
    for (let row = 0; row < height; row++) {
      const start = (y + row) * grid.width + x;
      part.set(values.subarray(start, start + width), row * width);
    }
    return Promise.resolve(part);
  };
  const classes = [
    { value: 3, name: 'wood', color: [0, 0, 0] as const },
    { value: 5, name: 'water', color: [0, 0, 0] as const },
  ];
  return { classes, values, read };
}

describe('labelPixels', () => {
  it('takes all of a rare class and a spread sample of a common one, the same for any windows', async () => {
    const source = labels();
    const counts = [3, 5].map((value) => source.values.filter((found) => found === value).length);
    const results = await Promise.all(
      [
        { width: 256, height: 256 },
        { width: 1300, height: 1 },
        { width: 64, height: 48 },
      ].map((block) => labelPixels(source, grid, { block, perClass: 2000, seed: 8 })),
    );
    const places = results.map(({ pixels }) =>
      [...pixels.x].map((x, i) => `${x},${pixels.y[i]},${pixels.classIndex[i]}`).sort(),
    );
    expect(places[1]).toEqual(places[0]);
    expect(places[2]).toEqual(places[0]);
    const { pixels, report } = results[0]!;
    expect(report.map((entry) => entry.pixels)).toEqual(counts);
    const kept = [0, 1].map((index) => pixels.classIndex.filter((found) => found === index).length);
    expect(kept).toEqual([2000, counts[1]]);
    for (const [i, x] of pixels.x.entries())
      expect(source.values[pixels.y[i]! * grid.width + x]).toBe([3, 5][pixels.classIndex[i]!]);
    // evenly over the four quarters: 500 each, six standard deviations either way
    const wood = [...pixels.x.keys()].filter((i) => pixels.classIndex[i] === 0);
    const quarter = wood.filter((i) => pixels.x[i]! < 650 && pixels.y[i]! < 350).length;
    expect(Math.abs(quarter - 500)).toBeLessThan(6 * Math.sqrt(2000 * 0.25 * 0.75));
    const other = await labelPixels(source, grid, {
      block: { width: 256, height: 256 },
      perClass: 2000,
      seed: 9,
    });
    expect([...other.pixels.x].join()).not.toBe([...pixels.x].join());
  });

  it('orders pixels by window', async () => {
    const { pixels } = await labelPixels(labels(), grid, {
      block: { width: 100, height: 100 },
      seed: 1,
    });
    let next = 0;
    for (const { window, start, count } of pixels.windows) {
      expect(start).toBe(next);
      next += count;
      for (let i = start; i < next; i++) {
        const inside =
          pixels.x[i]! >= window.x &&
          pixels.x[i]! < window.x + window.width &&
          pixels.y[i]! >= window.y &&
          pixels.y[i]! < window.y + window.height;
        if (!inside) expect.fail(`pixel ${i} is outside its window`);
      }
    }
    expect(next).toBe(pixels.x.length);
  });

  it('refuses a raster that labels nothing', async () => {
    const nothing = {
      ...labels(),
      read: (w: Window) => Promise.resolve(new Uint8Array(w.width * w.height)),
    };
    const block = { width: 256, height: 256 };
    await expect(labelPixels(nothing, grid, { block, seed: 1 })).rejects.toMatchObject({
      code: 'no-samples',
    });
    const signal = AbortSignal.abort();
    await expect(labelPixels(nothing, grid, { block, seed: 1, signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
