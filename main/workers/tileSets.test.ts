import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { api, type Input, type Output } from '../../app/contract/api.ts';
import { resizePlane } from '../../app/learn/tileResize.ts';
import { prismapSpectralGpt } from '../../app/model/spectralGpt/configuration.ts';
import { tileLogits } from '../../app/model/tileNetwork.ts';
import { openEngine } from '../engines/table.ts';
import { loadTileModel } from '../engines/tileModelFolder.ts';
import { openScene } from '../raster/formats.ts';
import { because, noSharedData, sharedData } from '../raster/scenes/testing/referee.ts';
import { writeTile } from './datasets/testing/writeTile.ts';
import { predict } from './predict.ts';
import type { TaskContext } from './task.ts';
import type { TaskSetting } from './tiles/taskSetting.ts';
import { train } from './train.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-tile-sets-'));
const path = (...parts: string[]): string => join(folder, ...parts);
const quiet: TaskContext = { signal: new AbortController().signal, emit: () => undefined };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bands = ['B02', 'B03', 'B04', 'B08'];
/** Stored values of three covers in the four bands. */
const covers = {
  field: [900, 1100, 1300, 2400],
  water: [500, 400, 300, 150],
  wood: [250, 450, 300, 3000],
} as const;
type Cover = keyof typeof covers;
const names = Object.keys(covers) as Cover[];

const noise = (band: number, x: number, y: number, salt: number): number =>
  ((Math.imul(x + 31 * salt, 73_856_093) ^ Math.imul(y + 7 * band, 19_349_663)) >>> 8) % 160;
const coverTile = (cover: Cover, salt: number): Parameters<typeof writeTile>[1] => ({
  width: 12,
  bands,
  value: (band, x, y) => covers[cover][band]! + noise(band, x, y, salt),
});

/** The scene: blocks of 12 pixels with a cover each; four pixels hang over at the right, five below. */
const size = { width: 12 * 5 + 4, height: 12 * 3 + 5 };
const coverAt = (x: number, y: number): Cover =>
  names[(Math.floor(x / 12) + 2 * Math.floor(y / 12)) % 3]!;

function run(
  dataset: string,
  out: string,
  more: Partial<Input<'train'>> = {},
): Promise<Output<'train'>> {
  const input = api.train.input.parse({
    dataset: path(dataset),
    model: 'spectralgpt',
    out: path(out),
    epochs: 3,
    tiles: 48,
    split: 'random',
    // The one that `judge` knows.
    scaling: 'two-sigma',
    engine: 'tensorflow',
    ...more,
  });
  return train(input, quiet);
}

beforeAll(async () => {
  const rows = ['file,labels'];
  for (const [c, cover] of names.entries())
    for (let i = 0; i < 10; i++) {
      await writeTile(path('scenes', cover, `${cover}${i}.tif`), coverTile(cover, 100 * c + i));
      // Two covers in a tile, above and below.
      const below = names[(c + i) % 3]!;
      await writeTile(path('several', `t${c}${i}.tif`), {
        ...coverTile(cover, i),
        value: (band, x, y) => covers[y < 6 ? cover : below][band]! + noise(band, x, y, i),
      });
      rows.push(`t${c}${i}.tif,${[...new Set([cover, below])].join('; ')}`);
    }
  writeFileSync(path('several', 'labels.csv'), rows.join('\n'));
  for (let i = 0; i < 8; i++) {
    const at = (x: number): Cover => names[(i + (x < 20 + i ? 0 : 1)) % 3]!;
    await writeTile(path('masks', 'images', `${i}.tif`), {
      ...coverTile('field', i),
      width: 70,
      height: 40,
      value: (band, x, y) => covers[at(x)][band]! + noise(band, x, y, i),
    });
    await writeTile(path('masks', 'labels', `${i}.tif`), {
      width: 70,
      height: 40,
      bands: ['label'],
      type: 'uint8',
      value: (_, x, y) => (y < 2 ? 0 : names.indexOf(at(x)) + 1),
    });
  }
  await writeTile(path('scene.tif'), {
    ...size,
    bands,
    value: (band, x, y) => covers[coverAt(x, y)][band]! + noise(band, x, y, 5),
    transform: [500_000, 10, 0, 5_800_000, 0, -10],
  });
}, 120_000);

