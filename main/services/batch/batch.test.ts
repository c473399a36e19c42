import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Output } from '../../../app/contract/api.ts';
import type { ProgressEvent } from '../../../app/contract/events.ts';
import { AppError } from '../../../app/error.ts';
import { createRandom } from '../../../app/random.ts';
import { noReferee, Referee } from '../../raster/scenes/testing/referee.ts';
import { childOf, runInChild } from '../../workers/host.ts';
import { createServices } from '../createServices.ts';
import { writeBatchScenes, writeRois, writeScene } from './testing/batchScenes.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-batch-'));
const path = (name: string): string => join(folder, name);
const services = createServices({ runTask: runInChild });
const recipe = path('recipe.yaml');
const lines = [
  'model: model',
  'postprocess: { majority: 3, sieve: 5 }',
  'outputs:',
  '  score: "{folder}/{name}-score.tif"',
  '  vector: "{folder}/{name}.gpkg"',
];

type Result = Output<'batch'>;
const run = (out: string, more: Record<string, unknown> = {}): Promise<Result> =>
  services.call('batch', { folder: path('scenes'), recipe, out: path(out), ...more });
const failure = async (work: Promise<unknown>): Promise<AppError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
};

/** SHA-256 of all that a batch wrote, but for what tells times. */
function hashes(out: string): Record<string, string> {
  const names = readdirSync(path(out), { recursive: true, encoding: 'utf8' }).toSorted();
  const told = /(^\.batch)|\.tif\.json$|^(summary\.json|report\.html)$/;
  return Object.fromEntries(
    names
      .filter((name) => !told.test(name) && statSync(join(path(out), name)).isFile())
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(path(out), name)))
          .digest('hex'),
      ]),
  );
}

