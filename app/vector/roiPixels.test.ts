import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import type { Grid } from '../raster/grid.ts';
import type { Geometry, Ring } from './geometry.ts';
import { placeRois, type TransformFactory } from './placeRois.ts';
import { rasterise } from './rasterise.ts';
import type { Roi, RoiSet } from './roi.ts';
import { roiPixels } from './roiPixels.ts';

const same: TransformFactory = () => (x, y) => [x, y];

/** 100 × 80 pixels of 10 m, north up. */
const grid: Grid = {
  width: 100,
  height: 80,
  crs: 'EPSG:32633',
  transform: [0, 10, 0, 800, 0, -10],
};

const square = (column: number, row: number, side: number): Ring => [
  [column * 10, 800 - row * 10],
  [(column + side) * 10, 800 - row * 10],
  [(column + side) * 10, 800 - (row + side) * 10],
  [column * 10, 800 - (row + side) * 10],
];

const polygon = (...outers: Ring[]): Geometry => ({
  kind: 'polygons',
  polygons: outers.map((outer) => ({ outer, holes: [] })),
});

const roi = (id: string, classValue: number, geometry: Geometry): Roi => ({
  id,
  classValue,
  geometry,
});

const setOf = (rois: Roi[], crs: string | undefined = 'EPSG:32633'): RoiSet => ({
  uri: 'rois',
  ...(crs === undefined ? {} : { crs }),
  classes: [
    { value: 3, name: 'wood', color: [0, 0, 0] },
    { value: 5, name: 'water', color: [0, 0, 0] },
  ],
  rois,
});

const withoutCrs = ({ uri, classes, rois }: RoiSet): RoiSet => ({ uri, classes, rois });

const block = { width: 16, height: 16 };
const collect = (rois: Roi[], options = { block }) =>
  roiPixels(placeRois(setOf(rois), grid, same), options);

describe('roiPixels', () => {
  it('counts classes, leaves out conflicts, counts overlaps once, and says where', () => {
    const { pixels, report } = collect([
      roi('a', 3, polygon(square(10, 10, 4))),
      roi('b', 3, polygon(square(12, 10, 4))),
      roi('c', 5, polygon(square(12, 12, 4))),
      roi('d', 5, polygon(square(200, 10, 4))),
      roi('e', 5, polygon(square(98, 78, 4))),
      roi('f', 5, polygon(square(50.1, 50.1, 0.2))),
      roi('g', 3, { kind: 'points', points: [[505, 305]] }),
    ]);
    // a 16, b adds 8 (8 shared with a), c claims 2 × 4 of them in rows 12 and 13
    expect(report.classes).toEqual([
      { name: 'wood', value: 3, rois: 3, pixels: 16 + 8 - 8 + 1 },
      { name: 'water', value: 5, rois: 2, pixels: 8 + 4 },
    ]);
    expect(report.overlaps).toEqual({ pixels: 8, pairs: [{ ids: ['a', 'b'], pixels: 8 }] });
    expect(report.conflicts.pixels).toBe(8);
    expect(report.conflicts.pairs).toEqual([
      { ids: ['a', 'c'], pixels: 4 },
      { ids: ['b', 'c'], pixels: 4 },
    ]);
    expect(report.outside).toEqual(['d']);
    expect(report.partlyOutside).toEqual(['e']);
    expect(report.empty).toEqual(['f']);
    expect(pixels.x.length).toBe(29);
  });

  it('gives the pixels that a burn of the whole scene gives, window by window, each once', () => {
    const random = createRandom(5, 'many');
    const rois = Array.from({ length: 300 }, (_, i) => {
      const star: Ring = Array.from({ length: 5 }, () => [
        random.uniform() * 1000,
        random.uniform() * 800,
      ]);
      const small = square(random.integer(90), random.integer(70), 1 + random.integer(5));
      return roi(String(i), i % 2 === 0 ? 3 : 5, polygon(i % 50 === 0 ? star : small));
    });
    for (const side of [1, 7, 16, 100]) {
      const { pixels } = collect(rois, { block: { width: side, height: side } });
      const claims = new Map<number, Set<number>>();
      const placed = placeRois(setOf(rois), grid, same);
      for (const { shape, classIndex } of placed.rois) {
        const { values } = rasterise([{ shape, value: 1 }], { x: 0, y: 0, width: 100, height: 80 });
        values.forEach((value, at) => {
          if (value === 1) claims.set(at, (claims.get(at) ?? new Set()).add(classIndex));
        });
      }
      const expected = [...claims]
        .filter(([, classes]) => classes.size === 1)
        .map(([at, classes]) => at * 2 + [...classes][0]!);
      const found = [...pixels.x].map(
        (x, i) => (pixels.y[i]! * 100 + x) * 2 + pixels.classIndex[i]!,
      );
      expect(found.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
      let next = 0;
      for (const { window, start, count } of pixels.windows) {
        expect(start).toBe(next);
        next += count;
        for (let i = start; i < next; i++) {
          expect(pixels.x[i]! >= window.x && pixels.x[i]! < window.x + window.width).toBe(true);
          expect(pixels.y[i]! >= window.y && pixels.y[i]! < window.y + window.height).toBe(true);
        }
      }
      expect(next).toBe(pixels.x.length);
    }
  });

  it('looks at the windows of 10,000 ROIs on a scene of 100,000 × 100,000 pixels only', () => {
    const random = createRandom(6, 'large');
    const rois = Array.from({ length: 10_000 }, (_, i) =>
      roi(String(i), i % 2 === 0 ? 3 : 5, {
        kind: 'polygons',
        polygons: [
          {
            outer: shift(square(0, 0, 3), random.integer(999_000), -random.integer(999_000)),
            holes: [],
          },
        ],
      }),
    );
    const large: Grid = { ...grid, width: 100_000, height: 100_000 };
    const { pixels, report } = roiPixels(placeRois(setOf(rois), large, same), {
      block: { width: 512, height: 512 },
    });
    expect(report.conflicts.pixels + report.overlaps.pixels).toBeLessThan(100);
    expect(pixels.x.length).toBeGreaterThan(70_000);
    expect(pixels.windows.length).toBeLessThan(10_500);
  });

  it('refuses ROIs over more pixels than can be held', () => {
    const whole = placeRois(setOf([roi('a', 3, polygon(square(0, 0, 80)))]), grid, same);
    expect(() => roiPixels(whole, { block, maxPixels: 1000 })).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    );
    expect(() => roiPixels(whole, { block, signal: AbortSignal.abort() })).toThrow(
      expect.objectContaining({ code: 'cancelled' }),
    );
  });
});

