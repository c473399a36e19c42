import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { because, noSharedData, sharedData } from '../../raster/scenes/testing/referee.ts';
import type { TaskContext } from '../task.ts';
import { inspectTiles } from './inspectTiles.ts';
import { readMasks } from './maskStore.ts';
import { openTileSet, recogniseDataset } from './openTileSet.ts';
import { splitTiles } from './splitTiles.ts';
import { writeTile } from './testing/writeTile.ts';
import type { TileSet } from './tileSet.ts';
import { TileStore } from './tileStore.ts';

const quiet: TaskContext = { signal: new AbortController().signal, emit: () => undefined };
const generic = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `Band ${i + 1}`);
const plan = { how: 'random', validation: 0.25, seed: 1 };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'prismap-datasets-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));
const at = (...parts: string[]): string => join(root, ...parts);

/** A tile whose band b holds 100 · (b + 1) everywhere. */
const steps = (bands: number, width = 8): Parameters<typeof writeTile>[1] => ({
  width,
  bands: generic(bands),
  value: (band) => 100 * (band + 1),
});

async function eurosat(): Promise<void> {
  for (const [name, count] of [
    ['Forest', 3],
    ['SeaLake', 2],
    ['AnnualCrop', 1],
  ] as const)
    for (let i = 1; i <= count; i++)
      await writeTile(at('data', 'tif', name, `${name}_${i}.tif`), steps(13));
}

describe('EuroSAT', () => {
  test('bands by name in the order of the published files, reflectance, classes by folder, lists beside', async () => {
    await eurosat();
    writeFileSync(
      at('data', 'eurosat_train.txt'),
      'tif/Forest/Forest_1.tif\t1\ntif/SeaLake/SeaLake_1.tif    9\n',
    );
    writeFileSync(at('data', 'eurosat_val.txt'), 'tif/Forest/Forest_2.tif 1\n');
    expect(await recogniseDataset(at('data'), 'auto')).toEqual({
      layout: 'eurosat',
      task: 'scene',
    });
    const set = await openTileSet(at('data'), 'auto', 'scene');
    expect(set.classes).toHaveLength(10);
    expect(set.tiles.map(({ name, labels, part }) => [name, labels[0], part])).toEqual([
      ['AnnualCrop/AnnualCrop_1', 0, 'unused'],
      ['Forest/Forest_1', 1, 'training'],
      ['Forest/Forest_2', 1, 'validation'],
      ['Forest/Forest_3', 1, 'unused'],
      ['SeaLake/SeaLake_1', 9, 'training'],
      ['SeaLake/SeaLake_2', 9, 'unused'],
    ]);
    const facts = await inspectTiles(set, quiet);
    // B8A lies last in the files; its value must be that of the thirteenth band.
    const b8a = facts.bands.findIndex(({ name }) => name === 'B8A');
    const b11 = facts.bands.findIndex(({ name }) => name === 'B11');
    const store = new TileStore(set.tiles, facts.bands, [b8a, b11]);
    const [first, second] = await store.planes(0);
    expect(first!.values[0]).toBeCloseTo(0.13, 6);
    expect(second!.values[0]).toBeCloseTo(0.11, 6);
    const split = await splitTiles(set.tiles, facts.places, plan);
    expect(split).toMatchObject({ kind: 'lists', training: [1, 4], validation: [2] });
    expect(split.warnings.join()).toContain('3 tiles');
  });

  test('a list with tiles that are not there, other folders and other band counts are refused by name', async () => {
    await eurosat();
    writeFileSync(
      at('data', 'val.txt'),
      ['a', 'b', 'c', 'd', 'e'].map((x) => `Forest_${x}.tif`).join('\n'),
    );
    await expect(openTileSet(at('data'), 'auto', 'scene')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('5 tiles that are not there: Forest_a.tif') as string,
      details: { count: 5 },
    });
    rmSync(at('data', 'val.txt'));
    mkdirSync(at('data', 'tif', 'Desert'));
    await expect(openTileSet(at('data'), 'eurosat', 'scene')).rejects.toMatchObject({
      code: 'bad-labels',
      message: expect.stringContaining('Desert') as string,
    });
    rmSync(at('data', 'tif', 'Desert'), { recursive: true });
    await expect(openTileSet(at('data'), 'auto', 'segmentation')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('labelled for scene') as string,
    });
    await writeTile(at('data', 'tif', 'Forest', 'Forest_9.tif'), steps(12));
    const set = await openTileSet(at('data'), 'auto', 'scene');
    await expect(inspectTiles(set, quiet)).rejects.toMatchObject({
      code: 'bands-mismatch',
      message: expect.stringContaining('Forest/Forest_9 (12 bands)') as string,
    });
    await writeTile(at('data', 'tif', 'Forest', 'Forest_9.tif'), steps(13, 9));
    await expect(inspectTiles(set, quiet)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('Forest/Forest_9 (9 × 9)') as string,
    });
  });

  test.skipIf(noSharedData)(
    `the published lists are read whole${because(noSharedData)}`,
    async () => {
      const { readFileSync } = await import('node:fs');
      const lists = ['train', 'val'].map((side) =>
        readFileSync(join(sharedData, `meta/eurosat_${side}_SpectralGPT.txt`), 'utf8'),
      );
      // One of each class; the lists then name 21,595 more that are not there.
      for (const name of ['Forest', 'River'])
        await writeTile(at('data', name, `${name}_1.tif`), steps(13));
      for (const [i, side] of ['train', 'val'].entries())
        writeFileSync(at('data', `eurosat_${side}_SpectralGPT.txt`), lists[i]!);
      const listed = lists.join('\n').match(/\/(Forest|River)_1\.tif/g)!.length;
      const error = await openTileSet(at('data'), 'auto', 'scene').catch((one: unknown) => one);
      const inTrain = lists[0]!.match(/\/(Forest|River)_1\.tif/g)?.length ?? 0;
      expect(listed).toBeGreaterThan(0);
      expect(error).toMatchObject({ details: { count: 16_200 - inTrain } });
    },
  );
});

