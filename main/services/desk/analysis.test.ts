import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import { noReferee, Referee } from '../../raster/scenes/testing/referee.ts';
import { createTransform } from '../../vector/crs.ts';
import { createScenes, type Scenes } from './scenes.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'prismap-analysis-'));
const path = join(folder, 'scene.tif');
let referee: Referee;
let scenes: Scenes;
let info: SceneInfo;

type Ring = [number, number][];
const polygon = (ring: Ring) => ({
  kind: 'polygons' as const,
  polygons: [{ outer: ring, holes: [] }],
});
/** A rectangle by pixels of the scene, its corners off the pixel edges. */
const rectangle = (column: number, row: number, width: number, height: number): Ring =>
  [
    [column, row],
    [column + width, row],
    [column + width, row + height],
    [column, row + height],
  ].map(([c, r]) => [400000 + 10 * c! + 2, 5200000 - 10 * r! - 1] as [number, number]);
const triangle: Ring = [
  [400103, 5199011],
  [401511, 5198503],
  [400713, 5197207],
];

describe.skipIf(noReferee !== undefined)(`areas beside NumPy ${noReferee ?? ''}`, () => {
  beforeAll(async () => {
    referee = new Referee(join(import.meta.dirname, 'testing/analysis.py'));
    await referee.must({ action: 'make', path, bands: 6 });
    scenes = createScenes({
      runTask: () => Promise.reject(new Error('no task')),
      emit: () => undefined,
      dataFolder: folder,
      folders: [],
    });
    info = await scenes.handlers['scene.open']({ uri: path }, never);
  });
  afterAll(async () => {
    referee.stop();
    await scenes.dispose();
    rmSync(folder, { recursive: true });
  });

  it('spectra of areas', async () => {
    const rings = [rectangle(10, 10, 90, 70), triangle, rectangle(300, 280, 100, 100)];
    const { spectra } = await scenes.handlers['spectra.ofAreas'](
      {
        scene: info.scene,
        areas: rings.map((ring, i) => ({ id: `${i}`, geometry: polygon(ring) })),
      },
      never,
    );
    const wanted = await referee.must<Record<string, number[]>[]>({
      action: 'areas',
      path,
      areas: rings,
    });
    wanted.forEach((figures, i) => {
      expect(spectra[i]!.pixels).toBe(figures['pixels']);
      for (const name of ['mean', 'std', 'min', 'max'] as const)
        spectra[i]![name].forEach((value, band) =>
          expect(value).toBeCloseTo(figures[name]![band]!, 9),
        );
    });
    const { pixels } = await scenes.handlers['rois.pixels'](
      {
        scene: info.scene,
        areas: spectra.map(({ id }, i) => ({ id, geometry: polygon(rings[i]!) })),
      },
      never,
    );
    expect(pixels.map(({ pixels: count }) => count)).toEqual(spectra.map(({ pixels: n }) => n));
  });

  it('areas in another CRS lie where they belong; outside there is nothing', async () => {
    const toDegrees = createTransform('EPSG:32633', 'EPSG:4326');
    const degrees = rectangle(20, 20, 30, 30).map(
      ([x, y]) => [...toDegrees(x, y)] as [number, number],
    );
    const call = (ring: Ring, crs?: string) =>
      scenes.handlers['spectra.ofAreas'](
        {
          scene: info.scene,
          areas: [{ id: 'a', geometry: polygon(ring) }],
          ...(crs ? { crs } : {}),
        },
        never,
      );
    const [here, there] = [await call(rectangle(20, 20, 30, 30)), await call(degrees, 'EPSG:4326')];
    expect(there).toEqual(here);
    const outside = await call(rectangle(1000, 0, 5, 5));
    expect(outside.spectra[0]).toMatchObject({ pixels: 0, mean: Array(6).fill(null) });
  });

  it('separability of classes', async () => {
    const classes = [
      [rectangle(10, 10, 40, 25), rectangle(100, 100, 20, 20)],
      [rectangle(200, 20, 30, 40)],
      [rectangle(140, 200, 40, 30)],
    ];
    const result = await scenes.handlers['spectra.separability'](
      {
        scene: info.scene,
        classes: classes.map((areas, i) => ({ id: `c${i}`, areas: areas.map(polygon) })),
      },
      never,
    );
    const wanted = await referee.must<number[][]>({ action: 'separability', path, classes });
    expect(result.pairs.map(({ a, b }) => a + b)).toEqual(['c0c1', 'c0c2', 'c1c2']);
    result.pairs.forEach((pair, i) => {
      expect(pair.jeffriesMatusita).toBeCloseTo(wanted[i]![0]!, 5);
      expect(pair.transformedDivergence).toBeCloseTo(wanted[i]![1]!, 5);
      expect(pair.spectralAngle).toBeCloseTo(wanted[i]![2]!, 4);
    });
    expect(result).toMatchObject({ bands: [0, 1, 2, 3, 4, 5], warnings: [] });
  });

  it.each([
    [[80, 100], 0.9],
    [[80, 100], 1.6],
    [[250, 30], 3],
    [[5, 295], 1],
  ] as const)('the region around %j within %f is SciPy’s', async (pixel, tolerance) => {
    const position: [number, number] = [400005 + 10 * pixel[0], 5199995 - 10 * pixel[1]];
    const call = (more: object) =>
      scenes.handlers['scene.grow'](
        {
          scene: info.scene,
          position,
          tolerance,
          minPixels: 1,
          maxPixels: 90_000,
          holes: 'keep',
          ...more,
        },
        never,
      );
    const region = await call({});
    const wanted = await referee.must<{ rows: string[]; pixels: number; filled: number }>({
      action: 'grow',
      path,
      pixel,
      tolerance,
    });
    expect(region.pixels).toBe(wanted.pixels);
    const { polygons } = region.geometry as { polygons: { outer: Ring; holes: Ring[] }[] };
    const rings = polygons.flatMap(({ outer, holes }) => [outer, ...holes]);
    expect(await referee.must({ action: 'outline', path, rings })).toEqual(wanted.rows);
    const filled = await call({ holes: 'fill' });
    expect(filled.pixels).toBe(wanted.filled);
    const capped = await call({ maxPixels: 50 });
    expect(capped.pixels).toBe(Math.min(50, wanted.pixels));
    const forced = await call({ minPixels: wanted.pixels + 100 });
    expect(forced.pixels).toBeGreaterThanOrEqual(Math.min(wanted.pixels + 100, 85_000));
  });

  it('nothing grows from nodata or from outside', async () => {
    for (const position of [
      [400655, 5199555],
      [399000, 5199555],
    ] as [number, number][])
      expect(
        await scenes.handlers['scene.grow'](
          { scene: info.scene, position, tolerance: 2, minPixels: 1, maxPixels: 10, holes: 'keep' },
          never,
        ),
      ).toEqual({ pixels: 0 });
  });

  it('figures of an index', async () => {
    const { figures } = await scenes.handlers['scene.indexStatistics'](
      { scene: info.scene, expression: '(b2 - b1) / (b2 + b1 + 0.5)' },
      never,
    );
    const wanted = await referee.must<Record<string, number>>({ action: 'index', path });
    for (const name of ['min', 'max', 'mean', 'std', 'p2', 'p98'] as const)
      expect(figures[name]).toBeCloseTo(wanted[name]!, 9);
  });

  it('points of a scatter plot are pixels of the areas, thinned', async () => {
    const group = { id: 'g', areas: [polygon(rectangle(10, 10, 40, 25))] };
    const call = (most: number) =>
      scenes.handlers['spectra.scatter'](
        { scene: info.scene, x: 1, y: 4, groups: [group], most },
        never,
      );
    const all = (await call(20_000)).groups[0]!.points;
    const some = (await call(100)).groups[0]!.points;
    expect(all.length).toBe(1000);
    expect(some.length).toBe(100);
    const known = new Set(all.map(String));
    expect(some.every((point) => known.has(String(point)))).toBe(true);
    const mean = all.reduce((sum, [x]) => sum + x, 0) / 1000;
    const spectra = await scenes.handlers['spectra.ofAreas'](
      { scene: info.scene, areas: [{ id: 'g', geometry: group.areas[0]! }] },
      never,
    );
    expect(mean).toBeCloseTo(spectra.spectra[0]!.mean[1]!, 6);
  });

  const quarters = [
    [20, 20],
    [200, 20],
    [20, 200],
    [200, 200],
  ].map(([c, r], i) => ({ value: i + 5, areas: [polygon(rectangle(c!, r!, 40, 30))] }));
  const preview = (more: object, signal = never) =>
    scenes.handlers['preview.map'](
      {
        scene: info.scene,
        bounds: [399500, 5196500, 403700, 5200500],
        width: 420,
        height: 400,
        classes: quarters,
        ...more,
      },
      signal,
    );

  it('a preview tells the four materials apart, and shows nothing where there is none', async () => {
    const picture = await preview({});
    const classes = Buffer.from(picture.classes, 'base64');
    let wrong = 0;
    for (let i = 0; i < classes.length; i++) {
      const [column, row] = [(i % 420) - 50, Math.floor(i / 420) - 50];
      const inside = column >= 0 && row >= 0 && column < 320 && row < 300;
      const empty = column >= 60 && column < 75 && row >= 40 && row < 50;
      const truth = inside && !empty ? 5 + (row >= 150 ? 2 : 0) + (column >= 160 ? 1 : 0) : 0;
      if (classes[i] !== truth) wrong += 1;
    }
    expect(wrong / (300 * 320)).toBeLessThan(0.002);
    expect((await preview({})).classes).toBe(picture.classes);
    const half = await preview({ width: 210, height: 200 });
    expect(Buffer.from(half.classes, 'base64').length).toBe(210 * 200);
  });

  it('a preview is cancelled, and needs two classes on the scene', async () => {
    const controller = new AbortController();
    const cancelled = preview({ width: 2000, height: 2000 }, controller.signal);
    setTimeout(() => controller.abort(), 20);
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    const away = [{ value: 1, areas: [polygon(rectangle(5000, 0, 5, 5))] }];
    await expect(preview({ classes: [...away, quarters[0]] })).rejects.toMatchObject({
      code: 'no-samples',
    });
  });

  it('spectra are written as a table and as a library that reads back', async () => {
    const spectra = [
      {
        name: 'Wheat, {ripe}',
        mean: [0.1, 0.2, null, 0.4, 1 / 3, 0.6],
        std: [0, 0, null, 0, 0, 0.01],
      },
      { name: 'Water', mean: [0.01, 0.02, 0.03, 0.04, 0.05, 0.06] },
    ];
    const write = (file: string, format: 'csv' | 'sli', overwrite = false) =>
      scenes.handlers['spectra.export'](
        { scene: info.scene, path: join(folder, file), format, overwrite, spectra },
        never,
      );
    const library = await write('spectra', 'sli');
    expect(library.files).toEqual([join(folder, 'spectra.hdr'), join(folder, 'spectra.sli')]);
    const read = await referee.must<{ fields: Record<string, string>; values: unknown }>({
      action: 'library',
      path: join(folder, 'spectra'),
    });
    expect(read.values).toEqual(spectra.map(({ mean }) => mean));
    expect(read.fields).toMatchObject({
      'file type': 'ENVI Spectral Library',
      'spectra names': '{Wheat ripe, Water}',
    });
    const table = await write('table.csv', 'csv');
    const rows = readFileSync(table.path, 'utf8').split('\r\n');
    expect(rows[0]).toBe(
      'band,name,wavelength_nm,bad,"Wheat, {ripe} mean","Wheat, {ripe} std",Water mean',
    );
    expect(rows[3]).toBe(`3,${info.bands[2]!.name},,0,,,0.03`);
    await expect(write('table.csv', 'csv')).rejects.toMatchObject({ code: 'not-writable' });
    await write('table.csv', 'csv', true);
  });
});
