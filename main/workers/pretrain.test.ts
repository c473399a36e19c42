import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { api } from '../../app/contract/api.ts';
import { loadTileModel } from '../engines/tileModelFolder.ts';
import { type Pretrained, pretrain } from './pretrain.ts';
import { sample } from './sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-pretrain-'));
const path = (name: string): string => join(folder, name);
beforeAll(() =>
  sample(api.sample.input.parse({ dir: path('scenes'), kind: 'sentinel2', size: 96 }), {
    signal: new AbortController().signal,
    emit: () => undefined,
  }),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const asked = {
  scenes: path('scenes/scene.tif'),
  imageSize: 32,
  patch: 8,
  epochs: 3,
  tiles: 16,
  batch: 8,
  seed: 5,
  engine: 'tensorflow',
};

function run(
  out: string,
  options: {
    resume?: boolean;
    stopAfter?: number;
    recipe?: string;
    init?: string;
    scenes?: string;
    scaling?: 'standard' | 'whitened';
    setting?: 'official';
  } = {},
): Promise<Pretrained> {
  const controller = new AbortController();
  const { stopAfter, resume = false, ...rest } = options;
  const input = api.pretrain.input.parse({ ...asked, ...rest, out, resume });
  return pretrain(input, {
    signal: controller.signal,
    emit: (event) => {
      if (event.kind === 'epoch' && event.epoch === stopAfter) controller.abort();
    },
  });
}

test('learns to reconstruct; a run that was stopped goes on to the same bytes', async () => {
  const whole = await run(path('whole'));
  expect(whole.epochs).toBe(3);
  const curve = JSON.parse(readFileSync(path('whole/curve.json'), 'utf8')) as { loss: number }[];
  expect(curve.at(-1)!.loss).toBeLessThan(curve[0]!.loss);
  const { card, weights, config } = await loadTileModel(path('whole'));
  expect(card.bands.map(({ name }) => name)).toEqual([
    'B01',
    'B02',
    'B03',
    'B04',
    'B05',
    'B06',
    'B07',
    'B08',
    'B8A',
    'B09',
    'B11',
    'B12',
  ]);
  expect(config).toMatchObject({ task: 'pretrain', imageSize: 32, bands: 12, maskRatio: 0.9 });
  expect(weights.get('mask_token')!.shape).toEqual([1, 1, 64]);

  await expect(run(path('stopped'), { stopAfter: 1 })).rejects.toMatchObject({ code: 'cancelled' });
  await run(path('stopped'), { resume: true });
  expect(
    readFileSync(path('stopped/weights.safetensors')).equals(
      readFileSync(path('whole/weights.safetensors')),
    ),
  ).toBe(true);
});

test('scenes that are too small, and folders without scenes, are named', async () => {
  const input = api.pretrain.input.parse({ ...asked, imageSize: 128, out: path('no') });
  const context = { signal: new AbortController().signal, emit: (): void => undefined };
  await expect(pretrain(input, context)).rejects.toMatchObject({ code: 'no-samples' });
  await expect(pretrain({ ...input, scenes: path('nowhere') }, context)).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('stages go on from each other; a stop in the second, and a resumed run, end with the same bytes', async () => {
  const recipe = path('recipe.json');
  writeFileSync(
    recipe,
    JSON.stringify({
      stages: [
        { imageSize: 16, epochs: 1 },
        { resolution: 20, epochs: 2 },
      ],
    }),
  );
  // The folder of the sample holds its reference too, which is no scene.
  const whole = await run(path('staged'), { recipe, scenes: path('scenes') });
  expect(whole.scenes).toBe(1);
  expect(whole.warnings.join()).toMatch(/class map: .*reference/);
  expect(whole.curve.map(({ stage }) => stage)).toEqual([1, 2, 2]);
  expect(whole.reconstructions.bands).toHaveLength(12);
  const { config, card } = await loadTileModel(path('staged'));
  expect(config.imageSize).toBe(32);
  expect(card.resolution).toBe(20);
  await expect(
    run(path('staged-stop'), { recipe, scenes: path('scenes'), stopAfter: 2 }),
  ).rejects.toMatchObject({
    code: 'cancelled',
  });
  await run(path('staged-stop'), { recipe, scenes: path('scenes'), resume: true });
  expect(
    readFileSync(path('staged-stop/weights.safetensors')).equals(
      readFileSync(path('staged/weights.safetensors')),
    ),
  ).toBe(true);

  const onward = await run(path('onward'), { init: path('staged') });
  expect(onward.curve[0]!.loss).toBeLessThan(whole.curve[0]!.loss);
});

test('on whitened input, which weights keep; the official setting has a scaling of its own', async () => {
  await run(path('whitened'), { scaling: 'whitened' });
  const { card } = await loadTileModel(path('whitened'));
  expect(card.scaling.kind).toBe('whitened');
  const more = { init: path('whitened'), scaling: 'standard' } as const;
  await expect(run(path('more'), more)).rejects.toThrow('scaled as "whitened", not "standard"');
  await expect(run(path('own'), { setting: 'official', scaling: 'whitened' })).rejects.toThrow(
    'stretches every tile by itself',
  );
});