beforeAll(async () => {
  await writeBatchScenes(path('scenes'));
  await writeScene(path('scenes/cut.tif'), { seed: 5 });
  truncateSync(path('scenes/cut.tif'), 9000);
  symlinkSync('..', path('scenes/south/round')); // a loop
  symlinkSync('north_20240105.tif', path('scenes/.hidden.tif'));
  writeRois(path('rois.geojson'));
  writeFileSync(recipe, lines.join('\n'));
  await services.call('train', {
    scene: [path('scenes/north_20240105.tif')],
    rois: path('rois.geojson'),
    model: 'forest',
    split: 'random',
    out: path('model'),
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a folder of five scenes, one cut short and one lacking a band', () => {
  let first: Result;
  beforeAll(async () => {
    first = await run('scenes/maps');
  });

  test('all that can be mapped is mapped, the others say why', () => {
    expect(first).toMatchObject({ done: 3, skipped: 0, waiting: 0 });
    expect(first.failed.map(({ scene, code }) => [scene, code])).toEqual([
      ['cut.tif', 'corrupt'],
      ['few.tif', 'bands-mismatch'],
    ]);
    for (const { message } of first.failed) expect(message).toMatch(/again|--exclude/);
    expect(Object.keys(hashes('scenes/maps')).filter((name) => !/^north/.test(name))).toEqual([
      'collection.json',
      'mosaic.vrt',
      'south/scene-score.tif',
      'south/scene.gpkg',
      'south/scene.qml',
      'south/scene.stac.json',
      'south/scene.tif',
      'south/scene.tif.aux.xml',
      'summary.csv',
    ]);
    expect(existsSync(join(path('scenes/maps'), '.batch/raw'))).toBe(false);
  });

  test('who follows it scene by scene is told every state, those of an earlier start too', async () => {
    const states: string[] = [];
    const onEvent = (event: ProgressEvent): void => {
      if (event.kind === 'scene') states.push(`${event.scene.scene} ${event.scene.state}`);
    };
    const input = { folder: path('scenes'), recipe, out: path('followed'), pattern: ['south/*'] };
    await services.call('batch', { ...input, exclude: ['few.tif'] }, { onEvent });
    const course = ['waiting', 'waiting', 'running', 'done'];
    expect(states).toEqual(course.map((state) => `south/scene.tif ${state}`));
    states.length = 0;
    await services.call('batch', { ...input, pattern: ['south/*', 'cut.tif'] }, { onEvent });
    expect(states).toContain('south/scene.tif done');
    expect(states).toContain('cut.tif failed');
  });

  test('started again it maps nothing anew, and its maps are not taken for scenes', async () => {
    const before = hashes('scenes/maps');
    const again = await run('scenes/maps');
    expect(again).toMatchObject({ done: 0, skipped: 3, waiting: 0 });
    expect(again.failed).toHaveLength(2);
    expect(hashes('scenes/maps')).toEqual(before);
  });

  test('what was touched is known by its bytes; what was changed or lost is made again', async () => {
    const before = hashes('scenes/maps');
    utimesSync(join(path('scenes/maps'), 'south/scene.tif'), 1, 1);
    expect(await run('scenes/maps')).toMatchObject({ done: 0, skipped: 3 });
    writeFileSync(join(path('scenes/maps'), 'south/scene.tif'), 'spoilt');
    rmSync(join(path('scenes/maps'), 'north_20240105.gpkg'));
    expect(await run('scenes/maps')).toMatchObject({ done: 2, skipped: 1 });
    expect(hashes('scenes/maps')).toEqual(before);
  });

  test('another recipe in the same folder is refused, and two programs at a time', async () => {
    const other = path('other.yaml');
    writeFileSync(other, 'model: model\n');
    const error = await failure(run('scenes/maps', { recipe: other }));
    expect(error.code).toBe('conflict');
    expect(error.message).toMatch(/outputs|postprocess/);
    const both = await Promise.allSettled([run('twice'), run('twice')]);
    const codes = both.map((one) =>
      one.status === 'fulfilled' ? 'done' : (one.reason as AppError).code,
    );
    expect(codes.toSorted()).toEqual(['done', 'in-use']);
  });

  test('two processes at a time give the same bytes', async () => {
    const { done } = await run('two', { jobs: 2 });
    expect(done).toBe(3);
    const [one, two] = [hashes('scenes/maps'), hashes('two')];
    // a reference from the item to its scene depends on where the results lie
    const items = /stac\.json$/;
    const without = (all: Record<string, string>): [string, string][] =>
      Object.entries(all).filter(([name]) => !items.test(name));
    expect(without(two)).toEqual(without(one));
  });

  describe.skipIf(noReferee !== undefined)(`beside GDAL's ${noReferee ?? ''}`, () => {
    let referee: Referee;
    beforeAll(() => {
      referee = new Referee(fileURLToPath(new URL('./testing/batchResults.py', import.meta.url)));
    });
    afterAll(() => referee.stop());
    const at = (name: string): string => join(path('scenes/maps'), name);

    test('post-processing is the majority by its definition and the sieve of GDAL', async () => {
      const raw = path('raw.tif');
      await services.call('predict', {
        model: path('model'),
        scene: path('scenes/south/scene.tif'),
        out: raw,
      });
      const answer = await referee.must<{ wrong: number; changed: number }>({
        ...{ action: 'sieved', raw, map: at('south/scene.tif'), side: 3, least: 5 },
      });
      expect(answer.wrong).toBe(0);
      expect(answer.changed).toBeGreaterThan(100);
    });

    test('the mosaic equals the maps pixel by pixel, the newest on top', async () => {
      expect(first.mosaics).toEqual([at('mosaic.vrt')]);
      const maps = ['south/scene.tif', 'north_20240105.tif', 'north_20240301.tif'].map(at);
      const answer = await referee.must<{ wrong: number; mapped: number }>({
        ...{ action: 'mosaic', vrt: at('mosaic.vrt'), maps },
      });
      expect(answer).toMatchObject({ wrong: 0, epsg: 32633, nodata: 0 });
      expect(answer.mapped).toBeGreaterThan(10_000);
    });

    test('items and collection are those of STAC 1.0 and say where the maps lie', async () => {
      const answer = await referee.must({ action: 'stac', collection: first.collection! });
      expect(answer).toEqual({ items: 3, problems: [] });
    });
  });

  test('the table and the summary say the areas that the maps have', async () => {
    const table = readFileSync(first.table, 'utf8').split('\r\n');
    expect(table[0]).toContain('Forest & shrub (ha)');
    const summary = JSON.parse(readFileSync(first.summary, 'utf8')) as {
      areas: { class: string; pixels: number; hectares: number }[];
      scenes: { scene: string; areas: { class: string; pixels: number }[] }[];
    };
    const south = summary.scenes.find(({ scene }) => scene === 'south/scene.tif')!;
    expect(south.areas.reduce((sum, { pixels }) => sum + pixels, 0)).toBe(90 * 110 - 78);
    for (const { class: name, pixels, hectares } of summary.areas) {
      const own = summary.scenes.flatMap(({ areas }) => areas.filter((one) => one.class === name));
      expect(pixels).toBe(own.reduce((sum, one) => sum + one.pixels, 0));
      // 100 square metres a pixel on the map, a little more or less on the ground
      expect(hectares / pixels).toBeCloseTo(0.01, 4);
    }
    expect(readFileSync(first.report, 'utf8')).toContain('2 scenes failed');
  });
});

test('kill −9 at random moments, then on to the same bytes', { timeout: 600_000 }, async () => {
  await run('undisturbed');
  const random = createRandom(11, 'batch-kills');
  const rounds = Number(process.env['PRISMAP_KILLS'] ?? 8);
  let kills = 0;
  let result: Result | undefined;
  for (let round = 0; result === undefined; round++) {
    const words = ['batch', path('scenes'), '--recipe', recipe, '--out', path('killed'), '--json'];
    const cli = fileURLToPath(new URL('../../cli.ts', import.meta.url));
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...words]);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const kill = (): void => void child.kill('SIGKILL');
    // from its first word on, at first soon: a fast machine is done in a second; the last rounds are left alone
    const latest = (1200 * (round + 1)) / rounds;
    if (round < rounds)
      child.stderr.once('data', () => setTimeout(kill, random.uniform() * latest));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) result = JSON.parse(out) as Result;
    else kills += 1;
    expect([0, null]).toContain(code);
    // what has its name is whole
    for (const [name, hash] of existsSync(path('killed')) ? Object.entries(hashes('killed')) : [])
      if (/\.(tif|gpkg)$/.test(name)) expect(hash, name).toBe(hashes('undisturbed')[name]);
  }
  expect(kills).toBeGreaterThan(0);
  expect(result.failed).toHaveLength(2);
  expect(hashes('killed')).toEqual(hashes('undisturbed'));
  expect(existsSync(join(path('killed'), '.batch/raw'))).toBe(false);
});

