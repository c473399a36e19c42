// Batches in the desk: checked, run, watched beside other jobs, and every scene of them known to the window.
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { BatchSceneSummary } from '../../../app/contract/batch.ts';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { runInChild } from '../../workers/host.ts';
import { writeRois, writeScene } from '../batch/testing/batchScenes.ts';
import { createServices } from '../createServices.ts';
import { BatchFollower } from './batchFollower.ts';
import { confineTo } from './confine.ts';
import { createTestDesk, type TestDesk, temporaryFolder } from './testing/testDesk.ts';

const temporary = temporaryFolder();
const path = (name: string): string => join(temporary.path, name);
let desk: TestDesk;
const recipe = { model: path('model'), postprocess: { majority: 3 } };

beforeAll(async () => {
  await writeScene(path('scenes/north_20240105.tif'), { seed: 1 });
  await writeScene(path('scenes/north_20240301.tif'), { seed: 2, corner: [400_500, 5_799_800] });
  await writeScene(path('scenes/south/scene.tif'), { seed: 3, corner: [400_100, 5_799_000] });
  await writeScene(path('scenes/few.tif'), { seed: 4, bands: ['blue', 'red'] });
  await writeScene(path('scenes/cut.tif'), { seed: 5 });
  truncateSync(path('scenes/cut.tif'), 9000);
  writeRois(path('rois.geojson'));
  await createServices({ runTask: runInChild }).call('train', {
    scene: [path('scenes/north_20240105.tif')],
    ...{ rois: path('rois.geojson'), model: 'forest', split: 'random', out: path('model') },
  });
});
afterAll(() => temporary.remove());

let desks = 0;
const start = (): TestDesk => (desk = createTestDesk(path(`data ${desks++}`)));
afterEach(() => desk.dispose());

async function begin(input: Record<string, unknown>, title = 'Batch: scenes'): Promise<JobRecord> {
  return (await desk.call('job.start', { kind: 'batch', title, input })).job;
}

async function until(id: string, wanted: (job: JobRecord) => boolean): Promise<JobRecord> {
  for (;;) {
    const job = (await desk.call('job.list', {})).jobs.find((one) => one.id === id)!;
    if (wanted(job)) return job;
    await setTimeout(20);
  }
}
const ended = ({ state }: JobRecord): boolean => !['queued', 'running'].includes(state);

const run = async (input: Record<string, unknown>): Promise<JobRecord> =>
  until((await begin(input)).id, ended);

type Scenes = DeskOutput<'batch.scenes'>;
const scenesOf = (out: string, more: object = {}): Promise<Scenes> =>
  desk.call('batch.scenes', { out: path(out), ...more });

it('all scenes are checked before one is mapped, then mapped, and what failed says what helps here', async () => {
  start();
  const input = { folder: path('scenes'), out: path('scenes/maps'), recipe, exclude: ['cut*'] };
  expect(await run({ ...input, check: true })).toMatchObject({ state: 'done' });
  const checked = await scenesOf('scenes/maps');
  expect(checked.counts).toEqual({ waiting: 3, running: 0, done: 0, failed: 1 });
  expect(existsSync(path('scenes/maps/south/scene.tif'))).toBe(false);
  const [first] = checked.scenes;
  expect(first).toMatchObject({ scene: 'few.tif', error: { code: 'bands-mismatch' } });
  expect(first!.error!.message).toContain(`Leave the scene out ("Leave out"), or choose a model`);

  const job = await run({ ...input, exclude: [] });
  expect(job).toMatchObject({ state: 'done', result: { done: 3 } });
  const { counts, scenes, areas, report, mosaics } = await scenesOf('scenes/maps');
  expect(counts).toEqual({ waiting: 0, running: 0, done: 3, failed: 2 });
  expect(scenes.map(({ scene }) => scene).slice(0, 3)).toEqual([
    'cut.tif',
    'few.tif',
    'north_20240105.tif',
  ]);
  for (const { error } of scenes) expect(error?.message ?? '').not.toMatch(/--\w/);
  const maps = scenes.filter(({ state }) => state === 'done');
  for (const { uri } of maps) expect(existsSync(uri!)).toBe(true);
  // 90 by 70 pixels less a corner of 78 without data, three times
  expect(areas.reduce((sum, { pixels }) => sum + pixels, 0)).toBe(3 * (90 * 70 - 78));
  expect(areas.reduce((sum, { hectares }) => sum + hectares!, 0)).toBeCloseTo(
    (3 * (90 * 70 - 78)) / 100,
  );
  expect(mosaics).toEqual([path('scenes/maps/mosaic.vrt')]);
  expect((await desk.call('report.open', { path: report! })).address).toContain('/');
  // a part of a long list
  expect(await scenesOf('scenes/maps', { state: 'done', from: 1, count: 1 })).toMatchObject({
    found: 3,
    scenes: [{ scene: 'north_20240301.tif' }],
  });
  expect((await scenesOf('scenes/maps', { name: 'SOUTH' })).found).toBe(1);
});

