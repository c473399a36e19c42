import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ResnetConfig } from '../../app/model/baselines/resnet.ts';
import { smallHead } from '../../app/model/baselines/testing/smallHead.ts';
import type { VitConfig } from '../../app/model/baselines/vit.ts';
import { freshTileWeights } from '../../app/model/tileNetwork.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { writeSafetensors } from '../engines/safetensors.ts';
import { bicubicGrid } from './bicubic.ts';
import { loadBaseline } from './loadBaseline.ts';
import { openTensorFile } from './openTensorFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-baseline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const common = { task: 'scene', classes: 4, headDropout: { pyramid: 0, fusion: 0 } } as const;
const resnet = (bands: number): ResnetConfig => ({ ...common, bands, imageSize: 64, fusion: 64 });
const vit = (imageSize: number): VitConfig => ({
  ...common,
  bands: 3,
  imageSize,
  embedDim: 24,
  depth: 1,
  heads: 2,
  patch: 8,
  dropPath: 0,
  groupEmbedding: 0,
  head: smallHead,
});

async function load(
  weights: WeightData,
  config: Parameters<typeof loadBaseline>[1],
  rgb?: readonly number[],
): ReturnType<typeof loadBaseline> {
  const path = join(folder, 'weights.safetensors');
  writeFileSync(path, writeSafetensors(weights, {}));
  const file = await openTensorFile(path);
  try {
    return await loadBaseline(file, config, { seed: 1, rgb });
  } finally {
    await file.close();
  }
}

const stageNumbers: Readonly<Record<string, string>> = {
  conv1: '0',
  bn1: '1',
  layer1: '4',
  layer2: '5',
  layer3: '6',
  layer4: '7',
};

test("SeCo's numbered ResNet-50 of red, green and blue goes to the places of those bands", async () => {
  const published = freshTileWeights(resnet(3), 7);
  const named = [...published].map(([name, value]) => {
    const [first = '', ...rest] = name.split('.');
    const stage = stageNumbers[first];
    const own = stage === undefined ? name : ['encoder_q', stage, ...rest].join('.');
    return [`state_dict/${own}`, value] as const;
  });
  const { weights, report } = await load(new Map(named), resnet(12), [3, 2, 1]);
  const [kernel, given] = [weights, published].map((all) => all.get('conv1.weight')!);
  const fresh = freshTileWeights(resnet(12), 1).get('conv1.weight')!;
  const of = ({ values }: typeof fresh, row: number, bands: number, band: number) =>
    values.subarray((row * bands + band) * 49, (row * bands + band + 1) * 49);
  for (const row of [0, 31, 63]) {
    for (const [color, band] of [3, 2, 1].entries())
      expect(of(kernel!, row, 12, band)).toEqual(of(given!, row, 3, color));
    expect(of(kernel!, row, 12, 0)).toEqual(of(fresh, row, 12, 0));
  }
  expect(weights.get('layer3.5.conv2.weight')!.values).toEqual(
    published.get('layer3.5.conv2.weight')!.values,
  );
  expect(report.fresh.map(({ name }) => name)).toEqual(['fc.weight', 'fc.bias']);
  expect(report.loaded).toHaveLength(published.size - 2);
});

test('a vision transformer: fused attention is divided, positions go to another grid', async () => {
  const published = freshTileWeights(vit(32), 7);
  const join3 = (name: string): Float32Array =>
    Float32Array.from(
      ['q', 'k', 'v'].flatMap((part) => [...published.get(name.replace('qkv', part))!.values]),
    );
  const fused = new Map(
    [...published]
      .filter(([name]) => !/\.attn\.[qkv]\./.test(name))
      .map(([name, value]) => [`model/${name}`, value]),
  );
  fused.set('model/blocks.0.attn.qkv.weight', {
    shape: [72, 24],
    values: join3('blocks.0.attn.qkv.weight'),
  });
  fused.set('model/blocks.0.attn.qkv.bias', {
    shape: [72],
    values: join3('blocks.0.attn.qkv.bias'),
  });
  const { weights, report } = await load(fused, vit(64));
  expect(weights.get('blocks.0.attn.v.weight')).toEqual(published.get('blocks.0.attn.v.weight'));
  expect(report.interpolated).toEqual([{ name: 'pos_embed', from: 4, to: 8 }]);
  const positions = published.get('pos_embed')!.values;
  expect(weights.get('pos_embed')!.values).toEqual(
    Float32Array.from([
      ...positions.subarray(0, 24),
      ...bicubicGrid(positions.subarray(24), { from: 4, to: 8, width: 24 }),
    ]),
  );
});

test('holes and other sizes are named', async () => {
  const published = new Map(freshTileWeights(vit(32), 7));
  published.delete('blocks.0.norm2.bias');
  await expect(load(published, vit(32))).rejects.toMatchObject({
    code: 'bad-weights',
    message: expect.stringContaining('blocks.0.norm2.bias') as unknown,
  });
  await expect(load(freshTileWeights(vit(32), 7), { ...vit(32), bands: 5 })).rejects.toMatchObject({
    code: 'bad-weights',
  });
});

test('all holes are counted, the first five named', async () => {
  const holes = new Map(
    [...freshTileWeights(vit(32), 7)].filter(([name]) => !/norm|mlp/.test(name)),
  );
  await expect(load(holes, vit(32))).rejects.toMatchObject({
    message: expect.stringMatching(
      /lacks \d+ tensors of this vit \((blocks\.0\.norm\d\.\w+, ){4}[\w.]+, …\)/,
    ) as unknown,
  });
});

test.each([
  [
    'positions that are no square',
    'pos_embed',
    { shape: [1, 9, 24], values: new Float32Array(216) },
    vit(32),
  ],
  [
    'positions of another width',
    'pos_embed',
    { shape: [1, 17, 12], values: new Float32Array(204) },
    vit(64),
  ],
  [
    'a first layer of other kernels',
    'patch_embed.proj.weight',
    { shape: [24, 3, 4, 4], values: new Float32Array(24 * 48) },
    { ...vit(32), bands: 12 },
  ],
])('%s are refused with both shapes', async (_, name, tensor, config) => {
  const published = new Map(freshTileWeights(config, 7)).set(name, tensor);
  await expect(load(published, config, [3, 2, 1])).rejects.toMatchObject({
    code: 'bad-weights',
    details: { name, found: tensor.shape, needed: freshTileWeights(config, 7).get(name)!.shape },
  });
});

test('of two tensors of one name the first is taken', async () => {
  const published = freshTileWeights(vit(32), 7);
  const other = { shape: [24], values: new Float32Array(24).fill(9) };
  const { weights } = await load(new Map([...published, ['module.norm.bias', other]]), vit(32));
  expect(weights.get('norm.bias')).toEqual(published.get('norm.bias'));
});
