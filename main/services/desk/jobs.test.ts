import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type JobRecord, jobRecord } from '../../../app/contract/desk/jobs.ts';
import { deskEvent } from '../../../app/contract/deskApi.ts';
import { runInChild } from '../../workers/host.ts';
import { createServices } from '../createServices.ts';
import { createTestDesk, type TestDesk, temporaryFolder } from './testing/testDesk.ts';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());

const files = { scene: '', rois: '', reference: '' };
beforeAll(async () => {
  const services = createServices({ runTask: runInChild });
  const dir = join(temporary.path, 'sample');
  Object.assign(files, await services.call('sample', { dir, kind: 'sentinel2', size: 320 }));
});

let folders = 0;
const desks: TestDesk[] = [];
function start(dataFolder = join(temporary.path, `data ${folders++}`)): TestDesk {
  const desk = createTestDesk(dataFolder);
  desks.push(desk);
  return desk;
}
afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.dispose();
});

/** A desk with a project that holds the ROIs of the sample. */
async function startWithRois(): Promise<TestDesk> {
  const desk = start();
  const { classes, rois } = await desk.call('rois.import', { path: files.rois });
  await desk.call('project.edit', {
    edit: {
      label: 'Import',
      changes: [
        { table: 'settings', id: 'crs', after: { id: 'crs', value: 'EPSG:32633' } },
        ...classes.map((landClass, order) => ({
          table: 'classes' as const,
          id: `c${landClass.value}`,
          after: { ...landClass, id: `c${landClass.value}`, order, visible: true },
        })),
        ...rois.map(({ classValue, geometry }, index) => ({
          table: 'rois' as const,
          id: `r${index}`,
          after: { id: `r${index}`, classId: `c${classValue}`, geometry },
        })),
      ],
    },
  });
  return desk;
}

/** The job once `wanted` holds. */
async function until(
  desk: TestDesk,
  id: string,
  wanted: (job: JobRecord) => boolean,
): Promise<JobRecord> {
  for (;;) {
    const { jobs } = await desk.call('job.list', {});
    const job = jobs.find((one) => one.id === id)!;
    if (wanted(job)) return job;
    if (job.state === 'failed') throw new Error(`${job.error?.code}: ${job.error?.message}`);
    await setTimeout(20);
  }
}
const isDone = ({ state }: JobRecord): boolean => state === 'done';

const quickForest = { model: 'forest', rois: 'project' };

