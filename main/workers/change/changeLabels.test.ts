import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Grid } from '../../../app/raster/grid.ts';
import { createCogWriter } from '../../raster/cog/writeCog.ts';
import { oscdPairs } from '../datasets/oscd.ts';
import { countCells, maskUse, splitBlocks, splitPairs } from './changeCells.ts';
import { type ChangeLabelOptions, openChangeLabels } from './changeLabels.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-change-labels-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const grid: Grid = {
  width: 6,
  height: 4,
  crs: 'EPSG:32633',
  transform: [500_000, 10, 0, 5_800_000, 0, -10],
};
const { signal } = new AbortController();
let warnings: string[] = [];
const options = (more: Partial<ChangeLabelOptions> = {}): ChangeLabelOptions => ({
  changed: [],
  unlabelled: 'auto',
  warn: (message) => warnings.push(message),
  signal,
  ...more,
});

async function raster(
  name: string,
  values: readonly number[],
  more: {
    readonly nodata?: number;
    readonly names?: ReadonlyMap<number, string>;
    readonly grid?: Grid;
  } = {},
): Promise<string> {
  const on = more.grid ?? grid;
  const writer = await createCogWriter(path(name), {
    grid: on,
    bands: [
      {
        name: 'change',
        type: 'uint8',
        ...(more.nodata === undefined ? {} : { nodata: more.nodata }),
      },
    ],
    ...(more.names === undefined ? {} : { classNames: more.names }),
    overviews: 'none',
  });
  const window = { x: 0, y: 0, width: on.width, height: on.height };
  await writer.write({ window, bands: [Uint8Array.from(values)] });
  await writer.finish();
  return path(name);
}

async function read(file: string, more: Partial<ChangeLabelOptions> = {}): Promise<number[]> {
  warnings = [];
  const labels = await openChangeLabels(file, grid, options(more));
  const values = await labels.read({ x: 0, y: 0, width: 6, height: 1 });
  await labels.close();
  return [...values];
}

const rows = (...first: number[]): number[] => Array.from({ length: 24 }, (_, i) => first[i % 6]!);

describe('rasters of change', () => {
  test('0 and 1, 0 and 255, and the 1 and 2 of OSCD are known; 255 beside 0 and 1 is unknown', async () => {
    expect(await read(await raster('a.tif', rows(0, 0, 1, 1, 0, 255)))).toEqual([
      0, 0, 1, 1, 0, 255,
    ]);
    expect(await read(await raster('b.tif', rows(0, 255, 255, 0, 0, 0)))).toEqual([
      0, 1, 1, 0, 0, 0,
    ]);
    expect(await read(await raster('c.tif', rows(1, 2, 2, 1, 1, 1)))).toEqual([0, 1, 1, 0, 0, 0]);
  });

  test('names tell, and nodata has no label unless it is said to be unchanged', async () => {
    const file = await raster('named.tif', rows(0, 1, 2, 3, 1, 0), {
      nodata: 0,
      names: new Map([
        [1, 'No change'],
        [2, 'Forest felled'],
        [3, 'Newly built'],
      ]),
    });
    expect(await read(file)).toEqual([255, 0, 1, 1, 0, 255]);
    expect(await read(file, { unlabelled: 'unchanged' })).toEqual([0, 0, 1, 1, 0, 0]);
    expect(await read(file, { changed: ['newly built'] })).toEqual([255, 0, 0, 1, 0, 255]);
    await read(file, { changed: ['flooded'] });
    expect(warnings.join()).toMatch(
      'no class "flooded". It has: No change, Forest felled, Newly built',
    );
  });

  test('other values are refused by name, unless it is said what they mean', async () => {
    const file = await raster('odd.tif', rows(0, 1, 7, 0, 0, 0));
    await expect(read(file)).rejects.toMatchObject({ code: 'bad-labels' });
    await expect(read(file)).rejects.toThrow(/values 0, 1, 7.*--changed/);
    expect(await read(file, { changed: ['7'] })).toEqual([0, 0, 1, 0, 0, 0]);
  });

  test('without a place they lie on the pixels of the scene; elsewhere they are brought there', async () => {
    const bare: Grid = { width: 6, height: 4 };
    expect(await read(await raster('bare.tif', rows(0, 1, 0, 0, 0, 1), { grid: bare }))).toEqual([
      0, 1, 0, 0, 0, 1,
    ]);
    const moved: Grid = { ...grid, transform: [500_020, 10, 0, 5_800_000, 0, -10] };
    expect(await read(await raster('moved.tif', rows(1, 1, 0, 0, 0, 1), { grid: moved }))).toEqual([
      255, 255, 1, 1, 0, 0,
    ]);
    const small: Grid = { width: 5, height: 4 };
    await expect(
      read(await raster('small.tif', Array<number>(20).fill(1), { grid: small })),
    ).rejects.toMatchObject({ code: 'no-crs' });
  });
});

