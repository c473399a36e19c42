import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  officialSpectralGpt,
  prismapSpectralGpt,
  type SpectralGptConfig,
} from '../../app/model/spectralGpt/configuration.ts';
import {
  freshSpectralGptWeights,
  spectralGptShapes,
} from '../../app/model/spectralGpt/weightTable.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { writeSafetensors } from '../engines/safetensors.ts';
import {
  fixturesPresent,
  formulaInput,
  formulaWeights,
  readFixture,
} from '../engines/testing/spectralGptFixtures.ts';
import { bicubicGrid } from './bicubic.ts';
import { checkOutput, convertTensorFile } from './convertTensorFile.ts';
import { type LoadOptions, loadSpectralGpt } from './loadSpectralGpt.ts';
import { openTensorFile } from './openTensorFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-load-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixtures = join(import.meta.dirname, '../../../shared/fixtures/spectralgpt');

const small = {
  embedDim: 24,
  depth: 2,
  heads: 4,
  imageSize: 32,
  decoder: { embedDim: 16, depth: 1, heads: 2 },
};
const head = {
  levels: [
    { hidden: 8, out: 8 },
    { hidden: 8, out: 8 },
    { hidden: 8, out: 8 },
  ],
  deepest: 16,
  fusion: 8,
} as const;

type Chosen = Partial<SpectralGptConfig> & Pick<SpectralGptConfig, 'task' | 'classes'>;
const official = (chosen: Chosen): SpectralGptConfig =>
  officialSpectralGpt({ ...small, head, ...chosen });
const prismap = (chosen: Chosen): SpectralGptConfig =>
  prismapSpectralGpt({ ...small, head, ...chosen });

const pretraining = official({ task: 'pretrain', classes: 0 });
/** Released checkpoints come from pre-training; every value tells its place. */
const pretrained = formulaWeights(spectralGptShapes(pretraining));

let count = 0;
function fileOf(weights: WeightData): string {
  count += 1;
  const path = join(folder, `${count}.safetensors`);
  writeFileSync(path, writeSafetensors(weights));
  return path;
}

async function load(
  weights: WeightData | string,
  config: SpectralGptConfig,
  options: Partial<LoadOptions> = {},
): ReturnType<typeof loadSpectralGpt> {
  const file = await openTensorFile(typeof weights === 'string' ? weights : fileOf(weights));
  try {
    return await loadSpectralGpt(file, config, {
      setting: 'prismap',
      freshClasses: false,
      seed: 5,
      ...options,
    });
  } finally {
    await file.close();
  }
}

const values = (weights: WeightData, name: string): Float32Array => weights.get(name)!.values;