describe('BigEarthNet', () => {
  const bands = 'B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12'.split(' ');
  const patch = async (name: string, labels: readonly string[]): Promise<void> => {
    for (const [i, band] of bands.entries()) {
      const width = ['B01', 'B09'].includes(band) ? 4 : /B(02|03|04|08)/.test(band) ? 24 : 12;
      await writeTile(at('data', name, `${name}_${band}.tif`), {
        width,
        bands: ['Band 1'],
        value: () => 1000 + i,
      });
    }
    writeFileSync(at('data', name, `${name}_labels_metadata.json`), JSON.stringify({ labels }));
  };

  test('43 labels become 19, patches without any are left out, radar patches too', async () => {
    await patch('S2A_1', [
      'Continuous urban fabric',
      'Discontinuous urban fabric',
      'Sea and ocean',
    ]);
    await patch('S2A_2', ['Transitional woodland/shrub', 'Pastures', 'Airports']);
    await patch('S2A_3', ['Burnt areas']);
    mkdirSync(at('data', 'S1A_1'));
    writeFileSync(at('data', 'S1A_1', 'S1A_1_labels_metadata.json'), '{"labels":["Pastures"]}');
    writeFileSync(at('data', 'S1A_1', 'S1A_1_VH.tif'), '');
    const set = await openTileSet(at('data'), 'auto', 'multilabel');
    const named = set.tiles.map(({ name, labels }) => [
      name,
      labels.map((label) => set.classes[label]!.name),
    ]);
    expect(named).toEqual([
      ['S2A_1', ['Urban fabric', 'Marine waters']],
      ['S2A_2', ['Pastures', 'Transitional woodland, shrub']],
    ]);
    expect(set.warnings.join(' ')).toMatch(/1 patches of Sentinel-1.*1 patches with none/);
    const facts = await inspectTiles(set, quiet);
    expect([facts.width, facts.height]).toEqual([24, 24]);
  });

  test('missing bands and unknown labels are named', async () => {
    await patch('S2A_1', ['Pastures']);
    rmSync(at('data', 'S2A_1', 'S2A_1_B8A.tif'));
    await expect(openTileSet(at('data'), 'auto', 'multilabel')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(
        '1 files of patches are missing: S2A_1/S2A_1_B8A.tif',
      ) as string,
    });
    await patch('S2A_1', ['Pastures', 'Lava']);
    await expect(openTileSet(at('data'), 'auto', 'multilabel')).rejects.toMatchObject({
      code: 'bad-labels',
      message: expect.stringContaining('Lava') as string,
    });
  });

  test.skipIf(noSharedData)(
    `true patches: labels, and pixels as rasterio and PyTorch bring them to 128${because(noSharedData)}`,
    async () => {
      const folder = join(sharedData, 'patches/bigearthnet_example');
      const set = await openTileSet(folder, 'auto', 'multilabel');
      expect(set.tiles).toHaveLength(3);
      expect(set.warnings.join()).toContain('3 patches of Sentinel-1');
      const facts = await inspectTiles(set, quiet);
      const wanted = ['B01', 'B02', 'B8A', 'B09'];
      const store = new TileStore(
        set.tiles,
        facts.bands,
        wanted.map((name) => facts.bands.findIndex((band) => band.name === name)),
      );
      const tile = set.tiles.findIndex(({ name }) =>
        name.endsWith('S2A_MSIL2A_20170613T101031_87_48'),
      );
      const { values } = await store.whole(tile, 128);
      // rasterio 1.4, then PyTorch 2.15 interpolate(bilinear, align_corners=False, antialias=True), · 1e-4.
      const expected = [
        [0.061, 0.0404371, 0.0419853, 0.0717813],
        [0.0813, 0.0327604, 0.0505147, 0.0620188],
        [0.3546, 0.3300183, 0.394519, 0.3133219],
        [0.3729, 0.3445148, 0.3893505, 0.3059109],
      ];
      const places = [0, 5 * 128 + 100, 64 * 128 + 64, 127 * 128 + 31];
      for (const [band, row] of expected.entries())
        for (const [i, value] of row.entries())
          expect(Math.abs(values[band * 128 * 128 + places[i]!]! - value)).toBeLessThan(1e-6);
      // The stacked form of the same patches says the same.
      const stacked = await openTileSet(
        join(folder, 'stacked_120x120x12'),
        'bigearthnet',
        'multilabel',
      );
      const byName = (one: TileSet): Record<string, readonly number[]> =>
        Object.fromEntries(one.tiles.map(({ name, labels }) => [name.split('/').at(-1)!, labels]));
      expect(byName(stacked)).toEqual(byName(set));
    },
  );
});

