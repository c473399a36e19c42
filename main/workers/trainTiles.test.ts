import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { api, type Output } from '../../app/contract/api.ts';
import { blendWeights, tileCorners } from '../../app/learn/tileBlend.ts';
import { scaleTile } from '../../app/learn/tileScaling.ts';
import { tileLogits } from '../../app/model/tileNetwork.ts';
import { openEngine } from '../engines/table.ts';
import { loadTileModel } from '../engines/tileModelFolder.ts';
import { openScene } from '../raster/formats.ts';
import { predict } from './predict.ts';
import { pretrain } from './pretrain.ts';
import { sample } from './sample.ts';
import type { TaskContext } from './task.ts';
import { readTile } from './tiles/readTile.ts';
import { train } from './train.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-tiles-'));
const path = (name: string): string => join(folder, name);
const quiet: TaskContext = { signal: new AbortController().signal, emit: () => undefined };

beforeAll(async () => {
  await sample(
    api.sample.input.parse({ dir: path('scene'), kind: 'sentinel2', size: 160, seed: 3 }),
    quiet,
  );
  const small = { epochs: 1, tiles: 16, batch: 8, imageSize: 32, patch: 8, engine: 'tensorflow' };
  await pretrain(
    api.pretrain.input.parse({ scenes: path('scene/scene.tif'), out: path('start'), ...small }),
    quiet,
  );
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trains from the small pre-trained model; stops after an epoch where asked. */
function run(
  out: string,
  options: { resume?: boolean; stopAfter?: number } = {},
): Promise<Output<'train'>> {
  const controller = new AbortController();
  const input = api.train.input.parse({
    scene: [path('scene/scene.tif')],
    rois: path('scene/rois.geojson'),
    model: 'spectralgpt',
    init: path('start'),
    epochs: 2,
    split: 'random',
    out,
    resume: options.resume ?? false,
    engine: 'tensorflow',
  });
  return train(input, {
    signal: controller.signal,
    emit: (event) => {
      if (event.kind === 'epoch' && event.epoch === options.stopAfter) controller.abort();
    },
  });
}

test('learns from ROIs on pre-trained weights; a run that was stopped goes on to the same bytes', async () => {
  const whole = await run(path('whole'));
  expect(whole.warnings.join(' ')).toMatch(/\d+ tensors taken over/);
  const curve = JSON.parse(readFileSync(path('whole/curve.json'), 'utf8')) as { loss: number }[];
  expect(curve.at(-1)!.loss).toBeLessThan(curve[0]!.loss);
  const { card } = await loadTileModel(path('whole'));
  expect(card).toMatchObject({
    family: 'spectralgpt',
    config: { task: 'segmentation', imageSize: 32 },
  });
  expect(card.scaling).toEqual((await loadTileModel(path('start'))).card.scaling);
  expect(card.classes).toHaveLength(whole.perClass.length);

  await expect(run(path('stopped'), { stopAfter: 1 })).rejects.toMatchObject({ code: 'cancelled' });
  await run(path('stopped'), { resume: true });
  expect(
    readFileSync(path('stopped/weights.safetensors')).equals(
      readFileSync(path('whole/weights.safetensors')),
    ),
  ).toBe(true);
}, 240_000);

test('of epochs that are equally good the first is kept, or the last where asked; tiles may have another size', async () => {
  for (const [keep, epoch] of [
    ['best', 1],
    ['last', 2],
  ] as const) {
    const { bestEpoch } = await train(
      api.train.input.parse({
        ...{ scene: [path('scene/scene.tif')], rois: path('scene/rois.geojson'), keep },
        ...{ model: 'spectralgpt', init: path('start'), out: path(keep), engine: 'tensorflow' },
        // Steps too small to change what is seen.
        ...{ epochs: 2, tiles: 8, batch: 8, rate: 1e-12, split: 'random', imageSize: 16 },
      }),
      quiet,
    );
    expect(bestEpoch).toBe(epoch);
    expect((await loadTileModel(path(keep))).config.imageSize).toBe(16);
  }
}, 120_000);

test('scores of the map are those of all tiles together, weighed', async () => {
  const area = { x: 37, y: 51, width: 45, height: 70 };
  const mapped = await predict(
    api.predict.input.parse({
      model: path('whole'),
      scene: path('scene/scene.tif'),
      out: path('map.tif'),
      probabilities: path('scores.tif'),
      window: [area.x, area.y, area.width, area.height],
      engine: 'tensorflow',
    }),
    quiet,
  );
  expect(mapped.nodataPixels + mapped.areas.reduce((sum, { pixels }) => sum + pixels, 0)).toBe(
    area.width * area.height,
  );
  const expected = await bruteForce(area);
  const scores = await openScene(path('scores.tif'));
  const { bands } = await scores.read({
    window: { x: 0, y: 0, width: area.width, height: area.height },
  });
  await scores.close();
  const classes = bands.length;
  let compared = 0;
  for (let i = 0; i < area.width * area.height; i++) {
    if (Number.isNaN(Number(bands[0]![i]))) continue;
    compared += 1;
    for (let k = 0; k < classes; k++)
      expect(Math.abs(Number(bands[k]![i]) - expected[i * classes + k]!)).toBeLessThan(1e-5);
  }
  expect(compared).toBeGreaterThan(1000);
}, 120_000);

/** Every tile by itself, summed over the whole area; (pixels, classes) that add up to 1. */
async function bruteForce(area: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}): Promise<Float64Array> {
  const { config, weights, card } = await loadTileModel(path('whole'));
  const { imageSize: side, classes } = config;
  const engine = await openEngine({ engine: 'tensorflow' });
  const source = await openScene(path('scene/scene.tif'));
  const sums = new Float64Array(area.width * area.height * classes);
  const blend = blendWeights(side);
  const bands = Array.from({ length: config.bands }, (_, band) => band);
  for (const y of tileCorners(area.y, area.height, side))
    for (const x of tileCorners(area.x, area.width, side)) {
      const { values, valid } = await readTile(source, bands, { x, y, side });
      scaleTile(values, valid, card.scaling);
      const [scores] = engine.run(weights, (ops, parameters) => [
        ops.softmax(
          tileLogits(
            { ops, weights: parameters, config },
            ops.constant(values, [1, config.bands, side, side]),
          ),
        ),
      ]);
      addTile(sums, { area, x, y, side, classes, valid, blend, scores: scores!.values });
    }
  engine.dispose();
  await source.close();
  return sums.map((sum, i) => {
    const from = i - (i % classes);
    return sum / sums.subarray(from, from + classes).reduce((total, one) => total + one, 0);
  });
}

function addTile(
  sums: Float64Array,
  tile: {
    readonly area: {
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    };
    readonly x: number;
    readonly y: number;
    readonly side: number;
    readonly classes: number;
    readonly valid: Uint8Array;
    readonly blend: Float32Array;
    readonly scores: Float32Array;
  },
): void {
  const { area, side, classes } = tile;
  for (let i = 0; i < side * side; i++) {
    const column = tile.x + (i % side) - area.x;
    const row = tile.y + Math.floor(i / side) - area.y;
    const outside = column < 0 || row < 0 || column >= area.width || row >= area.height;
    if (outside || tile.valid[i] === 0) continue;
    for (let k = 0; k < classes; k++)
      sums[(row * area.width + column) * classes + k]! +=
        tile.blend[i]! * tile.scores[i * classes + k]!;
  }
}

test('what cannot be trained or mapped says why', async () => {
  const asked = {
    scene: [path('scene/scene.tif')],
    rois: path('scene/rois.geojson'),
    model: 'spectralgpt',
    out: path('no'),
  };
  await expect(train(api.train.input.parse({ ...asked, task: 'pixel' }), quiet)).rejects.toThrow(
    'sees tiles',
  );
  await expect(train(api.train.input.parse({ ...asked, preset: 'paper' }), quiet)).rejects.toThrow(
    'no preset "paper"',
  );
  await expect(
    train(api.train.input.parse({ ...asked, model: 'spectralmamba', task: 'segmentation' }), quiet),
  ).rejects.toThrow('classifies pixels');
  await expect(
    predict(
      api.predict.input.parse({ model: path('start'), scene: asked.scene[0], out: path('no.tif') }),
      quiet,
    ),
  ).rejects.toThrow('makes no map of classes');
});

test.each([
  ['vit', 'all'],
  ['satmae', 'lora:2'],
])('%s learns by %s and maps, like SpectralGPT', async (model, tune) => {
  const out = path(model);
  const result = await train(
    api.train.input.parse({
      scene: [path('scene/scene.tif')],
      rois: path('scene/rois.geojson'),
      model,
      tune,
      epochs: 1,
      tiles: 8,
      split: 'random',
      out,
    }),
    quiet,
  );
  expect(result.validation.oa).toBeGreaterThan(0);
  const { card, config } = await loadTileModel(out);
  expect(card).toMatchObject({ family: model, bands: { length: model === 'satmae' ? 10 : 12 } });
  expect('groups' in config).toBe(model === 'satmae');
  const map = path(`${model}.tif`);
  await predict(
    api.predict.input.parse({
      model: out,
      scene: path('scene/scene.tif'),
      out: map,
      window: [0, 0, 64, 64],
    }),
    quiet,
  );
  const again = api.train.input.parse({
    scene: [path('scene/scene.tif')],
    rois: path('scene/rois.geojson'),
    model: 'spectralgpt',
    init: out,
    out: path('other'),
  });
  await expect(train(again, quiet)).rejects.toMatchObject({ code: 'bad-weights' });
});
