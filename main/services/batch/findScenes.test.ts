import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findScenes, matches } from './findScenes.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-find-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const put = (name: string): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), name);
};
const find = async (pattern: string[] = [], exclude: string[] = []): Promise<string[]> => {
  const choice = { pattern, exclude, out: join(folder, 'maps') };
  const found = await findScenes(folder, choice, (message) => expect(message).toBe(''));
  return found.map(({ scene }) => scene);
};

beforeAll(() => {
  for (const name of [
    'a.tif',
    'notes.txt',
    '.b.tif',
    'maps/a.tif',
    'older/.batch/queue.sqlite',
    'older/a.tif',
    'deep/er/c.JP2',
    'S2A.SAFE/GRANULE/B02.jp2',
    'envi/cube.hdr',
    'envi/cube.img',
    'envi/line.bsq',
    'envi/line.hdr',
    'alone.img',
  ])
    put(name);
  symlinkSync('..', join(folder, 'deep/up'));
  symlinkSync('er', join(folder, 'deep/twin'));
  symlinkSync('../a.tif', join(folder, 'deep/link.tif'));
  symlinkSync('nowhere.tif', join(folder, 'broken.tif'));
});

test('scenes of all folders, each once: no results, no hidden files, no data of headers, no loops', async () => {
  expect(await find()).toEqual([
    'S2A.SAFE',
    'a.tif',
    'alone.img',
    'broken.tif',
    'deep/er/c.JP2',
    'deep/link.tif',
    'envi/cube.hdr',
    'envi/line.hdr',
  ]);
});

test('a pattern without a slash is about names, another about paths; excluding wins', async () => {
  expect(await find(['*.tif'], ['link*'])).toEqual(['a.tif', 'broken.tif']);
  expect(await find(['deep/**/*'])).toEqual(['deep/er/c.JP2', 'deep/link.tif']);
  expect(await find(['*.bsq'])).toEqual(['envi/line.bsq']);
  expect(matches('x/y.tif', '*.{tif,jp2}')).toBe(true);
});

test('the stamp of a scene changes with any of its files', async () => {
  const stampOf = async (name: string): Promise<string | undefined> => {
    const choice = { pattern: [], exclude: [], out: join(folder, 'maps') };
    const found = await findScenes(folder, choice, () => undefined);
    return found.find(({ scene }) => scene === name)?.stamp;
  };
  for (const [scene, file] of [
    ['a.tif', 'a.tif'],
    ['deep/link.tif', 'a.tif'],
    ['envi/line.hdr', 'envi/line.bsq'],
    ['S2A.SAFE', 'S2A.SAFE/GRANULE/B02.jp2'],
  ] as const) {
    const before = await stampOf(scene);
    expect(await stampOf(scene)).toBe(before);
    utimesSync(join(folder, file), new Date(), new Date(Date.now() + 5000 + Math.random() * 1e6));
    expect(await stampOf(scene), scene).not.toBe(before);
  }
});

test('a folder that is none is told', async () => {
  const choice = { pattern: [], exclude: [], out: folder };
  await expect(findScenes(join(folder, 'none'), choice, () => undefined)).rejects.toThrow(
    'There is no folder',
  );
});