describe('polygons of change', () => {
  const square = (x: number, properties: Record<string, string>) => ({
    type: 'Feature',
    properties,
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [500_000 + 10 * x, 5_800_000],
          [500_020 + 10 * x, 5_800_000],
          [500_020 + 10 * x, 5_799_960],
          [500_000 + 10 * x, 5_799_960],
          [500_000 + 10 * x, 5_800_000],
        ],
      ],
    },
  });
  const polygons = (name: string, features: readonly unknown[]): string => {
    const crs = { type: 'name', properties: { name: 'EPSG:32633' } };
    writeFileSync(path(name), JSON.stringify({ type: 'FeatureCollection', crs, features }));
    return path(name);
  };

  test('where all are change, everything else is unchanged', async () => {
    const file = polygons('only.geojson', [
      square(1, { class: 'felled' }),
      square(4, { class: 'built' }),
    ]);
    expect(await read(file)).toEqual([0, 1, 1, 0, 1, 1]);
    expect(await read(file, { unlabelled: 'ignore' })).toEqual([255, 1, 1, 255, 1, 1]);
  });

  test('where some are not, the rest is unknown', async () => {
    const file = polygons('both.geojson', [
      square(1, { class: 'change' }),
      square(4, { class: 'No change' }),
    ]);
    expect(await read(file)).toEqual([255, 1, 1, 255, 0, 0]);
    expect(await read(file, { unlabelled: 'unchanged' })).toEqual([0, 1, 1, 0, 0, 0]);
  });

  test('without classes all are change, and that is said', async () => {
    expect(await read(polygons('plain.geojson', [square(0, {}), square(2, {})]))).toEqual([
      1, 1, 1, 1, 0, 0,
    ]);
    expect(warnings.join()).toMatch('every polygon is taken to be change');
  });
});

