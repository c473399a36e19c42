import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { api, type Output } from '../../app/contract/api.ts';
import { createCogWriter } from '../raster/cog/writeCog.ts';
import { openScene } from '../raster/formats.ts';
import { openPair } from './alignment/openPair.ts';
import { predict } from './predict.ts';
import { pretrain } from './pretrain.ts';
import { sample } from './sample.ts';
import type { TaskContext } from './task.ts';
import { openPatchSampler } from './tiles/patchSampler.ts';
import { train } from './train.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-units-'));
const path = (name: string): string => join(folder, name);
const { signal } = new AbortController();
const quiet: TaskContext = { signal, emit: () => undefined };
const engine = 'tensorflow';
const divided = /the values are reflectance · 10,000.*divided by 10,000/;

beforeAll(async () => {
  const made = { dir: path('pair'), kind: 'pair', size: 96, seed: 3 };
  await sample(api.sample.input.parse(made), quiet);
  for (const one of [
    'numbers',
    'pair-tiles/a',
    'pair-tiles/b',
    'numbers-tiles/a',
    'numbers-tiles/b',
  ])
    mkdirSync(path(one), { recursive: true });
  for (const name of ['scene', 'scene-2']) await writeNumbers(name);
  const small = { epochs: 1, tiles: 32, batch: 16, engine };
  await pretrain(
    api.pretrain.input.parse({ scenes: path('pair/scene.tif'), out: path('start'), ...small }),
    quiet,
  );
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The same scene as reflectance · 10,000 without a word about it. */
async function writeNumbers(name: string): Promise<void> {
  const source = await openScene(path(`pair/${name}.tif`));
  const { grid, bands } = source.description;
  const window = { x: 0, y: 0, width: grid.width, height: grid.height };
  const block = await source.read({ window });
  await source.close();
  // What is stored as 0 has no data.
  const writer = await createCogWriter(path(`numbers/${name}.tif`), {
    grid,
    bands: bands.map(({ name: band }) => ({ name: band, type: 'float32' as const, nodata: -1000 })),
  });
  await writer.write({
    window,
    bands: block.bands.map((samples, i) => {
      const { scale, offset } = bands[i]!;
      return Float32Array.from(samples as Uint16Array, (value) => 1e4 * (value * scale + offset));
    }),
  });
  await writer.finish();
}

const lossesOf = (model: string): number[] =>
  (JSON.parse(readFileSync(path(`${model}/curve.json`), 'utf8')) as { loss: number }[]).map(
    ({ loss }) => loss,
  );

async function pixels(file: string): Promise<number[]> {
  const source = await openScene(path(file));
  const { width, height } = source.description.grid;
  const { bands } = await source.read({ window: { x: 0, y: 0, width, height }, bands: [0] });
  await source.close();
  return Array.from(bands[0]!, Number);
}

test('a scene in other units is learned and mapped as the same scene in the units of the model', async () => {
  const learned: Output<'train'>[] = [];
  for (const kind of ['pair', 'numbers']) {
    const input = {
      ...{ scene: [path(`${kind}/scene.tif`)], rois: path('pair/rois.geojson') },
      ...{ model: 'spectralgpt', init: path('start'), out: path(`${kind}-model`), engine },
      ...{ epochs: 2, tiles: 32, batch: 16, split: 'random' },
    };
    learned.push(await train(api.train.input.parse(input), quiet));
    await predict(
      api.predict.input.parse({
        ...{ model: path('pair-model'), scene: path(`${kind}/scene.tif`), engine },
        out: path(`${kind}-map.tif`),
      }),
      quiet,
    );
  }
  expect(learned[0]!.warnings.join(' ')).not.toMatch(/10,000/);
  expect(learned[1]!.warnings.join(' ')).toMatch(divided);
  const [plain, other] = [lossesOf('pair-model'), lossesOf('numbers-model')];
  for (const [i, loss] of plain.entries()) expect(other[i]).toBeCloseTo(loss, 3);
  const [first, second] = [await pixels('pair-map.tif'), await pixels('numbers-map.tif')];
  const apart = first.filter((value, i) => value !== second[i]).length;
  expect(apart).toBeLessThan(first.length / 1000);
}, 120_000);

test('tiles of a data set in other units are learned as those in the units of the model', async () => {
  const losses: number[][] = [];
  for (const kind of ['pair', 'numbers']) {
    const source = await openScene(path(`${kind}/scene.tif`));
    const { bands } = source.description;
    for (let i = 0; i < 12; i++) {
      const window = { x: 16 * (i % 6), y: 32 * (i % 3), width: 16, height: 16 };
      const writer = await createCogWriter(path(`${kind}-tiles/${i % 2 ? 'a' : 'b'}/${i}.tif`), {
        grid: { width: 16, height: 16 },
        bands: bands.map((band) => ({ ...band })),
      });
      const { bands: samples } = await source.read({ window });
      await writer.write({ window: { ...window, x: 0, y: 0 }, bands: samples });
      await writer.finish();
    }
    await source.close();
    const input = {
      ...{ dataset: path(`${kind}-tiles`), model: 'spectralgpt', init: path('start'), engine },
      ...{ out: path(`${kind}-tile-model`), epochs: 1, tiles: 16, batch: 8, split: 'random' },
    };
    const { warnings } = await train(api.train.input.parse(input), quiet);
    expect(divided.test(warnings.join(' '))).toBe(kind === 'numbers');
    losses.push(lossesOf(`${kind}-tile-model`));
  }
  expect(losses[1]![0]).toBeCloseTo(losses[0]![0]!, 3);
}, 120_000);

test('the second date is read in the units of the first', async () => {
  const found = [];
  for (const second of ['pair', 'numbers']) {
    const warnings: string[] = [];
    const pair = await openPair(
      { before: path('pair/scene.tif'), after: path(`${second}/scene-2.tif`) },
      { resampling: 'nearest', normalise: false, warn: (one) => warnings.push(one), signal },
    );
    found.push(pair.findings);
    expect(divided.test(warnings.join(' '))).toBe(second === 'numbers');
    await pair.close();
  }
  const gains = found.map(({ radiometry }) => radiometry!.bands.map(({ gain }) => gain));
  for (const [i, gain] of gains[0]!.entries()) expect(gains[1]![i]).toBeCloseTo(gain, 3);
});

test('pre-training reads all scenes in the units of the first, and says so once', async () => {
  const warnings: string[] = [];
  const sampler = await openPatchSampler(
    ['pair/scene.tif', 'numbers/scene.tif', 'numbers/scene-2.tif'].map(path),
    { seed: 0, side: 8, warn: (one) => warnings.push(one), signal },
  );
  for (let i = 0; i < 24; i++) {
    const { values } = await sampler.tile(i);
    expect(Math.max(...values)).toBeLessThan(2);
  }
  await sampler.close();
  expect(warnings.filter((one) => divided.test(one))).toHaveLength(1);
});