describe('a folder of tiles', () => {
  test('class folders, and the sides of a split above them', async () => {
    for (const [side, name] of [
      ['train', 'oak'],
      ['train', 'ash'],
      ['val', 'oak'],
    ] as const)
      await writeTile(at('data', side, name, 'a.tif'), steps(3));
    const set = await openTileSet(at('data'), 'auto', 'scene');
    expect(set.classes.map(({ name }) => name)).toEqual(['ash', 'oak']);
    expect(set.tiles.map(({ name, labels, part }) => [name, labels[0], part])).toEqual([
      ['train/ash/a', 0, 'training'],
      ['train/oak/a', 1, 'training'],
      ['val/oak/a', 1, 'validation'],
    ]);
  });

  test.each([
    ['labels.csv', 'file,labels\na.tif,oak; ash\nb.tif,\n'],
    ['labels.csv', 'file;ash;oak\na.tif;1;1\nb.tif;0;0\n'],
    ['labels.json', '{"a.tif": ["oak", "ash"], "b.tif": []}'],
  ])('%s gives tiles several labels or none: %j', async (name, text) => {
    for (const tile of ['a', 'b']) await writeTile(at('data', `${tile}.tif`), steps(3));
    writeFileSync(at('data', name), text);
    const set = await openTileSet(at('data'), 'auto', 'multilabel');
    expect(set.classes.map((one) => one.name)).toEqual(['ash', 'oak']);
    expect(set.tiles.map(({ labels }) => labels)).toEqual([[0, 1], []]);
  });

  test('a table with tiles that are not there, or without columns, is refused', async () => {
    await writeTile(at('data', 'a.tif'), steps(3));
    writeFileSync(at('data', 'labels.csv'), 'file,label\na.tif,oak\nb.tif,ash\n');
    await expect(openTileSet(at('data'), 'auto', 'scene')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('1 tiles that are not there: b.tif') as string,
    });
    writeFileSync(at('data', 'labels.csv'), 'what,label\na.tif,oak\n');
    await expect(openTileSet(at('data'), 'auto', 'scene')).rejects.toMatchObject({
      code: 'bad-labels',
    });
  });

  test('a few tiles that all differ are divided all the same', async () => {
    const tiles = [0, 1, 2].map((i) => ({ name: `${i}`, files: [], labels: [i] }));
    const split = await splitTiles(tiles, [undefined, undefined, undefined], plan);
    expect([split.training.length, split.validation.length]).toEqual([2, 1]);
  });

  test('tiles are divided by blocks of neighbours, every class on both sides', async () => {
    const tiles = Array.from({ length: 96 }, (_, i) => ({
      name: `${i}`,
      files: [],
      labels: [i % 3],
    }));
    // 32 columns by 3 rows of tiles that touch.
    const places = tiles.map((_, i) => ({
      crs: 'EPSG:32633',
      x: (i % 32) * 10 + 5,
      y: Math.floor(i / 32) * 10 + 5,
      extent: 10,
    }));
    const split = await splitTiles(tiles, places, { ...plan, how: 'block' });
    expect(split.kind).toBe('block');
    const held = new Set(split.validation);
    const block = (i: number): number => Math.floor((i % 32) / 4);
    for (let b = 0; b < 8; b++) {
      const sides = new Set(tiles.flatMap((_, i) => (block(i) === b ? [held.has(i)] : [])));
      expect(sides.size).toBe(1);
    }
    expect(Math.abs(split.validation.length - 24)).toBeLessThanOrEqual(12);
    expect(split.training.length + split.validation.length).toBe(96);
    const again = await splitTiles(tiles, places, { ...plan, how: 'block' });
    expect(again).toEqual(split);
  });
});