/** Scores of a tile of the scene by itself: read, resized, scaled by the card, through the network. */
async function judge(
  model: string,
  corners: readonly (readonly [x: number, y: number])[],
): Promise<Float32Array[]> {
  const { config, card, weights } = await loadTileModel(path(model));
  const side = config.imageSize;
  const { scaling } = card;
  if (scaling.kind !== 'two-sigma') throw new Error('the test knows one scaling');
  const source = await openScene(path('scene.tif'));
  const engine = await openEngine({ engine: 'tensorflow' });
  const all: Float32Array[] = [];
  for (const [x, y] of corners) {
    const block = await source.read({ window: { x, y, width: 12, height: 12 } });
    const values = block.bands.flatMap((samples, band) => {
      const plane = { width: 12, height: 12, values: Float32Array.from(samples as Uint16Array) };
      const [mean, std] = [scaling.mean[band]!, scaling.std[band]!];
      return [...resizePlane(plane, side).values].map((value) =>
        Math.min(1, Math.max(0, (value - mean + 2 * std) / (4 * std))),
      );
    });
    const [logits] = engine.run(weights, (ops, parameters) => [
      tileLogits({ ops, weights: parameters, config }, ops.constant(values, [1, 4, side, side])),
    ]);
    all.push(logits!.values);
  }
  engine.dispose();
  await source.close();
  return all;
}

const softmax = (logits: Float32Array): number[] => {
  const powers = [...logits].map((one) => Math.exp(one - Math.max(...logits)));
  const sum = powers.reduce((total, one) => total + one, 0);
  return powers.map((one) => one / sum);
};

/** Corner of the tile of each cell: the last ones move back into the scene. */
const corners = Array.from({ length: 4 }, (_, row) =>
  Array.from(
    { length: 6 },
    (__, column) =>
      [Math.min(column * 12, size.width - 12), Math.min(row * 12, size.height - 12)] as const,
  ),
).flat();

async function readAll(file: string): Promise<{
  readonly bands: readonly (readonly number[])[];
  readonly width: number;
  readonly transform: readonly number[] | undefined;
  readonly names: ReadonlyMap<number, string> | undefined;
}> {
  const source = await openScene(path(file));
  const { grid, classNames } = source.description;
  const block = await source.read({
    window: { x: 0, y: 0, width: grid.width, height: grid.height },
  });
  await source.close();
  return {
    bands: block.bands.map((samples) => Array.from(samples as Float32Array, Number)),
    width: grid.width,
    transform: grid.transform,
    names: classNames,
  };
}

test('scenes: learned from class folders, mapped tile by tile as each tile by itself', async () => {
  const trained = await run('scenes', 'scene-model', {
    augment: ['flips', 'mixup', 'cutmix', 'erasing'],
    epochs: 8,
  });
  expect(trained.validation.oa).toBeGreaterThan(0.8);
  expect(trained.samples).toEqual({ training: 21, validation: 9 });
  const { card } = await loadTileModel(path('scene-model'));
  expect(card).toMatchObject({ tileSide: 12, config: { task: 'scene', classes: 3 } });

  const mapped = await predict(
    api.predict.input.parse({
      model: path('scene-model'),
      scene: path('scene.tif'),
      out: path('map.tif'),
      score: path('score.tif'),
      vector: path('map.gpkg'),
      engine: 'tensorflow',
    }),
    quiet,
  );
  expect(mapped).toMatchObject({ tiles: 24, nodataPixels: 0 });
  const expected = (await judge('scene-model', corners)).map(softmax);
  const map = await readAll('map.tif');
  const score = await readAll('score.tif');
  expect(map.transform).toEqual([500_000, 120, 0, 5_800_000, 0, -120]);
  expect([...map.names!.values()]).toEqual(names);
  for (const [i, scores] of expected.entries()) {
    expect(map.bands[0]![i]).toBe(scores.indexOf(Math.max(...scores)) + 1);
    expect(Math.abs(score.bands[0]![i]! - Math.max(...scores))).toBeLessThan(1e-5);
  }
  // Whole cells in the middle of one cover are that cover.
  const right = map.bands[0]!.filter((value, i) => {
    const [x, y] = corners[i]!;
    return x % 12 === 0 && y % 12 === 0 && names[value - 1] === coverAt(x, y);
  });
  expect(right.length).toBeGreaterThan(12);
  // Cells at the edge end with the scene: 64 × 41 pixels of 0.01 ha.
  const hectares = mapped.areas.reduce((sum, area) => sum + area.hectares!, 0);
  expect(hectares / (size.width * size.height * 0.01)).toBeCloseTo(1, 2);
  const database = new DatabaseSync(path('map.gpkg'), { readOnly: true });
  const rows = database.prepare('SELECT class, score, pixels FROM tiles ORDER BY fid').all();
  expect(rows.map((row) => row['class'])).toEqual(map.bands[0]!.map((value) => names[value - 1]!));
  expect(rows.map((row) => row['pixels']).slice(4, 7)).toEqual([144, 48, 144]);
  for (const [i, row] of rows.entries())
    expect(Number(row['score'])).toBeCloseTo(Math.max(...expected[i]!), 5);
  database.close();
}, 180_000);

