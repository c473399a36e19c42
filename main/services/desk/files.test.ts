import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ProjectFile } from '../../store/projectFile.ts';
import { exampleEdit, format } from '../../store/testing/exampleProject.ts';
import { runInChild } from '../../workers/host.ts';
import { createFileHandlers } from './files.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'prismap-files-')));
const allowed = join(base, 'allowed');
afterAll(() => rmSync(base, { recursive: true }));
for (const folder of [
  'allowed/inner/deep',
  'allowed/S2A.SAFE',
  'allowed/model',
  'allowed-not',
  'secret',
])
  mkdirSync(join(base, folder), { recursive: true });
for (const file of [
  'b10.tif',
  'b2.TIF',
  'cube.hdr',
  'rois.geojson',
  'plain.gpkg',
  'notes.txt',
  '.hidden.tif',
])
  writeFileSync(join(allowed, file), 'x'.repeat(7));
writeFileSync(join(allowed, 'model', 'model.json'), '{}');
symlinkSync(join(base, 'secret'), join(allowed, 'out'));
symlinkSync(join(allowed, 'b2.TIF'), join(allowed, 'link.tif'));
symlinkSync(join(base, 'nowhere'), join(allowed, 'broken.tif'));

const { 'files.list': list } = createFileHandlers({
  folders: [allowed, join(base, 'missing')],
  ...{ dataFolder: base, runTask: runInChild },
});
const never = new AbortController().signal;
const names = async (folder: string): Promise<string[]> =>
  (await list({ folder }, never)).entries.map(({ name, kind }) => `${kind} ${name}`);

test('without a folder, the allowed ones that are there', async () => {
  expect(await list({}, never)).toEqual({
    entries: [{ name: 'allowed', path: allowed, kind: 'folder' }],
  });
});

test('folders first, by name with numbers as numbers; nothing hidden, nothing that leads out', async () => {
  expect(await names(allowed)).toEqual([
    'folder inner',
    'scene b2.TIF',
    'scene b10.tif',
    'scene cube.hdr',
    'scene link.tif',
    'model model',
    'other notes.txt',
    'vector plain.gpkg',
    'vector rois.geojson',
    'scene S2A.SAFE',
  ]);
  const { entries } = await list({ folder: allowed }, never);
  const file = entries.find(({ name }) => name === 'b10.tif');
  expect(file).toMatchObject({ path: join(allowed, 'b10.tif'), bytes: 7 });
  expect(Date.parse(file?.modified ?? '')).toBeGreaterThan(0);
});

test('a project is told from other GeoPackages by its content', async () => {
  const project = ProjectFile.create(join(allowed, 'inner', 'mine.gpkg'), format);
  project.apply(exampleEdit);
  project.close();
  expect(await names(join(allowed, 'inner'))).toEqual(['folder deep', 'project mine.gpkg']);
});

test('the way up ends at the allowed folder', async () => {
  expect((await list({ folder: join(allowed, 'inner') }, never)).parent).toBe(allowed);
  expect(await list({ folder: allowed }, never)).not.toHaveProperty('parent');
});

test.each([
  ['..', 'not-readable'],
  ['../secret', 'not-readable'],
  ['../allowed-not', 'not-readable'],
  ['out', 'not-readable'],
  ['inner/../../secret', 'not-readable'],
  ['none', 'not-found'],
  ['notes.txt', 'not-found'],
])('%s is refused', async (path, code) => {
  await expect(list({ folder: `${allowed}/${path}` }, never)).rejects.toMatchObject({ code });
});

test('a long folder is listed in part and says so', async () => {
  const many = join(allowed, 'inner', 'deep');
  for (let i = 0; i < 5001; i++) writeFileSync(join(many, `t${i}.tif`), '');
  const { entries, truncated } = await list({ folder: many }, never);
  expect([entries.length, truncated]).toEqual([5000, true]);
});
