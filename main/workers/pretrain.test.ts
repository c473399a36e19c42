import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { api, type Output } from '../../app/contract/api.ts';
import { loadTileModel } from '../engines/tileModelFolder.ts';
import { pretrain } from './pretrain.ts';
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
  epochs: 3,
  tiles: 16,
  batch: 8,
  seed: 5,
  engine: 'tensorflow',
};

function run(
  out: string,
  options: { resume?: boolean; stopAfter?: number } = {},
): Promise<Output<'pretrain'>> {
  const controller = new AbortController();
  const input = api.pretrain.input.parse({ ...asked, out, resume: options.resume ?? false });
  return pretrain(input, {
    signal: controller.signal,
    emit: (event) => {
      if (event.kind === 'epoch' && event.epoch === options.stopAfter) controller.abort();
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