it('a recipe is a file that the command line takes; one for each that differs', async () => {
  start();
  const input = { folder: path('scenes'), out: path('recipes'), pattern: ['south/*'] };
  const files: string[] = [];
  for (const more of [{}, {}, { mosaic: false }])
    files.push(String((await run({ ...input, recipe: { ...recipe, ...more } })).input['recipe']));
  expect(files[1]).toBe(files[0]);
  expect(files[2]).not.toBe(files[0]);
  expect(parse(readFileSync(files[0]!, 'utf8'))).toMatchObject(recipe);
  const { recipe: read } = await desk.call('recipe.read', { path: files[0]! });
  expect(read).toMatchObject({ ...recipe, outputs: { map: '{folder}/{name}.tif' }, mosaic: true });
  const copy = path('more/mine.yaml');
  await desk.call('recipe.write', { path: copy, recipe: read });
  expect((await desk.call('recipe.read', { path: copy })).recipe).toEqual(read);
  const again = desk.call('recipe.write', { path: copy, recipe: { ...read, stac: false } });
  await expect(again).rejects.toThrow(/exists already/);
  await desk.call('recipe.write', {
    path: copy,
    recipe: { ...read, stac: false },
    overwrite: true,
  });
  expect((await desk.call('recipe.read', { path: copy })).recipe.stac).toBe(false);
  // other pixels in the same folder are refused in the words of the window
  const other = { ...recipe, postprocess: { sieve: 9 } };
  const { error } = await run({ ...input, recipe: other });
  expect(error).toMatchObject({ code: 'conflict' });
  expect(error?.message).toContain('tick "Map all scenes anew"');
  expect(error?.message).not.toContain('--');
});

it('a folder is watched beside other jobs, paused, resumed, and ends with its results', async () => {
  start();
  mkdirSync(path('inbox'));
  const input = { folder: path('inbox'), out: path('watched'), recipe, watch: true, settle: 0.2 };
  const { id } = await begin(input);
  await until(id, ({ state }) => state === 'running');
  await writeScene(path('inbox/one.tif'), { seed: 7 });
  const seen = async (count: number): Promise<void> => {
    while ((await scenesOf('watched')).counts.done < count) await setTimeout(50);
  };
  await seen(1);
  // the watch does not hold up another batch, which is a job like others
  const beside = { folder: path('scenes'), out: path('beside'), recipe, pattern: ['south/*'] };
  expect(await run(beside)).toMatchObject({ state: 'done', result: { done: 1 } });
  expect((await until(id, () => true)).state).toBe('running');

  await desk.call('job.pause', { job: id });
  expect((await until(id, () => true)).state).toBe('paused');
  await desk.call('job.resume', { job: id });
  await writeScene(path('inbox/two.tif'), { seed: 8 });
  await seen(2);
  await desk.call('job.cancel', { job: id });
  expect(await until(id, () => true)).toMatchObject({
    state: 'done',
    result: { done: 1, skipped: 1, report: path('watched/report.html') },
  });
});

it('the project of somebody else begins no job by itself, and none leaves what the user allowed', async () => {
  start();
  mkdirSync(path('shared'));
  const input = { folder: path('scenes'), recipe, pattern: ['south/*'] };
  await begin({ ...input, out: path('theirs 1') });
  await begin({ ...input, out: path('theirs 2') }, 'Waits');
  await desk.call('project.saveAs', { path: path('shared/theirs.gpkg') });
  await desk.dispose();

  const confine = confineTo({ folders: [path('mine'), path('shared')], servers: [] });
  desk = createTestDesk(path('mine'), runInChild, confine);
  await desk.call('project.open', { path: path('shared/theirs.gpkg') });
  const { jobs } = await desk.call('job.list', {});
  expect(jobs.map(({ state }) => state)).toEqual(['paused', 'paused']);
  const waits = jobs.find(({ title }) => title === 'Waits')!;
  expect(waits.error?.message).toMatch(/was not open here before/);
  await desk.call('job.resume', { job: waits.id });
  const { error } = await until(waits.id, ended);
  expect(error).toMatchObject({ code: 'not-readable' });
  expect(existsSync(path('theirs 2'))).toBe(false);

  // nor by a list of addresses, or a queue
  writeFileSync(path('mine/list.txt'), 'http://169.254.169.254/latest/a.tif\n');
  await createServices({ runTask: runInChild }).call('sample', { dir: path('mine/s'), size: 64 });
  const own = { out: path('mine/out'), recipe: { model: path('mine/model') } };
  const { id } = await begin({ ...own, folder: path('mine/list.txt') });
  expect((await until(id, ended)).error?.message).toMatch(
    /169\.254\.169\.254 lies on this machine/,
  );
  const queued = begin({ ...own, folder: path('mine/s'), queue: 'redis://127.0.0.1:6379' });
  await expect(queued).rejects.toThrow(/127\.0\.0\.1:6379 lies on this machine/);
});

it('scenes are known while they run, after a death without a summary, and from the summary', async () => {
  start();
  const follower = new BatchFollower();
  const out = path('followed');
  const ask = { out, name: '', from: 0, count: 50 };
  const scene = (name: string, state: BatchSceneSummary['state']): BatchSceneSummary => ({
    ...{ scene: name, state, areas: [], nodataPixels: 0, seconds: 0 },
  });
  const states = async (): Promise<string[]> =>
    (await follower.scenes(ask)).scenes.map((one) => `${one.scene} ${one.state}`);
  expect(await states()).toEqual([]);
  const { tell } = await follower.begin(out, false);
  for (const name of ['a', 'b', 'c']) tell(scene(name, 'waiting'));
  tell(scene('a', 'done'));
  tell(scene('b', 'running'));
  expect(await states()).toEqual(['b running', 'c waiting', 'a done']);
  await follower.end(out);
  expect(await states()).toEqual(['b waiting', 'c waiting', 'a done']);
  const again = await follower.begin(out, false);
  again.tell(scene('a', 'failed'));
  mkdirSync(out);
  writeFileSync(join(out, 'summary.json'), JSON.stringify({ scenes: [scene('d', 'done')] }));
  await follower.end(out);
  expect(await states()).toEqual(['d done']);
  // a folder that holds something else of that name
  writeFileSync(join(out, 'summary.json'), '{ "scenes": 3 }');
  expect(await states()).toEqual([]);
  writeFileSync(join(out, 'summary.json'), 'no JSON at all');
  expect(await states()).toEqual([]);
});