describe('loadSpectralGpt', () => {
  it('takes every tensor of the same network', async () => {
    const { weights, report } = await load(pretrained, pretraining);
    expect(weights).toEqual(pretrained);
    expect(report).toEqual({
      loaded: [...pretrained.keys()],
      interpolated: [],
      fresh: [],
      surplus: [],
    });
  });

  it('names what a downstream network has beyond the checkpoint, and the reverse', async () => {
    const config = prismap({ task: 'scene', classes: 10 });
    const { weights, report } = await load(pretrained, config);
    expect(report.fresh.map(({ name }) => name)).toEqual(['head.weight', 'head.bias']);
    const decoder = [...pretrained.keys()].filter((name) => /^(decoder|mask_token)/.test(name));
    expect(report.surplus).toEqual(decoder);
    const fresh = freshSpectralGptWeights(config, 5);
    expect(weights.get('head.weight')).toEqual(fresh.get('head.weight'));
    expect(values(weights, 'blocks.1.mlp.fc2.weight')).toEqual(
      values(pretrained, 'blocks.1.mlp.fc2.weight'),
    );
    expect([...weights.keys()]).toEqual([...spectralGptShapes(config).keys()]);
  });

  it('starts the class layer anew for fine-tuning, and only that', async () => {
    const config = prismap({ task: 'segmentation', classes: 13 });
    const trained = formulaWeights(spectralGptShapes(config));
    const kept = await load(trained, config);
    expect(kept.report.fresh).toEqual([]);
    const other = prismap({ task: 'segmentation', classes: 5 });
    await expect(load(trained, other)).rejects.toThrow(
      /cls_seg\.0\.weight.*\(13, 8, 3, 3\).*\(5, 8, 3, 3\).*started anew/,
    );
    const { report } = await load(trained, other, { freshClasses: true });
    expect(report.fresh.map(({ name }) => name)).toEqual(['cls_seg.0.weight', 'cls_seg.0.bias']);
  });

  it('prismap: spatial positions are interpolated to another size, the decoder’s too', async () => {
    const larger = prismap({ task: 'pretrain', classes: 0, imageSize: 64 });
    const { weights, report } = await load(pretrained, larger);
    expect(report.interpolated).toEqual([
      { name: 'pos_embed_spatial', from: 4, to: 8 },
      { name: 'decoder_pos_embed_spatial', from: 4, to: 8 },
    ]);
    const expected = bicubicGrid(values(pretrained, 'pos_embed_spatial'), {
      from: 4,
      to: 8,
      width: 24,
    });
    expect(values(weights, 'pos_embed_spatial')).toEqual(expected);
  });

  it('prismap: joint positions are interpolated group by group', async () => {
    const joint = official({ task: 'scene', classes: 3 });
    const trained = formulaWeights(spectralGptShapes(joint));
    const larger = official({ task: 'scene', classes: 3, imageSize: 48 });
    const { weights, report } = await load(trained, larger);
    expect(report.interpolated).toEqual([{ name: 'pos_embed', from: 4, to: 6 }]);
    const third = values(trained, 'pos_embed').subarray(2 * 16 * 24, 3 * 16 * 24);
    expect(values(weights, 'pos_embed').subarray(2 * 36 * 24, 3 * 36 * 24)).toEqual(
      bicubicGrid(third, { from: 4, to: 6, width: 24 }),
    );
  });

  it('official: the classifier leaves all pre-trained positions and its own stay zero, whatever the size', async () => {
    const config = official({ task: 'scene', classes: 10, imageSize: 48 });
    const { weights, report } = await load(pretrained, config, { setting: 'official' });
    expect(values(weights, 'pos_embed').every((value) => value === 0)).toBe(true);
    expect(report.fresh.map(({ name }) => name)).toEqual(['pos_embed', 'head.weight', 'head.bias']);
    expect(report.surplus).toContain('pos_embed_spatial');
  });

  it('official: segmentation of another size starts its spatial table at zero, change detection stops', async () => {
    const options = { setting: 'official' } as const;
    const sized = (task: 'segmentation' | 'change') =>
      official({ task, classes: 3, imageSize: 64 });
    const { weights, report } = await load(pretrained, sized('segmentation'), options);
    expect(values(weights, 'pos_embed_spatial').every((value) => value === 0)).toBe(true);
    expect(report.fresh[0]).toEqual({
      name: 'pos_embed_spatial',
      reason: 'has shape (1, 16, 24) in the file',
    });
    expect(values(weights, 'pos_embed_temporal')).toEqual(values(pretrained, 'pos_embed_temporal'));
    await expect(load(pretrained, sized('change'), options)).rejects.toThrow(
      /"pos_embed_spatial" of shape \(1, 16, 24\).*\(1, 64, 24\)/,
    );
    const same = await load(pretrained, official({ task: 'change', classes: 2 }), options);
    expect(values(same.weights, 'pos_embed_spatial')).toEqual(
      values(pretrained, 'pos_embed_spatial'),
    );
  });

  it('official: a second stage of pre-training of another size starts spatial tables anew', async () => {
    const config = official({ task: 'pretrain', classes: 0, imageSize: 64 });
    const { weights, report } = await load(pretrained, config, { setting: 'official' });
    expect(report.fresh.map(({ name }) => name)).toEqual([
      'pos_embed_spatial',
      'decoder_pos_embed_spatial',
    ]);
    expect(weights.get('pos_embed_spatial')).toEqual(
      freshSpectralGptWeights(config, 5).get('pos_embed_spatial'),
    );
  });

  it('divides the fused attention of older checkpoints', async () => {
    const fused = new Map(
      [...pretrained].flatMap(([name, tensor]) => {
        const found = /^(.*\.attn\.)([qkv])\.(weight|bias)$/.exec(name);
        if (found === null) return [[`module.${name}`, tensor] as const];
        const [, path, letter, kind] = found;
        if (letter !== 'q') return [];
        const parts = ['q', 'k', 'v'].map((part) => pretrained.get(`${path}${part}.${kind}`)!);
        const shape = [3 * tensor.shape[0]!, ...tensor.shape.slice(1)];
        const all = Float32Array.from(parts.flatMap((part) => [...part.values]));
        return [[`module.${path}to_qkv.${kind}`, { shape, values: all }] as const];
      }),
    );
    expect(fused.has('module.blocks.0.attn.to_qkv.weight')).toBe(true);
    const { weights, report } = await load(fused, pretraining);
    expect(report.fresh).toEqual([]);
    expect(weights).toEqual(pretrained);
    const out = join(folder, 'divided.safetensors');
    await convertTensorFile(fileOf(fused), out, 'spectralgpt');
    expect((await load(out, pretraining)).weights).toEqual(pretrained);
  });

  it('refuses another variant with both sizes', async () => {
    await expect(
      load(pretrained, prismap({ task: 'scene', classes: 3, depth: 3 })),
    ).rejects.toThrow(/width 24 and depth 2; this network has width 24 and depth 3/);
    await expect(
      load(pretrained, prismap({ task: 'scene', classes: 3, embedDim: 48 })),
    ).rejects.toThrow(/width 24 and depth 2; this network has width 48 and depth 2/);
    const decoder = { embedDim: 32, depth: 1, heads: 2 };
    await expect(
      load(pretrained, prismap({ task: 'pretrain', classes: 0, decoder })),
    ).rejects.toThrow(/a decoder of width 16 and depth 1; this network has width 32 and depth 1/);
  });

  it('refuses other bands and an encoder with holes, naming every hole', async () => {
    const bands = prismap({ task: 'scene', classes: 3, bands: 8, spectralPatch: 4 });
    await expect(load(pretrained, bands)).rejects.toThrow(/"patch_embed\.proj\.weight" of shape/);
    const holes = new Map(pretrained);
    holes.delete('blocks.1.norm2.bias');
    holes.delete('blocks.0.attn.k.weight');
    await expect(load(holes, pretraining)).rejects.toThrow(
      /lacks 2 tensors.*blocks\.0\.attn\.k\.weight, blocks\.1\.norm2\.bias/,
    );
  });

  it('refuses what is no SpectralGPT', async () => {
    const other = new Map([['conv1.weight', { shape: [1], values: new Float32Array(1) }]]);
    await expect(load(other, pretraining)).rejects.toThrow(/holds no SpectralGPT.*conv1\.weight/);
  });
});