describe('a job', () => {
  it('trains on the ROIs of the project, maps with the model, and says how it goes', async () => {
    const desk = await startWithRois();
    const { folder } = await desk.call('project.state', {});
    const { job } = await desk.call('job.start', {
      kind: 'train',
      title: 'Forest: first / try',
      input: { ...quickForest, scene: [files.scene] },
    });
    expect(['queued', 'running']).toContain(job.state);
    const trained = await until(desk, job.id, isDone);
    const model = join(folder, 'Forest- first - try');
    expect(trained.result).toMatchObject({ model });
    expect(trained.input['rois']).toBe(`${model}-rois.gpkg`);
    expect(existsSync(trained.input['rois'] as string)).toBe(true);
    const manifest = JSON.parse(readFileSync(join(model, 'manifest.json'), 'utf8')) as {
      inputs: { role: string; uri: string; sha256: string }[];
    };
    expect(manifest.inputs.find(({ role }) => role === 'ROIs')).toMatchObject({
      uri: trained.input['rois'],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });

    const { job: mapping } = await desk.call('job.start', {
      kind: 'predict',
      title: 'Map it',
      input: { model, scene: files.scene },
    });
    const mapped = await until(desk, mapping.id, isDone);
    expect(mapped.result).toMatchObject({ map: join(folder, 'Map it.tif') });
    // the same bytes as the command line's
    const services = createServices({ runTask: runInChild });
    const out = join(temporary.path, 'by-command.tif');
    await services.call('predict', { model, scene: files.scene, out });
    expect(readFileSync(join(folder, 'Map it.tif')).equals(readFileSync(out))).toBe(true);

    for (const event of desk.events) expect(deskEvent.parse(event)).toEqual(event);
    const windows = desk.events.filter((event) => event.kind === 'mapped');
    expect(windows.reduce((sum, { window: [, , w, h] }) => sum + w * h, 0)).toBe(320 * 320);
    const states = desk.events
      .filter((event) => event.kind === 'job' && event.job.id === mapping.id)
      .map((event) => event.kind === 'job' && event.job.state);
    expect([...new Set(states)]).toEqual(['queued', 'running', 'done']);
    expect((await desk.call('job.log', { job: mapping.id })).lines.join('\n')).toMatch(
      /started\n.*engine: forest[^]*done$/,
    );
    const { models } = await desk.call('model.list', {});
    expect(models).toHaveLength(1);
    expect(models[0]).toMatchObject({ path: model, family: 'forest' });
    expect(models[0]!.figures['oa']).toBeGreaterThan(0.5);
  });

  it('that is wrong is refused before it is queued', async () => {
    const desk = await startWithRois();
    const begin = (kind: 'train' | 'predict', input: Record<string, unknown>) =>
      desk.call('job.start', { kind, title: 'x', input });
    await expect(begin('predict', { model: 'm' })).rejects.toThrow(/scene/);
    await expect(begin('train', { ...quickForest, scene: files.scene })).rejects.toThrow(/scene/);
    await expect(
      begin('predict', { model: 'm', scene: files.scene, within: { rois: ['gone'] } }),
    ).rejects.toThrow(expect.objectContaining({ code: 'no-samples' }));
    expect((await desk.call('job.list', {})).jobs).toEqual([]);
    const { folder } = await desk.call('project.state', {});
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  });

  it('that fails says why, and the next one runs', async () => {
    const desk = start();
    const { job: bad } = await desk.call('job.start', {
      kind: 'predict',
      title: 'No model',
      input: { model: join(temporary.path, 'nowhere'), scene: files.scene },
    });
    const { job: good } = await desk.call('job.start', {
      kind: 'sample',
      title: 'Sample',
      input: { kind: 'sentinel2', size: 64 },
    });
    const done = await until(desk, good.id, isDone);
    expect(dirname(done.result!['scene'] as string)).toMatch(/Sample$/);
    const [, failed] = (await desk.call('job.list', {})).jobs;
    expect(failed).toMatchObject({
      id: bad.id,
      state: 'failed',
      error: { code: 'not-found', message: expect.stringContaining('no model') as string },
    });
    await desk.call('job.remove', { job: bad.id });
    expect((await desk.call('job.list', {})).jobs.map(({ id }) => id)).toEqual([good.id]);
    expect(existsSync(done.result!['scene'] as string)).toBe(true);
  });
});

const network = (epochs: number): Record<string, unknown> => ({
  rois: 'project',
  scene: [files.scene],
  preset: 'paper',
  epochs,
  baseline: false,
  maxSamples: 200,
});

