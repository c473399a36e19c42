import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findScenes } from './findScenes.ts';

let folder: string;
const silent = (message: string): void => expect(message).toBe('');
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prismap-scenes-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('rasters and links to rasters, in folders too; no links round in a circle, nothing hidden, no inside of a product, no data of a header', async () => {
  await mkdir(at('scenes', 'b', 'S2A.SAFE', 'GRANULE'), { recursive: true });
  for (const name of [
    ['elsewhere.tif'],
    ['scenes', 'a.TIFF'],
    ['scenes', '.hidden.tif'],
    ['scenes', 'notes.txt'],
    ['scenes', 'b', 'c.jp2'],
    ['scenes', 'b', 'cube.hdr'],
    ['scenes', 'b', 'cube.img'],
    ['scenes', 'b', 'S2A.SAFE', 'GRANULE', 'B02.jp2'],
  ])
    await writeFile(at(...name), '');
  await symlink(at('elsewhere.tif'), at('scenes', 'link.tif'));
  await symlink(at('nowhere.tif'), at('scenes', 'lost.tif'));
  await symlink(at('scenes'), at('scenes', 'b', 'round'));
  const found = await findScenes(at('scenes'), silent);
  expect(found).toEqual([
    at('scenes', 'a.TIFF'),
    at('scenes', 'b', 'S2A.SAFE'),
    at('scenes', 'b', 'c.jp2'),
    at('scenes', 'b', 'cube.hdr'),
    at('scenes', 'link.tif'),
  ]);
  expect(await findScenes(at('elsewhere.tif'), silent)).toEqual([at('elsewhere.tif')]);
  await expect(findScenes(at('nowhere'), silent)).rejects.toThrow('no folder');
  await expect(findScenes(at('scenes', 'b', 'S2A.SAFE', 'GRANULE'), silent)).resolves.toHaveLength(
    1,
  );
});