describe.skipIf(!fixturesPresent)('with the fixtures (skipped where they are absent)', () => {
  it('spatial positions of 3 × 3 for 4 × 4', () => {
    const vectors =
      readFixture<readonly { op: string; output: readonly number[] | string }[]>('ops');
    const { output } = vectors.find(({ op }) => op.startsWith('pos_embed_spatial'))!;
    const expected = (typeof output === 'string' ? JSON.parse(output) : output) as number[];
    const ours = bicubicGrid(formulaInput('op_pos_x', [1, 9, 4]), { from: 3, to: 4, width: 4 });
    expect(Math.max(...expected.map((value, i) => Math.abs(value - ours[i]!)))).toBeLessThan(1e-6);
  });

  it('the weights of the small masked autoencoder are those of the formula', async () => {
    const config = officialSpectralGpt({
      task: 'pretrain',
      classes: 0,
      embedDim: 48,
      depth: 2,
      heads: 4,
      imageSize: 32,
      decoder: { embedDim: 32, depth: 1, heads: 4 },
    });
    const expected = formulaWeights(spectralGptShapes(config));
    const { weights, report } = await load(join(fixtures, 'tiny_mae.weights.safetensors'), config);
    expect(weights).toEqual(expected);
    expect(report.fresh).toEqual([]);
    // A step of training later, as the official writer saved it.
    const path = join(fixtures, 'pth/tiny_pretrain_torch2150.pth');
    const trained = await load(path, config);
    expect(trained.report.surplus).toEqual(
      ['half', 'bfloat16', 'shared_base', 'noncontig_transpose', 'shared_slice'].map(
        (name) => `extra.${name}`,
      ),
    );
    const described = JSON.parse(readFileSync(`${path}.expected.json`, 'utf8')) as {
      tensors: Record<string, { first8: number[] }>;
    };
    for (const [name, tensor] of trained.weights) {
      expect([...tensor.values.subarray(0, 8)], name).toEqual(
        described.tensors[`model/${name}`]!.first8,
      );
    }
  });

  it.each([
    'flat_module_prefix_torch2150',
    'flat_module_prefix_legacy_torch201',
    'seg_style_torch2150',
  ])(
    '%s: names are mapped and numbers kept; a network of another shape is refused by name',
    async (name) => {
      const path = join(fixtures, `pth/${name}.pth`);
      const out = join(folder, `${name}.safetensors`);
      const { tensors, leftOut } = await convertTensorFile(path, out, 'spectralgpt');
      expect(leftOut.every(({ reason }) => reason === 'is outside the network')).toBe(true);
      const config = prismapSpectralGpt({
        task: 'scene',
        classes: 10,
        embedDim: 24,
        depth: 1,
        heads: 4,
        imageSize: 16,
      });
      const names = [...spectralGptShapes(config).keys()];
      expect(tensors.map((tensor) => tensor.name)).toEqual(names);
      const [before, after] = [await openTensorFile(path), await openTensorFile(out)];
      for (const [i, source] of [...before.tensors.keys()].slice(0, names.length).entries())
        expect(await after.read(names[i]!), source).toEqual(await before.read(source));
      await Promise.all([before.close(), after.close()]);
      // Its MLP is twice as wide as the encoder, not four times.
      await expect(load(path, config, { freshClasses: true })).rejects.toThrow(
        /"blocks\.0\.mlp\.fc1\.weight" of shape \(48, 24\); this network needs \(96, 24\)/,
      );
    },
  );
});

it('other spectral groups start anew, and are named', async () => {
  const config = prismap({ task: 'scene', classes: 3, bands: 9 });
  const { report } = await load(pretrained, config);
  expect(report.fresh[0]).toEqual({
    name: 'pos_embed_temporal',
    reason: 'has 4 spectral groups in the file',
  });
});

it('converting refuses to replace what it reads, and other formats', () => {
  expect(() => checkOutput('/a/x.safetensors', '/a/x.safetensors')).toThrow(/file that is read/);
  expect(() => checkOutput('/a/x.pth', '/a/y.pth')).toThrow(/does not end in \.safetensors/);
  expect(() => checkOutput('/a/x.pth', '/a/x.safetensors')).not.toThrow();
});