describe('a running job', () => {
  it('is cancelled, and when the call answers its process has ended; another starts by itself', async () => {
    const desk = await startWithRois();
    const begin = (title: string) =>
      desk.call('job.start', { kind: 'train', title, input: network(500) });
    const { job: first } = await begin('One');
    const { job: second } = await begin('Two');
    const going = await until(desk, first.id, ({ curve }) => curve.length >= 2);
    expect(going).toMatchObject({ state: 'running', stage: 'training', total: 500 });
    expect(going.eta![0]).toBeLessThan(going.eta![1]);
    expect(going.device).toBeTruthy();
    expect((await desk.call('job.list', {})).jobs[0]).toMatchObject({
      id: second.id,
      state: 'queued',
    });

    await desk.call('job.cancel', { job: first.id });

    await until(desk, second.id, ({ state }) => state === 'running');
    const told = desk.events.filter((event) => event.kind === 'job' && event.job.id === first.id);
    expect(told.at(-1)).toMatchObject({ job: { state: 'cancelled' } });
    await desk.call('job.cancel', { job: second.id });
    await expect(desk.call('job.cancel', { job: second.id })).rejects.toThrow(/has ended already/);
  });

  it('is paused and resumed to the same bytes', async () => {
    const desk = await startWithRois();
    const begin = (title: string) =>
      desk.call('job.start', { kind: 'train', title, input: network(12) });
    const { job: whole } = await begin('whole');
    const reference = await until(desk, whole.id, isDone);
    const { job } = await begin('parts');
    await until(desk, job.id, ({ curve }) => curve.length >= 3);
    await desk.call('job.pause', { job: job.id });
    const paused = await until(desk, job.id, ({ state }) => state === 'paused');
    expect(paused.curve.length).toBeLessThan(12);
    expect(paused.ended).toBeUndefined();
    await desk.call('job.resume', { job: job.id });
    const done = await until(desk, job.id, isDone);
    expect(done.curve.map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    expect(done.elapsedSeconds).toBeGreaterThan(paused.elapsedSeconds);
    const weights = ({ result }: JobRecord): Buffer =>
      readFileSync(join(result!['model'] as string, 'weights.safetensors'));
    expect(weights(done).equals(weights(reference))).toBe(true);
  });

  it('comes back paused when the project is opened again; what waited goes on', async () => {
    const desk = await startWithRois();
    const { job } = await desk.call('job.start', {
      kind: 'train',
      title: 'Long',
      input: network(300),
    });
    const { job: waiting } = await desk.call('job.start', {
      kind: 'sample',
      title: 'Waiting',
      input: { size: 64 },
    });
    await until(desk, job.id, ({ curve }) => curve.length >= 1);
    await desk.dispose();
    const again = start(desk.dataFolder);
    const paused = await until(again, job.id, () => true);
    expect(paused).toMatchObject({ state: 'paused', title: 'Long' });
    expect(paused.curve.length).toBeGreaterThanOrEqual(1);
    await until(again, waiting.id, isDone);
    expect((await again.call('job.log', { job: job.id })).lines.at(-2)).toMatch(
      /project was closed/,
    );
    await again.call('job.cancel', { job: job.id });
    const { jobs } = await again.call('job.list', {});
    expect(jobs.map(({ state }) => state)).toEqual(['done', 'cancelled']);
  });

  it('goes on while the project is given a name', async () => {
    const desk = await startWithRois();
    const { job } = await desk.call('job.start', {
      kind: 'train',
      title: 'Named',
      input: network(25),
    });
    await until(desk, job.id, ({ curve }) => curve.length >= 1);
    const path = join(temporary.path, 'named.gpkg');
    await desk.call('project.saveAs', { path });
    await until(desk, job.id, isDone);
    await desk.dispose();
    const again = start();
    await again.call('project.open', { path });
    const { jobs } = await again.call('job.list', {});
    expect(jobs).toHaveLength(1);
    expect(jobRecord.parse(jobs[0])).toMatchObject({ state: 'done' });
    expect(jobs[0]!.curve).toHaveLength(25);
  });

  it('comes back paused when the host was killed, and is resumed to the same bytes', async () => {
    const desk = await startWithRois();
    const input = network(10);
    const { job: whole } = await desk.call('job.start', { kind: 'train', title: 'Ref', input });
    const reference = await until(desk, whole.id, isDone);
    const path = join(temporary.path, 'killed.gpkg');
    await desk.call('project.saveAs', { path });
    await desk.dispose();
    const id = await killWhileTraining(desk.dataFolder, path, input);
    const again = start(desk.dataFolder);
    const state = await again.call('project.state', {});
    expect(state).toMatchObject({ path, recovered: true });
    const paused = await until(again, id, () => true);
    expect(paused).toMatchObject({
      state: 'paused',
      error: { code: 'worker-died', message: expect.stringContaining('resume it') as string },
    });
    await again.call('job.resume', { job: id });
    const done = await until(again, id, isDone);
    expect(done.error).toBeUndefined();
    const weights = ({ result }: JobRecord): Buffer =>
      readFileSync(join(result!['model'] as string, 'weights.safetensors'));
    expect(weights(done).equals(weights(reference))).toBe(true);
  });
});

/** Runs a job in a host of its own, kills the host in the third epoch, and gives the id of the job. */
async function killWhileTraining(
  dataFolder: string,
  path: string,
  input: Record<string, unknown>,
): Promise<string> {
  const entry = fileURLToPath(new URL('./testing/trainAndTell.ts', import.meta.url));
  const host = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', entry, dataFolder, path, JSON.stringify(input)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let id = '';
  const ended = new Promise<void>((resolve) => host.on('close', () => resolve()));
  for await (const line of createInterface({ input: host.stdout })) {
    const said = JSON.parse(line) as { id: string; state: string; epochs: number };
    expect(said.state).toBe('running');
    id = said.id;
    if (said.epochs >= 3) host.kill('SIGKILL');
  }
  await ended;
  return id;
}
