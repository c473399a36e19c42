import { mkdtempSync, rmSync } from 'node:fs';
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
  const database = new DatabaseSync(String(input['rois']), { readOnly: true });
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