describe('tiles with label rasters', () => {
  const pair = async (name: string, code: number): Promise<void> => {
    const bands = 'B02 B03 B04 B05 B06 B07 B08 B8A B11 B12'.split(' ');
    await writeTile(at('SegMunich', 'img_dir', `${name}.tif`), {
      width: 8,
      bands,
      value: () => 500,
    });
    await writeTile(at('SegMunich', 'ann_dir', `${name}.tif`), {
      width: 8,
      bands: ['label'],
      type: 'uint8',
      value: (_, x) => (x === 0 ? 255 : x < 4 ? 0 : code),
    });
  };

  test('SegMunich: codes become the published order of classes, 255 no label, ten bands by name', async () => {
    await pair('train/a', 21);
    await pair('val/b', 5);
    const set = await openTileSet(at('SegMunich'), 'auto', 'segmentation');
    expect(set.layout).toBe('segmunich');
    expect(set.tiles.map(({ name, part }) => [name, part])).toEqual([
      ['train/a', 'training'],
      ['val/b', 'validation'],
    ]);
    const { classes, masks } = await readMasks(set, quiet);
    expect(classes).toHaveLength(13);
    const nameAt = (mask: number, x: number): string | undefined =>
      classes[masks[mask]!.labels[x]!]?.name;
    expect([0, 1, 4].map((x) => nameAt(0, x))).toEqual([undefined, 'Background', 'Arable land']);
    expect(nameAt(1, 4)).toBe('Surface water');
    const facts = await inspectTiles(set, quiet);
    expect(facts.bands.map(({ name }) => name)).toContain('B8A');
    await pair('val/c', 77);
    await expect(
      readMasks(await openTileSet(at('SegMunich'), 'auto', 'segmentation'), quiet),
    ).rejects.toMatchObject({
      code: 'bad-labels',
      message: expect.stringContaining('77 (in val/c)') as string,
    });
    rmSync(at('SegMunich', 'ann_dir', 'val', 'c.tif'));
    await expect(openTileSet(at('SegMunich'), 'auto', 'segmentation')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('val/c.tif') as string,
    });
  });

  test('own label rasters: values are the classes unless classes.csv says more', async () => {
    await pair('a', 3);
    await pair('b', 9);
    const data = at('SegMunich');
    const found = await readMasks(await openTileSet(data, 'folder', 'segmentation'), quiet);
    expect(found.classes.map(({ value, name }) => [value, name])).toEqual([
      [3, '3'],
      [9, '9'],
    ]);
    writeFileSync(join(data, 'classes.csv'), 'value,name,color\n0,bare,#ff0000\n3,oak,\n9,ash,\n');
    const listed = await readMasks(await openTileSet(data, 'folder', 'segmentation'), quiet);
    expect(listed.classes.map(({ value, name }) => [value, name])).toEqual([
      [1, 'bare'],
      [2, 'oak'],
      [3, 'ash'],
    ]);
    expect(listed.classes[0]!.color).toEqual([255, 0, 0]);
    expect([...listed.masks[0]!.labels.subarray(0, 5)]).toEqual([255, 0, 0, 0, 1]);
  });
});
