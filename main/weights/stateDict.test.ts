import { describe, expect, it } from 'vitest';
import {
  prismapSpectralGpt,
  type SpectralGptConfig,
} from '../../app/model/spectralGpt/configuration.ts';
import { freshSpectralGptWeights } from '../../app/model/spectralGpt/weightTable.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { writeSafetensors } from '../engines/safetensors.ts';
import { convertTensorFile } from './convertTensorFile.ts';
import { type LoadOptions, loadSpectralGpt } from './loadSpectralGpt.ts';
import { openTensorFile } from './openTensorFile.ts';
import { checkpointFiles } from './testing/checkpointFiles.ts';
import { bytesOf, dict, pickle, tensor, zipCheckpoint } from './testing/checkpointWriter.ts';

const { folder, fileOf } = checkpointFiles();

const config = (chosen: Partial<SpectralGptConfig>): SpectralGptConfig =>
  prismapSpectralGpt({
    task: 'scene',
    classes: 3,
    embedDim: 24,
    depth: 1,
    heads: 4,
    imageSize: 16,
    ...chosen,
  });
const published = freshSpectralGptWeights(config({}), 3);
const one = { shape: [1], values: new Float32Array([1]) };

/** Strides of elements one after the other. */
const contiguous = (shape: readonly number[]): number[] =>
  shape.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));

async function load(
  weights: WeightData | Uint8Array,
  wanted = config({}),
  setting: LoadOptions['setting'] = 'prismap',
): ReturnType<typeof loadSpectralGpt> {
  const bytes = weights instanceof Uint8Array ? weights : writeSafetensors(weights);
  const file = await openTensorFile(fileOf(bytes));
  try {
    return await loadSpectralGpt(file, wanted, { setting, freshClasses: false, seed: 5 });
  } finally {
    await file.close();
  }
}

describe('a file in which a SpectralGPT is sought', () => {
  it('is refused where two tensors come to one name', async () => {
    await expect(load(new Map([...published, ['module.norm.bias', one]]))).rejects.toMatchObject({
      code: 'bad-weights',
      message: expect.stringContaining('has two tensors for "norm.bias"') as unknown,
    });
  });

  it('is refused where its patches are one number', async () => {
    const scalar = { shape: [], values: new Float32Array([1]) };
    await expect(load(new Map([['patch_embed.proj.weight', scalar]]))).rejects.toThrow(
      /SpectralGPT of width 0 and depth 0; this network has width 24 and depth 1/,
    );
  });

  it('is refused where its patches are complex numbers', async () => {
    const shape = published.get('patch_embed.proj.weight')!.shape;
    const elements = shape.reduce((product, size) => product * size, 1);
    const stride = contiguous(shape);
    const entries = [...published].map(([name, { shape, values }], i) => {
      const complex = name === 'patch_embed.proj.weight';
      return [
        name,
        complex
          ? tensor({ elements, shape, stride, type: 'ComplexFloatStorage' })
          : tensor({ key: `${i + 1}`, elements: values.length, shape, stride: contiguous(shape) }),
      ] as const;
    });
    const storages = Object.fromEntries([
      ['0', new Uint8Array(8 * elements)],
      ...[...published.values()].map(
        ({ values }, i) => [`${i + 1}`, bytesOf(new Uint8Array(values.slice().buffer))] as const,
      ),
    ]) as Record<string, Uint8Array>;
    await expect(load(zipCheckpoint(pickle(dict(...entries)), storages))).rejects.toMatchObject({
      code: 'bad-weights',
      message: expect.stringContaining('"patch_embed.proj.weight" of ') as unknown,
      details: { tensor: 'patch_embed.proj.weight' },
    });
  });

  it('may keep its numbers in half precision', async () => {
    // 1.5 in IEEE 754 binary16.
    const half = Buffer.from([0x00, 0x3e]);
    const names = [...published];
    const entries = names.map(
      ([name, { shape, values }], i) =>
        [
          name,
          tensor({
            key: `${i}`,
            elements: values.length,
            shape,
            stride: contiguous(shape),
            type: 'HalfStorage',
          }),
        ] as const,
    );
    const storages = Object.fromEntries(
      names.map(([, { values }], i) => [`${i}`, Buffer.alloc(2 * values.length, half)]),
    );
    const { weights } = await load(zipCheckpoint(pickle(dict(...entries)), storages));
    expect(weights.get('norm.bias')).toEqual({
      shape: [24],
      values: new Float32Array(24).fill(1.5),
    });
  });
});

describe('what the released code does with a class layer of another size', () => {
  it.each(['scene', 'multilabel'] as const)('%s: it starts anew', async (task) => {
    const { report } = await load(published, config({ task, classes: 9 }), 'official');
    expect(report.fresh.map(({ name, reason }) => `${name} ${reason}`)).toEqual([
      'head.weight has shape (3, 24) in the file',
      'head.bias has shape (3) in the file',
    ]);
  });
});

it.each([
  ['of no rows', { shape: [], values: new Float32Array([1]) }],
  ['of another width', { shape: [1, 4, 12], values: new Float32Array(48) }],
  ['that are no square', { shape: [1, 5, 24], values: new Float32Array(120) }],
])('positions %s are refused, not interpolated', async (_, tensor) => {
  await expect(load(new Map([...published, ['pos_embed_spatial', tensor]]))).rejects.toMatchObject({
    code: 'bad-weights',
    details: { name: 'pos_embed_spatial', found: tensor.shape },
  });
});

it('converted, what does not belong to the network is left out and named', async () => {
  const { leftOut } = await convertTensorFile(
    fileOf(
      writeSafetensors(new Map([...published, ['teacher.weight', one], ['optimizer/step', one]])),
    ),
    `${folder}/network.safetensors`,
    'spectralgpt',
  );
  expect(leftOut).toEqual([
    { name: 'teacher.weight', reason: 'is no tensor of SpectralGPT' },
    { name: 'optimizer/step', reason: 'is outside the network' },
  ]);
});
