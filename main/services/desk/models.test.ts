import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  officialHead,
  prismapSpectralGpt,
  spectralGptSizes,
} from '../../../app/model/spectralGpt/configuration.ts';
import { spectralGptShapes } from '../../../app/model/spectralGpt/weightTable.ts';
import { freshTileWeights } from '../../../app/model/tileNetwork.ts';
import type { WeightData } from '../../../app/model/weights.ts';
import { floatValues, readSafetensors, writeSafetensors } from '../../engines/safetensors.ts';
import { askReferee, hasModule } from '../../vector/testing/referee.ts';
import { openStartModel } from '../../workers/tiles/startModel.ts';
import { createTestDesk, type TestDesk, temporaryFolder } from './testing/testDesk.ts';

const temporary = temporaryFolder();
let desk: TestDesk;
beforeAll(() => {
  desk = createTestDesk(join(temporary.path, 'data'));
});
afterAll(async () => {
  await desk.dispose();
  temporary.remove();
});
const path = (name: string): string => join(temporary.path, name);

/** A checkpoint as training scripts leave it: network, optimiser and arguments; each tensor counts up in steps of 1 / 128. */
const script = `
import argparse, json, sys
import torch
given = json.load(sys.stdin)
def counted(shape):
    size = 1
    for side in shape: size *= side
    return (torch.arange(size) % 128).reshape(shape).float() / 128
model = {"module." + name: counted(shape) for name, shape in given["shapes"]}
torch.save({"model": model, "optimizer": {"state": {0: {"exp_avg": torch.zeros(3)}}}, "args": argparse.Namespace(lr=0.1)}, given["file"])
other = {"conv1.weight": torch.zeros(64, 3, 7, 7), "fc.bias": torch.zeros(10)}
torch.save(other, given["other"])
print(json.dumps(torch.__version__))
`;

const config = prismapSpectralGpt({
  task: 'pretrain',
  classes: 0,
  ...spectralGptSizes.tiny,
  bands: 12,
  spectralPatch: 3,
  imageSize: 32,
});

