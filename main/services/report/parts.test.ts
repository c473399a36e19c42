import fc from 'fast-check';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { confusionOf } from '../../../app/learn/metrics.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import { ticks } from './chart.ts';
import { classPng, mapLabels } from './classPicture.ts';
import { confusionCsv } from './figures.ts';
import { metresPerPixel, northAngle, scaleBar } from './scaleBar.ts';

const classes: ClassScheme = [
  { value: 1, name: 'Water', color: [10, 40, 200] },
  { value: 2, name: '=HYPERLINK("x"), "quoted"', color: [10, 90, 30] },
];
const confusion = confusionOf([
  [9, 1],
  [2, 8],
]);

describe('figures for other programs', () => {
  it('writes CSV with named axes that no spreadsheet runs', () => {
    expect(confusionCsv(confusion, classes).split('\r\n')).toEqual([
      `"rows: reference, columns: map",Water,"'=HYPERLINK(""x""), ""quoted""",no class on the map`,
      'Water,9,1,0',
      `"'=HYPERLINK(""x""), ""quoted""",2,8,0`,
      '',
    ]);
  });
});

describe('scaleBar', () => {
  const grid = (
    crs: string,
    transform: readonly [number, number, number, number, number, number],
    width = 400,
  ) => ({ width, height: 300, crs, transform });

  it('is round, fits and is right on the ground', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 50_000 }),
        fc.double({ min: 0.02, max: 5000, noNaN: true }),
        (width, pixel) => {
          const bar = scaleBar(grid('EPSG:32633', [0, pixel, 0, 0, 0, -pixel], width))!;
          expect(bar.pixels).toBeLessThanOrEqual(0.3 * width + 1e-6);
          expect(bar.pixels).toBeGreaterThan((0.3 * width) / 2.6);
          const [, digits, unit] = /^([\d.]+) (km|m|cm)$/.exec(bar.label)!;
          const metres = Number(digits) * { km: 1000, m: 1, cm: 0.01 }[unit as 'km' | 'm' | 'cm'];
          expect(metres / (bar.pixels * pixel)).toBeCloseTo(1, 6);
          expect(String(Number(metres.toPrecision(6))).replace(/[0.]|e.*/g, '')).toMatch(/^[125]$/);
        },
      ),
    );
  });

  it('knows degrees, feet and rotated grids, and says nothing where it does not know', () => {
    // One degree of longitude at 60° north is half as long as at the equator.
    expect(metresPerPixel(grid('EPSG:4326', [10, 0.001, 0, 60.15, 0, -0.001]))).toBeCloseTo(
      55.66,
      1,
    );
    const feet =
      'PROJCS["NAD83 / x (ftUS)",GEOGCS["NAD83",UNIT["degree",0.0174532925199433]],UNIT["US survey foot",0.3048006096012192]]';
    expect(metresPerPixel(grid(feet, [0, 2, 0, 0, 0, -2]))).toBeCloseTo(0.6096, 4);
    expect(
      metresPerPixel(
        grid('GEOGCS["WGS 84",UNIT["degree",0.0174532925199433]]', [0, 1, 0, 150, 0, -1]),
      ),
    ).toBeCloseTo(111_320, 0);
    const [c, s] = [Math.cos(0.3) * 10, Math.sin(0.3) * 10];
    expect(metresPerPixel(grid('EPSG:32633', [0, c, s, 0, s, -c]))).toBeCloseTo(10, 9);
    expect(scaleBar(grid('EPSG:999999', [0, 1, 0, 0, 0, -1]))).toBeUndefined();
    expect(scaleBar({ width: 10, height: 10 })).toBeUndefined();
  });

  it('points north', () => {
    expect(northAngle(grid('EPSG:32633', [0, 10, 0, 0, 0, -10]))).toBe(0);
    expect(northAngle(grid('EPSG:32633', [0, 10, 0, 0, 0, 10]))).toBeCloseTo(180, 9); // rows grow to the north
    expect(northAngle(grid('EPSG:32633', [0, 0, 10, 0, 10, 0]))).toBeCloseTo(90, 9); // columns grow to the north
    expect(northAngle({ width: 1, height: 1 })).toBeUndefined();
  });
});

describe('classPng', () => {
  it('is a PNG with the colours of the classes', () => {
    const values = Uint8Array.of(0, 1, 2, 1, 2, 9);
    const png = decode(classPng({ values, width: 3, height: 2 }, classes));
    expect(png).toMatchObject({ width: 3, height: 2, depth: 8, channels: 1 });
    expect([...png.data]).toEqual([...values]);
    expect(png.palette![1]).toEqual([10, 40, 200, 255]);
    expect(png.palette![2]).toEqual([10, 90, 30, 255]);
    expect(png.palette![0]![3]).toBe(0);
    expect(png.palette![9]![3]).toBe(0);
  });

  it('writes numbers well inside the largest areas', () => {
    const [width, height] = [60, 40];
    const values = new Uint8Array(width * height).fill(1);
    for (let y = 10; y < 31; y++) for (let x = 20; x < 41; x++) values[y * width + x] = 2;
    for (let x = 0; x < width; x++) values[5 * width + x] = 3; // a line has no room
    const labels = mapLabels({ values, width, height }, 1, 5);
    expect(labels.find(({ value }) => value === 2)).toEqual({ value: 2, x: 30.5, y: 20.5 });
    expect(labels.some(({ value }) => value === 3)).toBe(false);
    for (const { value, x, y } of labels) {
      for (let dy = -3; dy <= 3; dy++) {
        for (let dx = -3; dx <= 3; dx++) {
          expect(values[Math.floor(y + dy) * width + Math.floor(x + dx)]).toBe(value);
        }
      }
    }
    expect(
      mapLabels({ values, width, height }, 3, 5).filter(({ value }) => value === 1).length,
    ).toBeGreaterThan(1);
  });
});

describe('ticks', () => {
  it('are round and span the range', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e5, max: 1e5, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
        (from, span) => {
          const found = ticks([from, from + span], 5);
          expect(found[0]).toBeLessThanOrEqual(from + span * 1e-6);
          expect(found.at(-1)).toBeGreaterThanOrEqual(from + span * (1 - 1e-6));
          expect(found.length).toBeLessThan(9);
        },
      ),
    );
    expect(ticks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  });
});
