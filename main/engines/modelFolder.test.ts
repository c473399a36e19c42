import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelCard } from '../../app/contract/modelCard.ts';
import { spectralMamba, spectralMambaConfig } from '../../app/model/spectralMamba.ts';
import { fitForest } from './forest.ts';
import { loadModelFolder, readModelCard, saveModelFolder } from './modelFolder.ts';

const config = spectralMambaConfig({ bands: 6, classes: 3, pieces: 2, width: 4, states: 2 });

function cardOf(changes: Partial<ModelCard> = {}): Omit<ModelCard, 'weightsSha256'> {
  return {
    format: 'prismap-model',
    version: 1,
    name: 'lake',
    title: 'SpectralMamba (re-implementation)',
    family: 'spectralmamba',
    preset: 'prismap',
    config,
    members: 2,
    bands: Array.from({ length: 6 }, (_, i) => ({
      name: `B${i + 1}`,
      wavelengthNm: 450 + 50 * i,
      scale: 1e-4,
      offset: 0,
    })),
    classes: ['water', 'grass', 'roof'].map((name, i) => ({
      value: i + 1,
      name,
      color: [0, i, 9],
    })),
    normalisation: {
      views: [{ view: 'value', mean: [1, 2, 3, 4, 5, 6], std: [1, 1, 1, 1, 1, 0.1] }],
    },
    training: {
      scenes: [{ path: 'scene.tif', sha256: '0'.repeat(64) }],
      rois: [{ path: 'rois.geojson' }],
      samples: { training: 30, validation: 10 },
      split: 'block',
      settings: { epochs: 3 },
      seed: 1,
      epochs: 3,
      bestEpoch: 2,
    },
    figures: { oa: 0.9, aa: 0.85, kappa: 0.8 },
    engine: { engine: 'cpu', device: 'CPU', versions: { tfjs: '4.22.0' } },
    licence: 'CC-BY-4.0',
    created: '2026-01-01T00:00:00Z',
    ...changes,
  };
}

const members = [1, 2].map((seed) => spectralMamba.initialWeights(config, seed));

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'prismap-model-')), 'lake');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const save = () =>
  saveModelFolder(folder, { card: cardOf(), weights: members, curve: [{ epoch: 1 }] });

describe('model folder', () => {
  it('comes back as it was saved', async () => {
    const card = await save();
    const model = await loadModelFolder(folder);
    expect(model.card).toEqual(card);
    if (model.kind !== 'network') throw new Error('not a network');
    expect(model.members.map((member) => member.weights)).toEqual(members);
    expect(model.members[0]!.config).toEqual(config);
    expect(JSON.parse(await readFile(join(folder, 'curve.json'), 'utf8'))).toEqual([{ epoch: 1 }]);
  });

  it('keeps a forest', async () => {
    const features = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.3));
    const labels = Int32Array.from({ length: 10 }, (_, i) => i % 3);
    const samples = { features, bands: 6, labels, classes: 3 };
    const train = Int32Array.from({ length: 10 }, (_, i) => i);
    const forest = await fitForest(samples, { train, trees: 7, seed: 2 });
    const small = { bands: 6, classes: 3 };
    const card = cardOf({ family: 'forest', config: small, members: 1 });
    await saveModelFolder(folder, { card, weights: forest, curve: [] });
    const model = await loadModelFolder(folder);
    expect(model.kind === 'forest' && model.forest).toEqual(forest);
  });

  it('refuses what is no model', async () => {
    await expect(loadModelFolder(folder)).rejects.toMatchObject({ code: 'not-found' });
    await save();
    const path = join(folder, 'model.json');
    const text = await readFile(path, 'utf8');
    const broken: [string, RegExp][] = [
      ['{', /not JSON/],
      [text.replace('"prismap-model"', '"other"'), /format/],
      [text.replace('"name": "lake"', '"name": "lake", "name": "sea"'), /"name" twice/],
      [text.replace('"members": 2', '"members": 2, "extra": 1'), /extra/],
      [text.replace('"std": [', '"std": [\n 1,'), /not for 6 bands/],
      [text.replace('"value": 2', '"value": 1'), /same value/],
      [text.replace('"views": 1', '"views": 2'), /different views/],
    ];
    for (const [changed, message] of broken) {
      expect(changed).not.toBe(text);
      await writeFile(path, changed);
      await expect(readModelCard(folder)).rejects.toThrow(message);
      await expect(readModelCard(folder)).rejects.toMatchObject({ code: 'bad-weights' });
    }
  });

  it('refuses weights that are cut off, changed, missing or of other shapes', async () => {
    await save();
    const path = join(folder, 'weights.safetensors');
    const whole = await readFile(path);
    await truncate(path, whole.length - 10);
    await expect(loadModelFolder(folder)).rejects.toThrow(/hash differs/);
    await rm(path);
    await expect(loadModelFolder(folder)).rejects.toMatchObject({ code: 'bad-weights' });
    const wide = spectralMambaConfig({ ...config, width: 8, timeRank: 1 });
    await saveModelFolder(folder, { card: cardOf({ config: wide }), weights: members, curve: [] });
    await expect(loadModelFolder(folder)).rejects.toThrow(/"embed.weight" of shape 4×2, not 8×2/);
    const one = { card: cardOf(), weights: members.slice(0, 1), curve: [] };
    await saveModelFolder(folder, one);
    await expect(loadModelFolder(folder)).rejects.toMatchObject({ code: 'bad-weights' });
  });

  it('leaves nothing half-written in a folder that takes no files', async () => {
    await writeFile(folder, 'a file, not a folder');
    await expect(save()).rejects.toMatchObject({ code: 'not-writable' });
  });
});