describe.skipIf(!hasModule('torch'))('weights written by PyTorch', () => {
  beforeAll(async () => {
    const shapes = [...spectralGptShapes(config)].map(([name, shape]) => [name, [...shape]]);
    askReferee(script, { shapes, file: path('published.pth'), other: path('resnet.pth') });
    await desk.call('project.state', {});
  });

  it('are looked into: size, bands, tile, and what else is in the file', async () => {
    const found = await desk.call('weights.look', { file: path('published.pth') });
    const numbers = [...spectralGptShapes(config).values()].map((shape) =>
      shape.reduce((product, side) => product * side, 1),
    );
    expect(found).toMatchObject({
      format: 'PyTorch',
      parameters: numbers.reduce((sum, count) => sum + count, 3),
      network: {
        ...{ size: 'tiny', width: 96, depth: 4, bands: 12, spectralPatch: 3, tile: 32 },
        ...{ decoder: true, elsewhere: 1 },
      },
    });
    expect(found.network!.classes).toBeUndefined();
  });

  it('are imported with their numbers and listed, to start from', async () => {
    const file = path('published.pth');
    const { path: imported, tensors } = await desk.call('weights.import', {
      file,
      name: 'From PyTorch',
    });
    expect(tensors).toBe(spectralGptShapes(config).size);
    const written = readSafetensors(readFileSync(imported), imported).tensors;
    const name = 'blocks.3.mlp.fc2.weight';
    const tensor = written.get(name)!;
    expect(tensor.shape).toEqual([96, 384]);
    const values = floatValues(tensor, name);
    expect([values[0], values[1], values[127], values[128]]).toEqual([0, 1 / 128, 127 / 128, 0]);
    const { models } = await desk.call('model.list', {});
    expect(models).toHaveLength(1);
    expect(models[0]).toMatchObject({
      ...{ path: imported, kind: 'weights', name: 'From PyTorch', task: 'pretrain' },
      ...{ bands: 12, tile: 32, preset: 'tiny', start: 'published.pth' },
    });
    expect(existsSync(file)).toBe(true);
  });

  it('keep what a name has already', async () => {
    await expect(
      desk.call('weights.import', { file: path('published.pth'), name: 'From PyTorch' }),
    ).rejects.toMatchObject({ code: 'usage' });
  });

  it('of another network say what they are, and leave nothing behind', async () => {
    const file = path('resnet.pth');
    const found = await desk.call('weights.look', { file });
    expect(found.network).toBeUndefined();
    expect(found.problem).toMatch(/holds no SpectralGPT.*conv1\.weight/);
    const { folder } = await desk.call('project.state', {});
    const before = readdirSync(folder);
    await expect(desk.call('weights.import', { file, name: 'Other' })).rejects.toMatchObject({
      code: 'bad-weights',
    });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('whose card is damaged are not listed', async () => {
    const { models } = await desk.call('model.list', {});
    const card = models[0]!.path.replace(/weights\.safetensors$/, 'weights.json');
    const text = readFileSync(card, 'utf8');
    writeFileSync(card, text.slice(0, 40));
    expect((await desk.call('model.list', {})).models).toEqual([]);
    writeFileSync(card, text);
    expect((await desk.call('model.list', {})).models).toHaveLength(1);
  });
});

describe('weights of other networks', () => {
  const common = { task: 'scene', classes: 7, headDropout: { pyramid: 0, fusion: 0 } } as const;
  const write = (name: string, tensors: WeightData): string => {
    const file = path(name);
    writeFileSync(file, writeSafetensors(tensors));
    return file;
  };

  it('a ResNet-50 named as SeCo names it is recognised, imported under the names of torchvision, and listed', async () => {
    const numbers = { conv1: '0', bn1: '1', layer1: '4', layer2: '5', layer3: '6', layer4: '7' };
    const config = { ...common, bands: 3, imageSize: 64, fusion: 64 };
    const weights = freshTileWeights(config, 1);
    const published = new Map(
      [...weights].map(([name, tensor]) => {
        const [first = '', ...rest] = name.split('.');
        const number = numbers[first as keyof typeof numbers];
        return [number === undefined ? name : ['encoder_q', number, ...rest].join('.'), tensor];
      }),
    );
    published.set('queue', { shape: [2], values: new Float32Array(2) });
    const file = write('seco.safetensors', published);
    const { network } = await desk.call('weights.look', { file });
    expect(network).toEqual({
      ...{ family: 'resnet50', width: 2048, depth: 50, bands: 3, classes: 7 },
      ...{ decoder: false, elsewhere: 1 },
    });
    const imported = await desk.call('weights.import', { file, name: 'SeCo' });
    expect(imported.tensors).toBe(weights.size);
    expect(imported.leftOut).toMatchObject([{ name: 'queue' }]);
    const written = readSafetensors(readFileSync(imported.path), imported.path).tensors;
    const name = 'layer3.5.conv2.weight';
    expect(floatValues(written.get(name)!, name)).toEqual(weights.get(name)!.values);
    const { models } = await desk.call('model.list', {});
    expect(models.find((model) => model.name === 'SeCo')).toMatchObject({
      ...{ family: 'resnet50', title: 'ResNet-50', kind: 'weights', bands: 3 },
    });
    const start = await openStartModel(imported.path, 'resnet50');
    const told: string[] = [];
    const fitted = await start.weights(
      { ...config, bands: 4 },
      { seed: 1, bands: ['B02', 'B03', 'B04', 'B08'], note: (text) => told.push(text) },
    );
    expect(fitted.get(name)!.values).toEqual(weights.get(name)!.values);
    expect(told.join(' ')).toContain(`${weights.size - 2} tensors taken over`);
  });

  it('a SatMAE with the decoder of its pre-training is no ViT, and one with holes is none at all', async () => {
    const config = {
      ...{ ...common, bands: 10, imageSize: 32, embedDim: 48, depth: 2, heads: 4, patch: 8 },
      ...{ dropPath: 0, head: officialHead, groupEmbedding: 16 },
      groups: [
        [0, 1, 2, 6],
        [3, 4, 5, 7],
        [8, 9],
      ],
    };
    const weights = new Map(freshTileWeights(config, 1));
    weights.set('decoder_blocks.0.norm1.weight', { shape: [4], values: new Float32Array(4) });
    const { network } = await desk.call('weights.look', {
      file: write('satmae.safetensors', weights),
    });
    expect(network).toEqual({
      ...{ family: 'satmae', width: 48, depth: 2, bands: 10, tile: 32, classes: 7 },
      ...{ decoder: true, elsewhere: 1 },
    });
    weights.delete('channel_embed');
    const { network: none, problem } = await desk.call('weights.look', {
      file: write('holes.safetensors', weights),
    });
    expect(none).toBeUndefined();
    expect(problem).toMatch(/holds no SpectralGPT.*a SatMAE was not found/);
  });
});

describe('stages of pre-training', () => {
  it('become a recipe file beside the model, and wrong ones are refused', async () => {
    const stages = [{ imageSize: 16 }, { imageSize: 32, region: [13, 52, 14, 53] }];
    const start = (recipe: unknown) =>
      desk.call('job.start', {
        kind: 'pretrain',
        title: 'Two stages',
        input: { scenes: path('none'), recipe },
      });
    const { job } = await start({ stages });
    const recipe = job.input['recipe'] as string;
    expect(recipe).toMatch(/Two stages-recipe\.json$/);
    expect(JSON.parse(readFileSync(recipe, 'utf8'))).toEqual({ stages });
    await expect(start({ stages: [{ imageSize: 4 }] })).rejects.toMatchObject({ code: 'usage' });
  });
});
