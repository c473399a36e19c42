import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { api, type Output } from '../../app/contract/api.ts';
import type { Grid, Window } from '../../app/raster/grid.ts';
import { createCogWriter } from '../raster/cog/writeCog.ts';
import { openScene } from '../raster/formats.ts';
import { type ChangeResult, change } from './change.ts';
import { pretrain } from './pretrain.ts';
import { sample } from './sample.ts';
import type { TaskContext } from './task.ts';
import { SeamMeter } from './tiles/seamMeter.ts';
import { train } from './train.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-change-'));
const path = (name: string): string => join(folder, name);
const quiet: TaskContext = { signal: new AbortController().signal, emit: () => undefined };
const engine = 'tensorflow';
const size = 224;
const whole: Window = { x: 0, y: 0, width: size, height: size };

beforeAll(async () => {
  await sample(api.sample.input.parse({ dir: path('pair'), kind: 'pair', size, seed: 2 }), quiet);
  const small = { epochs: 1, tiles: 8, batch: 8, imageSize: 32, patch: 8, engine };
  await pretrain(
    api.pretrain.input.parse({ scenes: path('pair/scene.tif'), out: path('start'), ...small }),
    quiet,
  );
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dates = { before: path('pair/scene.tif'), after: path('pair/scene-2.tif') };

function learn(out: string, more: Record<string, unknown> = {}): Promise<Output<'train'>> {
  const input = {
    ...{ model: 'spectralgpt', task: 'change', rois: path('pair/change.tif'), init: path('start') },
    ...{ before: [dates.before], after: [dates.after], engine, out: path(out) },
  };
  return train(api.train.input.parse({ ...input, ...more }), quiet);
}

function mapped(out: string, more: Record<string, unknown> = {}): Promise<ChangeResult> {
  const input = { model: path('model'), ...dates, out: path(out), engine };
  return change(api.change.input.parse({ ...input, ...more }), quiet);
}

async function pixels(file: string): Promise<number[]> {
  const source = await openScene(path(file));
  const { width, height } = source.description.grid;
  const { bands } = await source.read({ window: { x: 0, y: 0, width, height }, bands: [0] });
  await source.close();
  return Array.from(bands[0] as Float32Array, Number);
}

test('change is learned: found on blocks that were held back', async () => {
  const { validation, samples, perClass } = await learn('model', {
    ...{ epochs: 10, tiles: 96, batch: 8, rate: 0.002, changeWeights: 'none' },
  });
  expect(perClass.map(({ name }) => name)).toEqual(['No change', 'Change']);
  expect(samples.validation / (samples.training + samples.validation)).toBeGreaterThan(0.1);
  // Calling everything change is right as often as change is there.
  const [unchanged, changed] = perClass.map(({ support }) => support) as [number, number];
  const everything = (2 * changed) / (2 * changed + unchanged);
  expect(validation.f1).toBeGreaterThan(1.6 * everything);
  expect(validation.kappa).toBeGreaterThan(0.2);
  const { precision, recall } = validation;
  expect(validation.f1).toBeCloseTo((2 * precision! * recall!) / (precision! + recall!), 9);
}, 240_000);

test('map, patches and figures tell the same', async () => {
  const result = await mapped('map.tif', {
    ...{ vector: path('map.gpkg'), beforeMap: path('pair/reference.tif') },
    ...{ afterMap: path('pair/reference.tif'), threshold: 0.4 },
  });
  const [map, probability] = [await pixels('map.tif'), await pixels('map-probability.tif')];
  for (const [i, value] of map.entries())
    expect(value).toBe(Number.isNaN(probability[i]!) ? 0 : probability[i]! >= 0.4 ? 2 : 1);
  const changed = map.filter((value) => value === 2).length;
  expect(result.changedPixels).toBe(changed);
  expect(result.changedHectares).toBeCloseTo(changed / 100, 6);
  expect(result.nodataPixels).toBe(map.filter((value) => value === 0).length);
  const database = new DatabaseSync(path('map.gpkg'), { readOnly: true });
  const rows = database.prepare('SELECT * FROM change').all() as {
    pixels: number;
    hectares: number;
    probability: number;
    from_class: string;
  }[];
  database.close();
  expect(rows).toHaveLength(result.polygons!);
  expect(rows.reduce((sum, row) => sum + row.pixels, 0)).toBe(changed);
  const mean = rows.reduce((sum, row) => sum + row.pixels * row.probability, 0) / changed;
  const sum = probability.reduce((all, one, i) => all + (map[i] === 2 ? one : 0), 0);
  expect(mean).toBeCloseTo(sum / changed, 6);
  expect(rows.every(({ hectares, pixels: n }) => Math.abs(hectares - n / 100) < 1e-6)).toBe(true);
  // One class map for both dates: nothing goes from class to class, and every pixel is somewhere.
  expect(result.transitions.every(({ from, to }) => from === to)).toBe(true);
  expect(result.disagreement).toBe(0);
  const inMatrix = result.transitions.reduce((all, row) => all + row.pixels, 0);
  expect(inMatrix).toBeLessThanOrEqual(changed);
  expect(inMatrix).toBeGreaterThan(0.5 * changed);
  expect(result.seam).toBeGreaterThan(0);
}, 120_000);

test('patches below the least area are left out, and probabilities are not computed again', async () => {
  const result = await mapped('sieved.tif', { minimumArea: 0.3, probability: path('p.tif') });
  const again = await mapped('again.tif', {
    ...{ minimumArea: 0.3, probability: path('p.tif'), resume: true, vector: path('s.gpkg') },
  });
  expect(again.tiles).toBe(0);
  expect(readFileSync(path('again.tif')).equals(readFileSync(path('sieved.tif')))).toBe(true);
  const database = new DatabaseSync(path('s.gpkg'), { readOnly: true });
  const [least] = database.prepare('SELECT min(pixels) AS least FROM change').all();
  database.close();
  expect(Number(least!['least'])).toBeGreaterThanOrEqual(30);
  expect(result.changedPixels).toBe(again.changedPixels);
}, 120_000);

test('a run that was stopped goes on to the same bytes', async () => {
  const controller = new AbortController();
  const input = { model: path('model'), ...dates, out: path('stopped.tif'), engine };
  await expect(
    change(api.change.input.parse(input), {
      signal: controller.signal,
      emit: (event) => {
        if (event.kind === 'progress' && event.stage === 'mapping' && event.done === 6)
          controller.abort();
      },
    }),
  ).rejects.toMatchObject({ code: 'cancelled' });
  await mapped('stopped.tif', { resume: true });
  await mapped('straight.tif');
  for (const kind of ['', '-probability'])
    expect(
      readFileSync(path(`stopped${kind}.tif`)).equals(readFileSync(path(`straight${kind}.tif`))),
    ).toBe(true);
}, 120_000);

/** Writes part of the later date on another grid. */
async function copyOf(name: string, grid: Grid, from: Window, bands?: readonly number[]) {
  const source = await openScene(dates.after);
  const wanted = bands ?? source.description.bands.map((_, i) => i);
  const block = await source.read({ window: from, bands: wanted });
  const all = source.description.bands;
  await source.close();
  const writer = await createCogWriter(path(name), {
    grid,
    bands: wanted.map((i) => ({ ...all[i]! })),
  });
  await writer.write({ window: { ...from, x: 0, y: 0 }, bands: [...block.bands] });
  await writer.finish();
}

test('a later date on another grid is brought onto the first; where it has no data is no map', async () => {
  const source = await openScene(dates.after);
  const { grid } = source.description;
  await source.close();
  const [west, step, , north, , down] = grid.transform!;
  const part = { x: 60, y: 40, width: 120, height: 150 };
  await copyOf(
    'part.tif',
    {
      ...grid,
      ...{ width: 120, height: 150 },
      transform: [west + 60 * step, step, 0, north + 40 * down, 0, down],
    },
    part,
  );
  const result = await mapped('part-map.tif', { after: path('part.tif') });
  expect(result.alignment.resampled).toBe('bilinear');
  expect(result.alignment.overlap).toBeCloseTo((120 * 150) / size ** 2, 6);
  const [own, other] = [
    await pixels('part-map-probability.tif'),
    await pixels('straight-probability.tif'),
  ];
  let compared = 0;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      const inside = x >= 60 && x < 180 && y >= 40 && y < 190;
      if (!inside) expect(own[i]).toBeNaN();
      // Far from the edge no tile sees the difference.
      else if (x >= 92 && x < 148 && y >= 72 && y < 158 && !Number.isNaN(other[i]!)) {
        compared++;
        expect(Math.abs(own[i]! - other[i]!)).toBeLessThan(1e-4);
      }
    }
  expect(compared).toBeGreaterThan(3000);
}, 120_000);

test('what cannot be done says why', async () => {
  await expect(mapped('no.tif', { after: dates.before })).rejects.toThrow('given for both dates');
  const source = await openScene(dates.after);
  const { grid } = source.description;
  await source.close();
  const far: Grid = { ...grid, transform: [900_000, 10, 0, 5_000_000, 0, -10] };
  await copyOf('far.tif', far, whole);
  await expect(mapped('no.tif', { after: path('far.tif') })).rejects.toMatchObject({
    code: 'no-overlap',
  });
  await copyOf('few.tif', grid, whole, [1, 2, 3, 7]);
  await expect(mapped('no.tif', { after: path('few.tif') })).rejects.toMatchObject({
    code: 'bands-mismatch',
  });
  await expect(mapped('no.tif', { model: path('start') })).rejects.toThrow('finds no change');
  await expect(mapped('no.tif', { beforeMap: path('x.tif') })).rejects.toThrow('--after-map');
  await expect(learn('no', { split: 'random' })).rejects.toThrow('--split block');
  await expect(learn('no', { after: [] })).rejects.toThrow('two dates');
  await expect(learn('no', { rois: 'a.tif,b.tif' })).rejects.toThrow('2 for 1 pairs');
}, 60_000);

test('seams: a step at every join is told from steps elsewhere', () => {
  const of = (value: (x: number, y: number) => number): number | undefined => {
    const meter = new SeamMeter(8);
    const window = { x: 0, y: 0, width: 64, height: 64 };
    meter.add(
      [Float32Array.from({ length: 4096 }, (_, i) => value(i % 64, Math.floor(i / 64)))],
      window,
    );
    return meter.ratio();
  };
  const smooth = (x: number, y: number): number => (x + 2 * y) / 200;
  expect(of(smooth)).toBeCloseTo(1, 3);
  expect(of((x, y) => smooth(x, y) + (Math.floor(x / 8) % 2) * 0.1)!).toBeGreaterThan(3);
  expect(of(() => 0.5)).toBeUndefined();
});