test('a scene that kills its process, or hangs, fails alone; one that did so once does not', async () => {
  for (const name of ['a.tif', 'flaky.tif', 'poison.tif', 'silent.tif', 'startling.tif', 'z.tif'])
    cpSync(path('scenes/north_20240105.tif'), path(`bad/${name}`), { recursive: true });
  const entry = fileURLToPath(new URL('./testing/poisonedCompute.ts', import.meta.url));
  const poisoned = createServices({ runTask: runInChild, startProcess: childOf(entry) });
  const words = { folder: path('bad'), recipe, out: path('bad-maps'), timeout: 15 };
  const result = await poisoned.call('batch', words);
  expect(result.done).toBe(4);
  expect(result.failed.map(({ scene, code }) => [scene, code])).toEqual([
    ['poison.tif', 'worker-died'],
    ['silent.tif', 'worker-died'],
  ]);
  expect(result.failed[1]!.message).toContain('no sign of progress for 15 s');
  // whole again with a process that can
  expect(await services.call('batch', words)).toMatchObject({ done: 2, skipped: 4, failed: [] });
});

test('what would be written twice is refused before anything is mapped', async () => {
  for (const name of ['a/x.tif', 'b/x.tif'])
    cpSync(path('scenes/north_20240105.tif'), path(`double/${name}`), { recursive: true });
  const flat = path('flat.yaml');
  writeFileSync(flat, 'model: model\noutputs: { map: "{name}.tif" }\n');
  const words = { folder: path('double'), recipe: flat, out: path('double-maps') };
  const error = await failure(services.call('batch', words));
  expect(error.code).toBe('usage');
  expect(error.message).toMatch(
    /a\/x\.tif and b\/x\.tif would both be written to x\.tif.*\{folder\}/,
  );
  expect(existsSync(path('double-maps/x.tif'))).toBe(false);
  expect(await services.call('batch', { ...words, exclude: ['b/*'] })).toMatchObject({
    done: 1,
    failed: [],
  });
});