test('with a stride, each cell is judged by the tile around it', async () => {
  await predict(
    api.predict.input.parse({
      model: path('scene-model'),
      scene: path('scene.tif'),
      out: path('fine.tif'),
      stride: 4,
      window: [8, 4, 30, 20],
      engine: 'tensorflow',
    }),
    quiet,
  );
  const fine = await readAll('fine.tif');
  expect(fine.width).toBe(8);
  expect(fine.transform).toEqual([500_080, 40, 0, 5_799_960, 0, -40]);
  const around = Array.from({ length: 8 * 5 }, (_, i) => {
    const [x, y] = [8 + 4 * (i % 8) - 4, 4 + 4 * Math.floor(i / 8) - 4];
    return [Math.min(x, size.width - 12), Math.min(y, size.height - 12)] as const;
  });
  const expected = (await judge('scene-model', around)).map(softmax);
  expect(fine.bands[0]).toEqual(expected.map((scores) => scores.indexOf(Math.max(...scores)) + 1));
  await expect(
    predict(
      api.predict.input.parse({
        model: path('scene-model'),
        scene: path('scene.tif'),
        out: path('no.tif'),
        stride: 13,
        engine: 'tensorflow',
      }),
      quiet,
    ),
  ).rejects.toMatchObject({ code: 'usage' });
}, 120_000);

test('several labels: a band of scores a class, a field a class, and mean average precision', async () => {
  const trained = await run('several', 'several-model', { epochs: 6 });
  expect(trained.validation.mapMacro).toBeGreaterThan(0.7);
  expect(trained.validation.mapMicro).toBeGreaterThan(0.7);
  expect(trained.perClass[0]!.averagePrecision).toBeGreaterThan(0);
  const mapped = await predict(
    api.predict.input.parse({
      model: path('several-model'),
      scene: path('scene.tif'),
      out: path('labels.tif'),
      vector: path('labels.gpkg'),
      engine: 'tensorflow',
    }),
    quiet,
  );
  const expected = (await judge('several-model', corners)).map((logits) =>
    [...logits].map((one) => 1 / (1 + Math.exp(-one))),
  );
  const { bands: scores } = await readAll('labels.tif');
  expect(scores).toHaveLength(3);
  const database = new DatabaseSync(path('labels.gpkg'), { readOnly: true });
  const rows = database.prepare('SELECT * FROM tiles ORDER BY fid').all();
  for (const [i, row] of expected.entries()) {
    for (const [k, value] of row.entries()) {
      expect(Math.abs(scores[k]![i]! - value)).toBeLessThan(1e-5);
      expect(Number(rows[i]![names[k]!])).toBeCloseTo(value, 5);
    }
    expect(rows[i]!['labels']).toBe(names.filter((_, k) => row[k]! >= 0.5).join('; '));
  }
  database.close();
  for (const [k, area] of mapped.areas.entries())
    expect(area.pixels).toBe(expected.filter((row) => row[k]! >= 0.5).length);
}, 180_000);

test('segmentation: tiles larger than the network are cut, labels turn with them', async () => {
  const trained = await run('masks', 'mask-model', { epochs: 3, tiles: 16 });
  expect(trained.validation.miou).toBeGreaterThan(0.6);
  // Two of eight tiles are held back; their first two rows have no label.
  expect(trained.samples.validation).toBe(2 * 70 * 38);
  const mapped = await predict(
    api.predict.input.parse({
      model: path('mask-model'),
      scene: path('scene.tif'),
      out: path('cover.tif'),
      engine: 'tensorflow',
    }),
    quiet,
  );
  expect(mapped.nodataPixels).toBe(0);
}, 180_000);

