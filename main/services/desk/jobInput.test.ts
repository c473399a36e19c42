import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import type { RoiSet } from '../../../app/vector/roi.ts';
import { prepareInput } from './jobInput.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-job-input-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const roi = (id: string, classValue: number, scene?: string): RoiSet['rois'][number] => ({
  id,
  classValue,
  geometry: { kind: 'points', points: [[classValue, 2]] },
  ...(scene === undefined ? {} : { scene }),
});

const set: RoiSet = {
  uri: 'project',
  classes: [1, 2, 3].map((value) => ({ value, name: `Class ${value}`, color: [value, 0, 0] })),
  rois: [roi('every', 1), roi('first', 2, '/data/first.tif'), roi('second', 3, '/data/second.tif')],
};

/** Class values of the ROIs that a training on these scenes gets, as SQLite reads the file written for it. */
async function trainedOn(scene: string[]): Promise<unknown[]> {
  const place = { folder, title: 'Train', taken: new Set<string>(), rois: () => set };
  const input = await prepareInput('train', { scene, rois: 'project' }, place);
  return valuesIn(String(input['rois']));
}

function valuesIn(path: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const { table_name: table } = database
    .prepare("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")
    .get()!;
  const rows = database.prepare(`SELECT value FROM "${String(table)}" ORDER BY value`).all();
  database.close();
  return rows.map(({ value }) => value);
}

it('a job gets the ROIs of every scene and those of its own', async () => {
  expect(await trainedOn(['/data/first.tif'])).toEqual([1, 2]);
  expect(await trainedOn(['/data/second.tif'])).toEqual([1, 3]);
  expect(await trainedOn(['/data/first.tif', '/data/second.tif'])).toEqual([1, 2, 3]);
});

it('areas named one by one are taken, whatever scene they hold for', async () => {
  const place = { folder, title: 'Map', taken: new Set<string>(), rois: () => set };
  const input = { scene: '/data/first.tif', model: 'model', within: { rois: ['second'] } };
  await expect(prepareInput('predict', input, place)).resolves.toMatchObject({
    within: expect.stringMatching(/-within\.gpkg$/) as string,
  });
});

it('an evaluation leaves out the ROIs of the scene that its map was made from', async () => {
  const place = { folder, title: 'Accuracy', taken: new Set<string>(), rois: () => set };
  const map = join(folder, 'map.tif');
  const excluded = async (rois = set): Promise<unknown[] | undefined> => {
    const given = { map, reference: 'reference.tif', exclude: 'project', report: 'Accuracy.html' };
    const { exclude } = await prepareInput('evaluate', given, { ...place, rois: () => rois });
    return typeof exclude === 'string' ? valuesIn(exclude) : undefined;
  };
  // A map of unknown origin: all of them.
  expect(await excluded()).toEqual([1, 2, 3]);
  writeFileSync(`${map}.json`, 'no record');
  expect(await excluded()).toEqual([1, 2, 3]);
  const inputs = [
    { role: 'scene', uri: '/data/second.tif' },
    { role: 'model card', uri: '/data/first.tif' },
  ];
  writeFileSync(`${map}.json`, JSON.stringify({ command: 'predict', inputs }));
  expect(await excluded()).toEqual([1, 3]);
  expect(await excluded({ ...set, rois: [roi('first', 2, '/data/first.tif')] })).toBeUndefined();
});

it('training without any ROI says that there are none', async () => {
  const place = { folder, title: 'None', taken: new Set<string>(), rois: () => set };
  const none = { ...place, rois: () => ({ ...set, rois: [] }) };
  await expect(
    prepareInput('train', { scene: ['/data/first.tif'], rois: 'project' }, none),
  ).rejects.toMatchObject({ code: 'no-samples' });
});