const shift = (ring: Ring, dx: number, dy: number): Ring => ring.map(([x, y]) => [x + dx, y + dy]);

describe('placeRois', () => {
  const inside = [roi('a', 3, polygon(square(10, 10, 4)))];
  const far = [roi('a', 3, polygon(shift(square(10, 10, 4), 1e7, 0)))];

  it('names both sides where nothing meets', () => {
    expect(() => placeRois(setOf(far), grid, same)).toThrow(
      expect.objectContaining({
        code: 'no-overlap',
        message: expect.stringMatching(/columns 1000010 to 1000014 .* 100 × 80/) as string,
      }),
    );
    const nowhere: TransformFactory = () => () => [Number.NaN, Number.NaN];
    expect(() => placeRois(setOf(inside, 'EPSG:4326'), grid, nowhere)).toThrow(
      expect.objectContaining({ code: 'no-overlap' }),
    );
  });

  it('assumes a missing CRS where that fits, with a warning, and refuses where not', () => {
    const { width, height, transform } = grid;
    const bare: Grid = { width, height, transform: transform! };
    for (const [set, where] of [
      [withoutCrs(setOf(inside)), grid],
      [setOf(inside), bare],
    ] as const) {
      const placed = placeRois(set, where, same);
      expect(placed.rois[0]!.position).toBe('inside');
      expect(placed.warnings.join()).toMatch(/was assumed/);
    }
    for (const [set, where] of [
      [withoutCrs(setOf(far)), grid],
      [setOf(far), bare],
    ] as const)
      expect(() => placeRois(set, where, same)).toThrow(
        expect.objectContaining({ code: 'no-crs' }),
      );
    expect(placeRois(withoutCrs(setOf(inside)), bare, same).warnings).toEqual([]);
  });

  it('takes columns and rows on scenes without georeference, rows up or down', () => {
    const picture: Grid = { width: 100, height: 80 };
    const box = (sign: number): Ring => [
      [10, sign * 20],
      [14, sign * 20],
      [14, sign * 24],
      [10, sign * 24],
    ];
    for (const sign of [1, -1]) {
      const placed = placeRois(
        setOf([roi('a', 3, polygon(box(sign)))], 'EPSG:4326'),
        picture,
        same,
      );
      const { pixels } = roiPixels(placed, { block });
      expect([pixels.x.length, pixels.x[0], pixels.y[0]]).toEqual([16, 10, 20]);
      expect(placed.warnings.join()).toMatch(/columns and rows/);
    }
  });

  it('places on rotated grids', () => {
    const angle = Math.PI / 6;
    const [c, s] = [Math.cos(angle) * 10, Math.sin(angle) * 10];
    const rotated: Grid = { ...grid, transform: [500, c, s, 900, s, -c] };
    const corner = (column: number, row: number) =>
      [500 + c * column + s * row, 900 + s * column - c * row] as const;
    const outer = [corner(20, 30), corner(24, 30), corner(24, 33), corner(20, 33)];
    const { pixels } = roiPixels(placeRois(setOf([roi('a', 3, polygon(outer))]), rotated, same), {
      block,
    });
    expect(pixels.x.length).toBe(12);
    expect([Math.min(...pixels.x), Math.max(...pixels.x)]).toEqual([20, 23]);
    expect([Math.min(...pixels.y), Math.max(...pixels.y)]).toEqual([30, 32]);
  });
});
