import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { type LabelledPixels, selectPixels } from '../vector/labelledPixels.ts';
import { blockSplit, defaultBlockSize } from './blockSplit.ts';
import type { Split } from './split.ts';

/** Rectangular ROIs of random classes and sizes; some overlap nothing, some touch, pixels never repeat. */
function randomRois(seed: number, rois: number, classes: number, extent: number): LabelledPixels {
  const random = createRandom(seed, 'rois');
  const seen = new Set<number>();
  const rows: [number, number, number, number][] = [];
  for (let roi = 0; roi < rois; roi++) {
    const [x0, y0] = [random.integer(extent), random.integer(extent)];
    const [w, h] = [1 + random.integer(9), 1 + random.integer(9)];
    const classIndex = roi < classes ? roi : random.integer(classes);
    for (let y = y0; y < y0 + h; y++)
      for (let x = x0; x < x0 + w; x++) {
        if (seen.has(y * 65536 + x)) continue;
        seen.add(y * 65536 + x);
        rows.push([x, y, classIndex, random.uniform() < 0.1 ? -1 : roi]);
      }
  }
  return {
    x: Int32Array.from(rows, ([x]) => x),
    y: Int32Array.from(rows, ([, y]) => y),
    classIndex: Uint8Array.from(rows, ([, , classIndex]) => classIndex),
    roiIndex: Int32Array.from(rows, ([, , , roi]) => roi),
  };
}

const cases = fc.record({
  seed: fc.nat(),
  rois: fc.integer({ min: 3, max: 60 }),
  classes: fc.integer({ min: 2, max: 5 }),
  extent: fc.constantFrom(20, 80, 300),
  buffer: fc.integer({ min: 0, max: 6 }),
  blockSize: fc.constantFrom(undefined, 5, 16, 50),
  fraction: fc.constantFrom(0.1, 0.3, 0.5),
});

function split(
  pixels: LabelledPixels,
  c: { seed: number; buffer: number; blockSize: number | undefined; fraction: number },
): Split {
  const { seed, buffer, fraction, blockSize } = c;
  return blockSplit(pixels, {
    seed,
    buffer,
    fraction,
    ...(blockSize === undefined ? {} : { blockSize }),
  });
}

const places = (pixels: LabelledPixels, indices: Int32Array): string[] =>
  [...indices].map((i) => `${pixels.x[i]},${pixels.y[i]}`).sort();

