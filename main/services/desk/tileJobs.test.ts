// What the desk says that networks over tiles will take, beside what they take, and what it shows of their maps as they grow.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DeskEvent, DeskOutput } from '../../../app/contract/deskApi.ts';
import { openScene } from '../../raster/formats.ts';
import { runInChild } from '../../workers/host.ts';
import { createServices } from '../createServices.ts';
import { createTestDesk, type TestDesk, temporaryFolder } from './testing/testDesk.ts';

const temporary = temporaryFolder();
const services = createServices({ runTask: runInChild });
const path = (name: string): string => join(temporary.path, name);
const training = { model: 'spectralgpt', preset: 'tiny', epochs: 2, tiles: 48, batch: 8 } as const;
const pair = { before: '', after: '', rois: '' };
let onRois: Record<string, unknown>;
let desk: TestDesk;

beforeAll(async () => {
  const one = await services.call('sample', { dir: path('one'), kind: 'sentinel2', size: 160 });
  const two = await services.call('sample', { dir: path('two'), kind: 'pair', size: 160 });
  Object.assign(pair, { before: two.scene, after: two.second, rois: two.change });
  onRois = { ...training, scene: [one.scene], rois: one.rois, split: 'random' };
  desk = createTestDesk(path('data'));
}, 60_000);
afterAll(async () => {
  await desk.dispose();
  temporary.remove();
});

type Estimate = DeskOutput<'cost.estimate'>;
const estimate = (kind: 'train' | 'predict' | 'change', input: object): Promise<Estimate> =>
  desk.call('cost.estimate', { kind, input: { ...input } });

const bytesOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

it('training: more with more epochs, parts of a batch and light tuning told, disk enough for the model', async () => {
  const few = await estimate('train', onRois);
  expect(few.basis).toMatch(/of 96 tiles were learned to measure it, with \w+ \(/);
  const many = await estimate('train', { ...onRois, epochs: 200 });
  expect(many.seconds[1]).toBeGreaterThan(5 * few.seconds[1]);
  // Of Base only some blocks are built: the probe stays within a fraction of its 86 million numbers.
  const base = await estimate('train', { ...onRois, preset: 'base', tune: 'head', tiles: 32 });
  expect(base.basis).toContain('only 2 of the 12 blocks');
  expect(base.basis).toContain('A step takes 8 tiles, 2 at a time.');
  expect(base.memoryBytes).toBeGreaterThan(4 * 86e6);
  expect(base.diskBytes).toBeGreaterThan(4 * 86e6);

  const made = await services.call('train', { ...onRois, out: path('model') });
  expect(few.samples).toBe(made.samples.training + made.samples.validation);
  expect(few.diskBytes).toBeGreaterThan(bytesOf(path('model')));
}, 180_000);

it('mapping: the tiles that a run has, memory near what it takes, disk no less than the map', async () => {
  const input = { model: path('model'), scene: (onRois['scene'] as string[])[0]! };
  const found = await estimate('predict', input);
  const made = await services.call('predict', { ...input, out: path('map.tif') });
  expect(found.basis).toContain(`of ${made.tiles.toLocaleString('en')} tiles were mapped`);
  expect(found.memoryBytes).toBeGreaterThan(0.6 * made.peakRssBytes);
  expect(found.memoryBytes).toBeLessThan(2.5 * made.peakRssBytes);
  expect(found.diskBytes).toBeGreaterThanOrEqual(statSync(path('map.tif')).size);
  const [least, most] = found.seconds;
  expect(least).toBeGreaterThan(0);
  expect(most).toBeGreaterThan(least);
}, 120_000);

it('change: learned and mapped, and more where classes of both dates are asked for', async () => {
  const { rois, ...dates } = pair;
  const change = { ...training, before: [dates.before], after: [dates.after], rois };
  const learning = await estimate('train', { ...change, task: 'change' });
  expect(learning.basis).toMatch(/of 96 tiles were learned/);
  await services.call('train', { ...change, epochs: 1, task: 'change', out: path('changes') });
  const input = { model: path('changes'), ...dates };
  const found = await estimate('change', input);
  const made = await services.call('change', { ...input, out: path('change.tif') });
  expect(found.basis).toContain(`of ${made.tiles.toLocaleString('en')} tiles were mapped`);
  expect(found.memoryBytes).toBeGreaterThan(0.6 * made.peakRssBytes);
  expect(found.diskBytes).toBeGreaterThanOrEqual(
    statSync(made.map).size + statSync(made.probability).size,
  );
  const both = await estimate('change', { ...input, classesModel: path('model') });
  expect(both.diskBytes).toBeGreaterThan(found.diskBytes);
}, 180_000);

type Mapped = Extract<DeskEvent, { kind: 'mapped' }>;

/** Runs a job to its end; its pictures, and the map that it wrote. */
async function watched(
  kind: 'predict' | 'change',
  input: Record<string, unknown>,
): Promise<{ readonly events: readonly Mapped[]; readonly map: string }> {
  const { job } = await desk.call('job.start', { kind, title: `Watched ${kind}`, input });
  for (;;) {
    const { jobs } = await desk.call('job.list', {});
    const { state, error, result } = jobs.find(({ id }) => id === job.id)!;
    if (state === 'failed') throw new Error(error?.message);
    if (state === 'done') {
      const events = desk.events.filter((event) => event.kind === 'mapped');
      return {
        events: events.filter((event) => event.job === job.id),
        map: String(result?.['map']),
      };
    }
    await setTimeout(50);
  }
}

/** The picture that events paint; maps of at most 2,048 pixels are told pixel by pixel. */
function painted(events: readonly Mapped[]): number[] {
  const { width, height } = events[0]!;
  const picture = new Array<number>(width * height).fill(-1);
  for (const { window, columns, rows, classes } of events) {
    const [x, y, ...size] = window;
    expect(size).toEqual([columns, rows]);
    const values = Buffer.from(classes, 'base64');
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        picture[(y + row) * width + x + column] = values[row * columns + column]!;
  }
  return picture;
}

async function written(map: string): Promise<number[]> {
  const source = await openScene(map);
  try {
    const { width, height } = source.description.grid;
    const { bands } = await source.read({ window: { x: 0, y: 0, width, height } });
    return Array.from(bands[0]!, Number);
  } finally {
    await source.close();
  }
}

it('a map by tiles is shown row by row as it grows, where it lies, and is what is written', async () => {
  const scene = (onRois['scene'] as string[])[0]!;
  const window = [20, 30, 90, 70];
  const { events, map } = await watched('predict', { model: path('model'), scene, window });
  expect(events.length).toBeGreaterThan(5);
  const tops = events.map((event) => event.window[1]);
  expect(tops).toEqual(tops.toSorted((a, b) => a - b));
  for (const { place, colors } of events) {
    expect(place).toEqual(window);
    expect(colors).toBeUndefined();
  }
  expect(painted(events)).toEqual(await written(map));
}, 60_000);

it('so is a map of change, cut at its threshold, in colours of its own', async () => {
  const { rois: _, ...dates } = pair;
  const input = { model: path('changes'), ...dates, threshold: 0.45 };
  const { events, map } = await watched('change', input);
  expect(events.length).toBeGreaterThan(5);
  const values = await written(map);
  expect(new Set(values)).toEqual(new Set([0, 1, 2]));
  expect(painted(events)).toEqual(values);
  expect(events[0]!.colors!.map(([value]) => value)).toEqual([1, 2]);
}, 120_000);