test('stop on error, patterns, order, and a check that maps nothing', async () => {
  const some = { pattern: ['*.tif'], exclude: ['few*'] };
  const checked = await run('some', { ...some, check: true });
  expect(checked).toMatchObject({ done: 0, waiting: 3 });
  expect(checked.failed).toHaveLength(1);
  expect(await run('some', { pattern: ['south/*'] })).toMatchObject({ done: 1, failed: [] });
  expect((await failure(run('none', { pattern: ['*.xyz'] }))).code).toBe('not-found');
});

test('--fresh maps all anew and takes nothing that another recipe left', async () => {
  const words = { folder: path('fresh'), out: path('fresh-maps') };
  cpSync(path('scenes/south/scene.tif'), path('fresh/scene.tif'), { recursive: true });
  await services.call('batch', { ...words, recipe });
  const before = hashes('fresh-maps');
  // as a kill between prediction and post-processing leaves it, but of another window
  const { size, mtimeMs } = statSync(path('fresh/scene.tif'));
  const name = createHash('sha256').update(`scene.tif\n1 ${size} ${mtimeMs}`).digest('hex');
  const raw = join(path('fresh-maps'), `.batch/raw/${name.slice(0, 24)}.tif`);
  mkdirSync(dirname(raw), { recursive: true });
  await services.call('predict', {
    ...{ model: path('model'), scene: path('fresh/scene.tif') },
    ...{ window: [0, 0, 20, 20], out: raw },
  });
  expect(await services.call('batch', { ...words, recipe, fresh: true })).toMatchObject({
    done: 1,
  });
  expect(hashes('fresh-maps')).toEqual(before);
});

test('what is to come first does, also when that is said later', async () => {
  for (const name of ['a.tif', 'b.tif', 'c.tif'])
    cpSync(path('scenes/north_20240105.tif'), path(`order/${name}`), { recursive: true });
  const words = { folder: path('order'), recipe, out: path('order-maps') };
  await services.call('batch', { ...words, check: true });
  const order: string[] = [];
  await services.call(
    'batch',
    { ...words, first: ['c*', 'b*'] },
    {
      onEvent: (event) => {
        const name = event.kind === 'progress' ? event.detail?.split(' ')[0] : undefined;
        if (name !== undefined && order.at(-1) !== name) order.push(name);
      },
    },
  );
  expect(order).toEqual(['c.tif', 'b.tif', 'a.tif']);
});

test('a watched folder: what arrives is mapped when it has stopped growing', async () => {
  const source = readFileSync(path('scenes/north_20240105.tif'));
  cpSync(path('scenes/north_20240301.tif'), path('inbox/early.tif'), { recursive: true });
  const controller = new AbortController();
  const notes: string[] = [];
  const watching = services.call(
    'batch',
    { folder: path('inbox'), recipe, out: path('inbox-maps'), watch: true, settle: 3 },
    {
      signal: controller.signal,
      onEvent: (event) => void (event.kind === 'note' && notes.push(event.message)),
    },
  );
  const mapped = async (name: string): Promise<void> => {
    for (let i = 0; i < 600 && !existsSync(path(`inbox-maps/${name}.stac.json`)); i++)
      await new Promise((resolve) => setTimeout(resolve, 100));
  };
  await mapped('early');
  // grows in four steps, each within the time that it has to rest
  for (let part = 1; part <= 4; part++) {
    writeFileSync(
      path('inbox/late.tif'),
      source.subarray(0, Math.ceil((part * source.length) / 4)),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await mapped('late');
  await new Promise((resolve) => setTimeout(resolve, 4000));
  controller.abort();
  expect(await watching).toMatchObject({ done: 2, failed: [], waiting: 0 });
  expect(notes[0]).toContain('Waiting for more scenes');
});
