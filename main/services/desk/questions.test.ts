import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../app/contract/desk/jobs.ts';
import type { Grid } from '../../../app/raster/grid.ts';
import { createCogWriter } from '../../raster/cog/writeCog.ts';
import { openScene } from '../../raster/formats.ts';
import { runInChild } from '../../workers/host.ts';
import { createServices } from '../createServices.ts';
import { createTestDesk, type TestDesk, temporaryFolder } from './testing/testDesk.ts';

const temporary = temporaryFolder();
const services = createServices({ runTask: runInChild });
const path = (name: string): string => join(temporary.path, name);
const files = { scene: '', rois: '', reference: '' };
let desk: TestDesk;

beforeAll(async () => {
  Object.assign(
    files,
    await services.call('sample', { dir: path('sample'), kind: 'sentinel2', size: 320 }),
  );
  await services.call('train', {
    scene: [files.scene],
    rois: files.rois,
    model: 'forest',
    out: path('model'),
  });
  desk = createTestDesk(path('data'));
  await useRois(files.rois);
});
afterAll(async () => {
  await desk.dispose();
  temporary.remove();
});

/** A new project with the ROIs of a file. */
async function useRois(file: string | undefined): Promise<void> {
  await desk.call('project.new', {});
  if (file === undefined) return;
  const { classes, rois } = await desk.call('rois.import', { path: file, crs: 'EPSG:32632' });
  await desk.call('project.edit', {
    edit: {
      label: 'Import',
      changes: [
        { table: 'settings', id: 'crs', after: { id: 'crs', value: 'EPSG:32632' } },
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
}

/** The sample scene with changed pixels, bands or georeference. */
async function variant(
  name: string,
  change: {
    readonly bands?: (index: number) => boolean;
    readonly value?: (sample: number, pixel: number, band: number) => number;
    readonly grid?: (grid: Grid) => Grid;
  },
): Promise<string> {
  const source = await openScene(files.scene);
  const { grid, bands } = source.description;
  const indices = [...bands.keys()].filter(change.bands ?? (() => true));
  const window = { x: 0, y: 0, width: grid.width, height: grid.height };
  const block = await source.read({ window, bands: indices });
  await source.close();
  const writer = await createCogWriter(path(name), {
    grid: change.grid?.(grid) ?? grid,
    bands: indices.map((index) => {
      const { nodata: _, bad: __, ...band } = bands[index]!;
      return { ...band, type: 'float32' as const };
    }),
  });
  const { value = (sample: number) => sample } = change;
  await writer.write({
    window,
    bands: block.bands.map((samples, band) =>
      Float32Array.from(samples as Uint16Array, (sample, pixel) => value(sample, pixel, band)),
    ),
  });
  await writer.finish();
  return path(name);
}

const about = (findings: readonly Finding[], subject: string): Finding | undefined =>
  findings.find((finding) => finding.subject === subject);

describe('a scene and a model', () => {
  const check = async (scene: string, model = path('model')): Promise<Finding[]> =>
    (await desk.call('preflight', { scene, model })).findings;

  it('that belong together are green in everything', async () => {
    const findings = await check(files.scene);
    expect(findings.map(({ level, subject }) => [subject, level])).toEqual([
      ['Coordinate system', 'green'],
      ['Data', 'green'],
      ['Bands', 'green'],
      ['Resolution', 'green'],
      ['Values', 'green'],
    ]);
  });

  it('without a band of the model are red, and mapping says the same', async () => {
    const scene = await variant('few-bands.tif', { bands: (index) => index !== 3 });
    const finding = about(await check(scene), 'Bands')!;
    expect(finding).toMatchObject({ level: 'red', cure: 'choose-scene' });
    await expect(
      services.call('predict', { scene, model: path('model'), out: path('no.tif') }),
    ).rejects.toThrow(finding.message);
  });

  it('in another unit are red', async () => {
    const scene = await variant('unit.tif', { value: (sample) => sample / 10_000 });
    expect(about(await check(scene), 'Values')).toMatchObject({
      level: 'red',
      message: expect.stringMatching(/([89],\d00|1\d,000) times less/) as string,
    });
    const shifted = await variant('shifted.tif', { value: (sample) => sample + 9000 });
    expect(about(await check(shifted), 'Values')).toMatchObject({ level: 'amber' });
  });

  it('of other pixel size, without data in places, or without georeference are amber', async () => {
    const coarse = await variant('coarse.tif', {
      grid: (grid) => ({ ...grid, transform: [0, 30, 0, 0, 0, -30] }),
    });
    expect(about(await check(coarse), 'Resolution')).toMatchObject({ level: 'amber' });
    const bare = await variant('bare.tif', {
      grid: ({ width, height }) => ({ width, height }),
      value: (sample, pixel) => (pixel % 320 < 200 ? 0 : sample),
    });
    const findings = await check(bare);
    expect(about(findings, 'Coordinate system')).toMatchObject({ level: 'amber' });
    expect(about(findings, 'Data')).toMatchObject({
      level: 'amber',
      message: expect.stringMatching(/[56]\d % of the scene is 0 in every band/) as string,
    });
  });

  it('that are not there, or are none, are red and say so', async () => {
    const missing = await check(path('none.tif'));
    expect(missing).toEqual([
      expect.objectContaining({
        level: 'red',
        subject: 'Scene',
        cure: expect.anything() as object,
      }),
    ]);
    expect(about(await check(files.scene, path('no-model')), 'Model')).toMatchObject({
      level: 'red',
      message: expect.stringContaining('no model.json') as string,
    });
    writeFileSync(path('noise.tif'), 'II*\0 and then nothing');
    expect(about(await check(path('noise.tif')), 'Scene')).toMatchObject({ level: 'red' });
  });
});

describe('a scene and the ROIs of the project', () => {
  const check = async (scene: string): Promise<Finding[]> =>
    (await desk.call('preflight', { scene, rois: 'project' })).findings;

  it('counts what training will count', async () => {
    const findings = await check(files.scene);
    expect(findings.map(({ level }) => level)).toEqual([
      'green',
      'green',
      'green',
      'green',
      'green',
    ]);
    const counted = Number(
      /with ([\d,]+) pixels/.exec(about(findings, 'Classes')!.message)![1]!.replace(',', ''),
    );
    const model = JSON.parse(readFileSync(path('model/model.json'), 'utf8')) as {
      training: { samples: { training: number; validation: number } };
    };
    const { training, validation } = model.training.samples;
    // pixels in the seam between training and validation blocks are in neither
    expect(counted).toBeGreaterThanOrEqual(training + validation);
    const estimate = await desk.call('cost.estimate', {
      kind: 'train',
      input: { scene: [files.scene], rois: 'project', model: 'forest' },
    });
    expect(estimate.samples).toBe(counted);
  });

  it('finds bands without information, ROIs elsewhere, and too few classes', async () => {
    const flat = await variant('flat.tif', {
      value: (sample, _, band) => (band === 2 ? 7 : sample),
    });
    expect(about(await check(flat), 'Bands')).toMatchObject({
      level: 'amber',
      cure: 'skip-bands',
    });
    const elsewhere = await variant('elsewhere.tif', {
      grid: (grid) => ({ ...grid, transform: [0, 10, 0, 0, 0, -10] }),
    });
    expect(about(await check(elsewhere), 'ROIs')).toMatchObject({
      level: 'red',
      cure: 'add-rois',
    });
    const collection = JSON.parse(readFileSync(files.rois, 'utf8')) as {
      features: { properties: { class: string } }[];
    };
    const [first] = collection.features;
    const one = collection.features.filter(
      ({ properties }) => properties.class === first!.properties.class,
    );
    writeFileSync(path('one.geojson'), JSON.stringify({ ...collection, features: one }));
    await useRois(path('one.geojson'));
    expect(about(await check(files.scene), 'Classes')).toMatchObject({ level: 'red' });
    await useRois(undefined);
    expect(about(await check(files.scene), 'ROIs')).toMatchObject({
      level: 'red',
      message: expect.stringContaining('no ROIs on this scene yet') as string,
    });
    await useRois(files.rois);
  });
});

describe('what a run will cost', () => {
  const leftovers = (): string[] =>
    readdirSync(tmpdir()).filter((name) => name.startsWith('prismap-estimate-'));

  it('is a range, and no less than the map needs on the disk', async () => {
    const before = leftovers();
    const input = { scene: files.scene, model: path('model') };
    const estimate = await desk.call('cost.estimate', { kind: 'predict', input });
    const [least, most] = estimate.seconds;
    expect(least).toBeGreaterThan(0);
    expect(most).toBeGreaterThan(least);
    expect(estimate.memoryBytes).toBeGreaterThan(50e6);
    expect(estimate.freeDiskBytes).toBeGreaterThan(0);
    expect(estimate.basis).toMatch(/of 102,400 pixels/);
    const { map } = await services.call('predict', {
      ...input,
      out: path('map.tif'),
    });
    expect(estimate.diskBytes).toBeGreaterThanOrEqual(statSync(map).size);
    const part = await desk.call('cost.estimate', {
      kind: 'predict',
      input: { ...input, window: [0, 0, 160, 160], probabilities: path('p.tif') },
    });
    expect(part.basis).toMatch(/of 25,600 pixels/);
    expect(part.diskBytes).toBeGreaterThan(estimate.diskBytes);
    expect(leftovers()).toEqual(before);
  });

  it('of training grows with its epochs, and a wrong input is named', async () => {
    const ask = (input: Record<string, unknown>) =>
      desk.call('cost.estimate', {
        kind: 'train',
        input: {
          scene: [files.scene],
          rois: 'project',
          preset: 'paper',
          baseline: false,
          ...input,
        },
      });
    const [few, many] = [await ask({ epochs: 5 }), await ask({ epochs: 500 })];
    expect(many.seconds[1]).toBeGreaterThan(5 * few.seconds[1]);
    expect(many.basis).toMatch(/samples were used to measure it, with \w+ on/);
    await expect(ask({ epochs: -1 })).rejects.toThrow(/epochs/);
    await expect(ask({ scene: [path('none.tif')] })).rejects.toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
  });
});

it('models are listed with their figures, the newest first; what is no model is passed over', async () => {
  await useRois(files.rois);
  const { folder } = await desk.call('project.state', {});
  for (const name of ['broken', 'empty']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'broken', 'model.json'), '{"format": 1}');
  expect((await desk.call('model.list', {})).models).toEqual([]);
  await services.call('train', {
    scene: [files.scene],
    rois: files.rois,
    model: 'forest',
    out: join(folder, 'Forest'),
  });
  const [model] = (await desk.call('model.list', {})).models;
  expect(model).toMatchObject({
    path: join(folder, 'Forest'),
    name: 'Forest',
    bands: expect.any(Number) as number,
  });
  const card = JSON.parse(readFileSync(join(folder, 'Forest', 'model.json'), 'utf8')) as {
    figures: Record<string, number>;
  };
  expect(model!.figures).toEqual(card.figures);
});
