import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallHead } from '../../app/model/baselines/testing/smallHead.ts';
import {
  freshTileWeights,
  type TileConfig,
  tileNetworkShapes,
} from '../../app/model/tileNetwork.ts';
import { writeSafetensors } from '../engines/safetensors.ts';
import { convertTensorFile } from './convertTensorFile.ts';
import { openTensorFile } from './openTensorFile.ts';
import { type FoundBaseline, recogniseBaseline } from './recogniseBaseline.ts';
import { checkpointFiles } from './testing/checkpointFiles.ts';
import { dict, floats, pickle, tensor, text, zipCheckpoint } from './testing/checkpointWriter.ts';

const { folder, fileOf } = checkpointFiles();

const common = { task: 'scene', headDropout: { pyramid: 0, fusion: 0 }, imageSize: 32 } as const;
const resnet: TileConfig = { ...common, classes: 7, bands: 12, fusion: 64 };
const vit = {
  ...common,
  classes: 5,
  bands: 4,
  embedDim: 24,
  depth: 2,
  heads: 2,
  patch: 8,
  dropPath: 0,
  groupEmbedding: 0,
  head: smallHead,
};
const satmae: TileConfig = {
  ...vit,
  groups: [
    [0, 1],
    [2, 3],
  ],
  groupEmbedding: 8,
};

type Shapes = Map<string, readonly number[]>;
/** Names and shapes of a network, with other ones and without some. */
function shapesOf(config: TileConfig, change: (shapes: Shapes) => void = () => undefined): Shapes {
  const shapes = new Map(tileNetworkShapes(config));
  change(shapes);
  return shapes;
}

const one = { shape: [1], values: new Float32Array([1]) };
const without =
  (name: string) =>
  (shapes: Shapes): void =>
    void shapes.delete(name);

/** Names and shapes are all that is looked at. */
function recognised(shapes: Shapes): FoundBaseline | undefined {
  const never = (): never => {
    throw new Error('no numbers are read');
  };
  return recogniseBaseline({
    path: 'x.safetensors',
    format: 'safetensors',
    bytes: 0,
    tensors: new Map(
      [...shapes].map(([name, shape]) => [name, { dtype: 'F32', type: 'F32', shape, bytes: 0 }]),
    ),
    metadata: {},
    read: never,
    pieces: never,
    close: async () => undefined,
  });
}

describe('a published network is known by its names and shapes', () => {
  it.each([
    [
      'ResNet-50',
      shapesOf(resnet),
      { family: 'resnet50', width: 2048, depth: 50, bands: 12, classes: 7 },
    ],
    [
      'a backbone without classes',
      shapesOf(resnet, without('fc.weight')),
      { family: 'resnet50', width: 2048, depth: 50, bands: 12 },
    ],
    [
      'a vision transformer',
      shapesOf(vit),
      { family: 'vit', width: 24, depth: 2, bands: 4, tile: 32, classes: 5 },
    ],
    [
      'one without a table of positions',
      shapesOf(vit, without('pos_embed')),
      { family: 'vit', width: 24, depth: 2, bands: 4, classes: 5 },
    ],
    [
      'SatMAE',
      shapesOf(satmae),
      { family: 'satmae', width: 24, depth: 2, bands: 4, tile: 32, classes: 5 },
    ],
  ])('%s', (_, shapes, wanted) => {
    const { tensors, ...found } = recognised(shapes)!;
    expect(found).toEqual(wanted);
    expect([...tensors.keys()].every((name) => shapes.has(name))).toBe(true);
  });

  it.each([
    ['a ResNet-101', shapesOf(resnet, (w) => w.set('layer3.6.conv3.weight', [1]))],
    [
      'a ResNet-34, which has no third convolutions',
      shapesOf(resnet, without('layer2.3.conv3.weight')),
    ],
    ['a ResNet without its first layer', shapesOf(resnet, without('conv1.weight'))],
    ['a transformer without a class token', shapesOf(vit, without('cls_token'))],
    ['a transformer without attention', shapesOf(vit, without('blocks.0.attn.q.weight'))],
    ['a transformer without patches', shapesOf(vit, without('patch_embed.proj.weight'))],
    [
      'a transformer over tokens of three dimensions',
      shapesOf(vit, (w) => w.set('patch_embed.proj.weight', [1, 1, 1, 1, 1])),
    ],
    ['SatMAE without its first group', shapesOf(satmae, without('patch_embed.0.proj.weight'))],
    ['something else', new Map([['w', [1]]])],
  ])('%s is none of them', (_, shapes) => {
    expect(recognised(shapes)).toBeUndefined();
  });
});

const published = freshTileWeights(vit, 3);

describe('the tensors of a baseline as safetensors', () => {
  const out = join(folder, 'out.safetensors');

  it('come under the names of the network; others are left out and named', async () => {
    const wrapped = [...published].map(([name, value]) => [`module.${name}`, value] as const);
    const weights = new Map([
      ...wrapped,
      ['optimizer/step', one],
      ['module.decoder_blocks.0.norm1.bias', one],
    ]);
    const { tensors, leftOut } = await convertTensorFile(
      fileOf(writeSafetensors(weights)),
      out,
      'vit',
    );
    expect(tensors.map(({ name }) => name).sort()).toEqual([...published.keys()].sort());
    expect(leftOut).toEqual([
      { name: 'optimizer/step', reason: 'is no tensor of the network' },
      { name: 'module.decoder_blocks.0.norm1.bias', reason: 'is no tensor of the network' },
    ]);
    const file = await openTensorFile(out);
    const numbers = new Float32Array((await file.read('blocks.1.norm1.weight')).buffer);
    await file.close();
    expect(numbers).toEqual(published.get('blocks.1.norm1.weight')!.values);
  });

  it.each([
    [published, /holds no ResNet-50, but a Vision transformer\. Give/],
    [new Map([['w', one]]), /holds no ResNet-50\. Give/],
  ])('another network is refused by its name', async (weights, why) => {
    const path = fileOf(writeSafetensors(weights));
    await expect(convertTensorFile(path, out, 'resnet50')).rejects.toMatchObject({
      code: 'bad-weights',
      message: expect.stringMatching(why) as unknown,
      details: { path },
    });
  });
});

describe('what a checkpoint says beside its tensors', () => {
  const metadata = async (
    entries: readonly (readonly [string, Uint8Array])[],
  ): Promise<Record<string, string>> => {
    const out = join(folder, 'metadata.safetensors');
    const w = tensor({ elements: 1, shape: [1], stride: [1] });
    await convertTensorFile(
      fileOf(zipCheckpoint(pickle(dict(['w', w], ...entries)), { 0: floats(1) })),
      out,
      undefined,
    );
    // By the format's specification: the length of a header of JSON.
    const bytes = readFileSync(out);
    const header = bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE()));
    return (JSON.parse(header) as { __metadata__: Record<string, string> }).__metadata__;
  };

  it('is kept, but not what is long, nor a second format', async () => {
    const found = await metadata([
      ['epoch', text('3')],
      ['log', text('x'.repeat(5000))],
      ['format', text('tf')],
    ]);
    expect(found).toEqual({ format: 'pt', epoch: '3' });
  });

  it('is kept up to 256 KiB', async () => {
    const many = Array.from(
      { length: 100 },
      (_, i) => [`log${String(i).padStart(2, '0')}`, text('x'.repeat(4000))] as const,
    );
    const found = await metadata(many);
    expect(Object.keys(found)).toEqual(['format', ...many.slice(0, 65).map(([name]) => name)]);
  });
});