test('what a data set cannot be learned as says why', async () => {
  await expect(run('several', 'no', { augment: ['mixup'] })).rejects.toThrow(
    'makes the labels of multilabel untrue',
  );
  await expect(run('masks', 'no', { augment: ['cutmix'] })).rejects.toMatchObject({
    code: 'usage',
  });
  await expect(run('scenes', 'no', { task: 'multilabel' })).rejects.toThrow('labelled for scene');
  await expect(run('nowhere', 'no')).rejects.toMatchObject({ code: 'not-found' });
  await expect(
    train(api.train.input.parse({ model: 'spectralgpt', task: 'scene', out: path('no') }), quiet),
  ).rejects.toThrow('--dataset');
});

test('the batch of a step is the same whatever parts it is made of', async () => {
  const { openTask } = await import('./tiles/openTask.ts');
  const { planOf } = await import('./tiles/tilePlan.ts');
  const input = api.train.input.parse({
    dataset: path('scenes'),
    model: 'spectralgpt',
    task: 'scene',
    out: path('no'),
    batch: 8,
    augment: ['crop', 'flips', 'erasing', 'mixup', 'cutmix'],
  });
  const whole = planOf(input, undefined, 'scene');
  const task = await openTask('scene', {
    ...{ input, start: undefined, family: 'spectralgpt', imageSize: 64 },
    ...{ warn: () => undefined, context: quiet },
  } as unknown as TaskSetting);
  const network = { classes: 3, bands: 4, spectralPatch: 2, imageSize: 64 };
  const config = prismapSpectralGpt({ task: 'scene', ...network });
  const one = await task.batch({ config, plan: { ...whole, part: 8 }, epoch: 2, part: 1 });
  const halves = [2, 3].map((part) =>
    task.batch({ config, plan: { ...whole, part: 4 }, epoch: 2, part }),
  );
  for (const name of ['image', 'target']) {
    const joined = (await Promise.all(halves)).flatMap(({ inputs }) => [
      ...inputs.get(name)!.values,
    ]);
    expect(joined).toEqual([...one.inputs.get(name)!.values]);
  }
  await task.close();
});

describe.skipIf(noSharedData)(`real tiles${because(noSharedData)}`, () => {
  test('of Tokyo: six terrains are told apart far better than by the commonest', async () => {
    const real = join(sharedData, 'patches/otbtf_tokyo');
    const labels = await openScene(join(real, 'Sentinel-2_B4328_10m_labels_A.tif'));
    const { bands: rows } = await labels.read({ window: { x: 0, y: 0, width: 1, height: 3000 } });
    // Four components in a JPEG 2000, one tile below the other: rasterio reads them, (band, row, column).
    const pixels = execFileSync(
      join(import.meta.dirname, '../../.cache/referee/bin/python'),
      [
        '-c',
        'import rasterio, sys; sys.stdout.buffer.write(rasterio.open(sys.argv[1]).read().tobytes())',
        join(real, 'Sentinel-2_B4328_10m_patches_A.jp2'),
      ],
      { maxBuffer: 2 ** 24 },
    );
    const taken = new Map<number, number>();
    for (let i = 0; i < 3000; i++) {
      const label = Number(rows[0]![i]);
      taken.set(label, (taken.get(label) ?? 0) + 1);
      if (taken.get(label)! > 100) continue;
      await writeTile(path('tokyo', `${label}`, `${i}.tif`), {
        width: 16,
        bands: ['B04', 'B03', 'B02', 'B08'],
        type: 'uint8',
        value: (band, x, y) => pixels[(band * 48_000 + 16 * i + y) * 16 + x]!,
      });
    }
    await labels.close();
    const result = await run('tokyo', 'tokyo-model', { epochs: 2, tiles: 448 });
    const supports = result.perClass.map(({ support }) => support);
    const commonest = Math.max(...supports) / supports.reduce((sum, one) => sum + one, 0);
    expect(commonest).toBeCloseTo(1 / 6, 2);
    expect(result.validation.oa).toBeGreaterThan(commonest + 0.2);
    expect(readFileSync(path('tokyo-model/model.json'), 'utf8')).toContain('"tileSide": 16');
  }, 240_000);
});