describe('blockSplit', () => {
  it('puts every pixel on exactly one side and keeps the buffer, whatever the ROIs', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const pixels = randomRois(c.seed, c.rois, c.classes, c.extent);
        const { train, validation, dropped, test } = split(pixels, c);
        const all = [...train, ...validation, ...dropped, ...test].sort((a, b) => a - b);
        expect(all).toEqual([...pixels.x.keys()]);
        for (const t of train)
          for (const v of validation) {
            const dx = Math.abs(pixels.x[t]! - pixels.x[v]!);
            const dy = Math.abs(pixels.y[t]! - pixels.y[v]!);
            if (Math.max(dx, dy) <= c.buffer) expect.fail(`pixels ${t} and ${v} are too near`);
          }
        // what is dropped had to be
        for (const d of dropped) {
          const near = validation.some(
            (v) =>
              Math.abs(pixels.x[d]! - pixels.x[v]!) <= c.buffer &&
              Math.abs(pixels.y[d]! - pixels.y[v]!) <= c.buffer,
          );
          expect(near).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('does not depend on the order of pixels', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const pixels = randomRois(c.seed, c.rois, c.classes, c.extent);
        const order = createRandom(c.seed, 'order').shuffle([...pixels.x.keys()]);
        const shuffled = selectPixels(pixels, order);
        const [a, b] = [split(pixels, c), split(shuffled, c)];
        expect(places(shuffled, b.validation)).toEqual(places(pixels, a.validation));
        expect(places(shuffled, b.train)).toEqual(places(pixels, a.train));
      }),
      { numRuns: 60 },
    );
  });

  it('has every class on both sides and near its share where there are many ROIs', () => {
    for (let seed = 0; seed < 20; seed++) {
      const pixels = randomRois(seed, 300, 4, 1000);
      const { classes, warnings } = blockSplit(pixels, { seed, buffer: 2, fraction: 0.3 });
      expect(warnings).toEqual([]);
      for (const { total, validation, train } of classes) {
        expect(validation / total).toBeGreaterThan(0.24);
        expect(validation / total).toBeLessThan(0.36);
        expect(train / total).toBeGreaterThan(0.5);
      }
    }
  });

  it('differs from seed to seed', () => {
    const pixels = randomRois(3, 40, 3, 300);
    const splits = [1, 2, 3, 4, 5].map((seed) =>
      blockSplit(pixels, { seed, buffer: 2, fraction: 0.3 }).validation.join(),
    );
    expect(new Set(splits).size).toBe(5);
  });

  it('keeps ROIs whole when their class has several', () => {
    const pixels = randomRois(3, 200, 4, 1000);
    const { train, validation } = blockSplit(pixels, { seed: 1, buffer: 0, fraction: 0.3 });
    const sides = new Map<number, Set<string>>();
    for (const [side, list] of Object.entries({ train, validation }))
      for (const i of list) {
        const roi = pixels.roiIndex[i]!;
        if (roi >= 0) sides.set(roi, (sides.get(roi) ?? new Set()).add(side));
      }
    expect([...sides.values()].filter((set) => set.size > 1)).toEqual([]);
  });

  it('cuts the only ROI of a class so that it can be validated', () => {
    const x = Int32Array.from({ length: 400 }, (_, i) => i % 40);
    const y = Int32Array.from({ length: 400 }, (_, i) => Math.floor(i / 40));
    const twice = (values: Int32Array, shift: number) =>
      Int32Array.from([...values, ...values.map((value) => value + shift)]);
    const pixels: LabelledPixels = {
      x: twice(x, 200),
      y: twice(y, 0),
      classIndex: Uint8Array.from({ length: 800 }, (_, i) => (i < 400 ? 0 : 1)),
      roiIndex: Int32Array.from({ length: 800 }, (_, i) => (i < 400 ? 0 : 1)),
    };
    const { classes, warnings } = blockSplit(pixels, {
      seed: 1,
      buffer: 2,
      fraction: 0.25,
      blockSize: 64,
    });
    expect(warnings).toEqual([]);
    for (const { train, validation, dropped } of classes) {
      expect(validation).toBe(100);
      expect(train + dropped).toBe(300);
      expect(dropped).toBeLessThanOrEqual(40);
    }
  });

  it('trains on a class too small to share out, and says so', () => {
    const pixels: LabelledPixels = {
      x: Int32Array.from([0, 100, 200, 300, 301]),
      y: Int32Array.from([0, 0, 0, 0, 0]),
      classIndex: Uint8Array.from([0, 0, 0, 1, 1]),
      roiIndex: Int32Array.from([0, 1, 2, 3, 3]),
    };
    const { classes, warnings } = blockSplit(pixels, {
      seed: 1,
      buffer: 2,
      fraction: 0.3,
      blockSize: 16,
      classNames: ['grass', 'roof'],
    });
    expect(classes[1]).toMatchObject({ train: 2, validation: 0 });
    expect(classes[0]).toMatchObject({ train: 2, validation: 1 });
    expect(warnings.join()).toMatch(/Too few separate pixels to validate roof/);
  });

  it('chooses blocks by the space that labels take, not by gaps between scenes', () => {
    const near = randomRois(5, 100, 3, 400);
    const far = { ...near, x: near.x.map((x, i) => (i % 2 === 0 ? x : x + 1_000_000)) };
    expect(defaultBlockSize(near, 2)).toBeGreaterThanOrEqual(32);
    expect(defaultBlockSize(near, 2)).toBeLessThanOrEqual(96);
    expect(defaultBlockSize(far, 2)).toBeLessThanOrEqual(128);
    expect(defaultBlockSize(near, 100)).toBe(400);
  });

  it('refuses a share outside 0 to 1', () => {
    const pixels = randomRois(1, 5, 2, 20);
    for (const fraction of [0, 1, Number.NaN, -1])
      expect(() => blockSplit(pixels, { seed: 1, buffer: 0, fraction })).toThrow(/share/);
  });
});
