import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spectralMambaConfig } from '../../app/model/spectralMamba.ts';
import { fitForest } from './forest.ts';
import { loadModelFolder, readModelCard, saveModelFolder } from './modelFolder.ts';
import { exampleCard, exampleConfig, exampleMembers } from './testing/exampleModel.ts';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'prismap-model-')), 'lake');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const save = () =>
  saveModelFolder(folder, { card: exampleCard(), weights: exampleMembers, curve: [{ epoch: 1 }] });

describe('model folder', () => {
  it('comes back as it was saved', async () => {
    const card = await save();
    const model = await loadModelFolder(folder);
    expect(model.card).toEqual(card);
    if (model.kind !== 'network') throw new Error('not a network');
    expect(model.members.map((member) => member.weights)).toEqual(exampleMembers);
    expect(model.members[0]!.config).toEqual(exampleConfig);
    expect(JSON.parse(await readFile(join(folder, 'curve.json'), 'utf8'))).toEqual([{ epoch: 1 }]);
  });

  it('keeps a forest', async () => {
    const features = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.3));
    const labels = Int32Array.from({ length: 10 }, (_, i) => i % 3);
    const samples = { features, bands: 6, labels, classes: 3 };
    const train = Int32Array.from({ length: 10 }, (_, i) => i);
    const forest = await fitForest(samples, { train, trees: 7, seed: 2 });
    const small = { bands: 6, classes: 3 };
    const card = exampleCard({ family: 'forest', config: small, members: 1 });
    await saveModelFolder(folder, { card, weights: forest, curve: [] });
    const model = await loadModelFolder(folder);
    expect(model.kind === 'forest' && model.forest).toEqual(forest);
    // the same trees under a card of a network
    await saveModelFolder(folder, {
      card: exampleCard({ members: 1 }),
      weights: forest,
      curve: [],
    });
    await expect(loadModelFolder(folder)).rejects.toThrow(/does not fit its card: it holds/);
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
      [text.replace('"bands": 6', '"bands": 7'), /lists 6 bands for 7/],
      [text.replace('"classes": 3', '"classes": 4'), /lists 3 classes for 4/],
      [`${text}${' '.repeat(4 * 2 ** 20)}`, /it has \d+ bytes/],
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
    const wide = spectralMambaConfig({ ...exampleConfig, width: 8, timeRank: 1 });
    await saveModelFolder(folder, {
      card: exampleCard({ config: wide }),
      weights: exampleMembers,
      curve: [],
    });
    await expect(loadModelFolder(folder)).rejects.toThrow(/"embed.weight" of shape 4×2, not 8×2/);
    const one = { card: exampleCard(), weights: exampleMembers.slice(0, 1), curve: [] };
    await saveModelFolder(folder, one);
    await expect(loadModelFolder(folder)).rejects.toMatchObject({ code: 'bad-weights' });
  });

  it('leaves nothing half-written in a folder that takes no files', async () => {
    await writeFile(folder, 'a file, not a folder');
    await expect(save()).rejects.toMatchObject({ code: 'not-writable' });
  });
});