describe('division of labels', () => {
  /** A pair of 256 × 256 pixels with squares of change. */
  const labels = (squares: readonly (readonly [number, number])[]) => ({
    read: (window: { x: number; y: number; width: number; height: number }) =>
      Promise.resolve(
        Uint8Array.from({ length: window.width * window.height }, (_, i) => {
          const [x, y] = [window.x + (i % window.width), window.y + Math.floor(i / window.width)];
          return squares.some(([a, b]) => x >= a && x < a + 20 && y >= b && y < b + 20) ? 1 : 0;
        }),
      ),
  });
  const wide = { width: 256, height: 256 };
  const spread = Array.from(
    { length: 12 },
    (_, i) => [(i % 4) * 60 + 5, Math.floor(i / 4) * 80 + 10] as const,
  );

  test('cells count every labelled pixel once', async () => {
    const cells = await countCells(labels(spread), wide, 32, signal);
    expect(cells.changed.reduce((a, b) => a + b, 0)).toBe(12 * 400);
    expect(cells.unchanged.reduce((a, b) => a + b, 0)).toBe(256 * 256 - 12 * 400);
  });

  test('blocks hold back their share of change; learned labels keep away from them', async () => {
    const cells = await countCells(labels(spread), wide, 32, signal);
    const { uses } = splitBlocks([cells], { fraction: 0.25, seed: 4 });
    const held = cells.changed.reduce((sum, one, i) => sum + (uses[0]![i] === 1 ? one : 0), 0);
    expect(held / (12 * 400)).toBeGreaterThan(0.12);
    expect(held / (12 * 400)).toBeLessThan(0.38);
    const window = { x: 0, y: 0, ...wide };
    const values = async (use: number): Promise<Uint8Array> => {
      const known = await labels(spread).read(window);
      maskUse(known, window, cells, uses[0]!, use);
      return known;
    };
    const [learned, measured] = [await values(0), await values(1)];
    let near = 0;
    for (const [i, value] of measured.entries()) {
      if (value === 255) continue;
      const [x, y] = [i % 256, Math.floor(i / 256)];
      for (const [dx, dy] of [
        [0, 0],
        [-8, 0],
        [8, 0],
        [0, -8],
        [0, 8],
      ] as const) {
        if (x + dx < 0 || y + dy < 0 || x + dx > 255 || y + dy > 255) continue;
        if (learned[(y + dy) * 256 + x + dx] !== 255) near++;
      }
    }
    expect(near).toBe(0);
    expect(learned.some((value) => value !== 255)).toBe(true);
  });

  test('whole pairs are held back; change in one place only cannot be measured', async () => {
    const pairs = await Promise.all(
      [spread, spread.slice(0, 3), spread.slice(4, 8)].map((one) =>
        countCells(labels(one), wide, 32, signal),
      ),
    );
    const { uses } = splitPairs(pairs, { fraction: 0.25, seed: 1 });
    for (const use of uses) expect(new Set(use).size).toBe(1);
    expect(new Set(uses.map(([first]) => first)).size).toBe(2);
    const single = [await countCells(labels([[40, 40]]), wide, 128, signal)];
    expect(() => splitBlocks(single, { fraction: 0.25, seed: 1 })).toThrow('one place');
    const none = [await countCells(labels([]), wide, 32, signal)];
    expect(() => splitBlocks(none, { fraction: 0.25, seed: 1 })).toThrow('no changed pixel');
  });
});

test("the folders of OSCD: files on one grid first, B10 left out, the test list's cities apart", async () => {
  const base = path('oscd');
  const touch = (...parts: string[]): void => {
    mkdirSync(join(base, ...parts.slice(0, -1)), { recursive: true });
    writeFileSync(join(base, ...parts), '');
  };
  for (const city of ['paris', 'montpellier', 'rennes'])
    for (const date of [1, 2])
      for (const band of ['B02', 'B8A', 'B10', 'B01'])
        touch('Images', city, `imgs_${date}`, `T31_${band}.tif`);
  for (const date of [1, 2]) touch('Images', 'rennes', `imgs_${date}_rect`, 'B02.tif');
  touch('Train Labels', 'paris', 'cm', 'cm.png');
  touch('Train Labels', 'paris', 'cm', 'paris-cm.tif');
  touch('Train Labels', 'rennes', 'cm', 'cm.png');
  touch('Test Labels', 'montpellier', 'cm', 'montpellier-cm.tif');
  const found = await oscdPairs(base, 'train');
  expect(found.map(({ labels }) => labels)).toEqual([
    join(base, 'Train Labels', 'paris', 'cm', 'paris-cm.tif'),
    join(base, 'Train Labels', 'rennes', 'cm', 'cm.png'),
  ]);
  const images = (city: string, ...rest: string[]): string => join(base, 'Images', city, ...rest);
  expect(found[0]!.after).toBe(
    ['B01', 'B02', 'B8A'].map((band) => images('paris', 'imgs_2', `T31_${band}.tif`)).join(','),
  );
  expect(found[1]!.before).toBe(images('rennes', 'imgs_1_rect', 'B02.tif'));
  expect((await oscdPairs(base, 'test'))[0]!.labels).toMatch('montpellier-cm.tif');
  await expect(oscdPairs(folder, 'train')).rejects.toThrow('not laid out as OSCD');
});
