import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CallName } from '../../app/contract/api.ts';
import { AppError, type ErrorCode } from '../../app/error.ts';
import type { SampleArray } from '../../app/raster/samples.ts';
import type { CogOptions } from '../raster/cog/plan.ts';
import { createCogWriter } from '../raster/cog/writeCog.ts';
import { runInChild } from '../workers/host.ts';
import { createServices } from './createServices.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-bad-'));
const path = (name: string): string => join(folder, name);
const services = createServices({ runTask: runInChild });

/** Writes a 64 × 64 scene of some bands from a function of band, column and row. */
async function writeScene(
  name: string,
  value: (band: number, x: number, y: number) => number,
  options: Partial<CogOptions> = {},
  bandCount = 4,
): Promise<void> {
  const grid = {
    width: 64,
    height: 64,
    crs: 'EPSG:32633',
    transform: [500000, 10, 0, 5800000, 0, -10] as const,
  };
  const writer = await createCogWriter(path(name), {
    grid,
    bands: Array.from({ length: bandCount }, (_, band) => ({
      name: `B0${band + 2}`,
      type: 'float32' as const,
      nodata: -1,
    })),
    ...options,
  });
  const bands = Array.from(
    { length: bandCount },
    (_, band): SampleArray =>
      Float32Array.from({ length: 4096 }, (_, i) => value(band, i % 64, Math.floor(i / 64))),
  );
  await writer.write({ window: { x: 0, y: 0, width: 64, height: 64 }, bands });
  await writer.finish();
}

const rectangle = (x: number, y: number, size: number, name: string) => ({
  type: 'Feature',
  properties: { class: name },
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [x, y],
        [x + size, y],
        [x + size, y - size],
        [x, y - size],
        [x, y],
      ],
    ],
  },
});

function writeRoiFile(
  name: string,
  features: readonly unknown[],
  crs = 'urn:ogc:def:crs:EPSG::32633',
): void {
  writeFileSync(
    path(name),
    JSON.stringify({
      type: 'FeatureCollection',
      crs: { type: 'name', properties: { name: crs } },
      features,
    }),
  );
}

const good = (band: number, x: number, y: number): number =>
  100 * (band + 1) * (x < 32 ? 1 : 3) + ((x * 7 + y * 13 + band * 5) % 17);

beforeAll(async () => {
  await writeScene('scene.tif', good);
  await writeScene(
    'reference.tif',
    (_, x) => (x < 32 ? 1 : 2),
    { bands: [{ name: 'class', type: 'float32', nodata: 0 }] },
    1,
  );
  await writeScene(
    'other-classes.tif',
    (_, x) => (x < 32 ? 7 : 8),
    { bands: [{ name: 'class', type: 'float32', nodata: 0 }] },
    1,
  );
  await writeScene('constant.tif', (band, x, y) => (band === 2 ? 5 : good(band, x, y)));
  await writeScene('nan.tif', (band, x, y) => (band === 1 ? Number.NaN : good(band, x, y)));
  await writeScene('empty.tif', () => -1);
  await writeScene('other-bands.tif', good, {}, 3);
  const { transform: _, ...bare } = { width: 64, height: 64, transform: undefined };
  await writeScene('bare.tif', good, { grid: bare });
  writeRoiFile('rois.geojson', [
    rectangle(500020, 5799980, 200, 'left'),
    rectangle(500400, 5799980, 200, 'right'),
    rectangle(500020, 5799600, 200, 'left'),
    rectangle(500400, 5799600, 200, 'right'),
  ]);
  writeRoiFile('one-class.geojson', [rectangle(500020, 5799980, 200, 'left')]);
  writeRoiFile('outside.geojson', [
    rectangle(600000, 5700000, 100, 'left'),
    rectangle(600400, 5700000, 100, 'right'),
  ]);
  writeRoiFile(
    'unknown-crs.geojson',
    [rectangle(500020, 5799980, 200, 'left')],
    'urn:ogc:def:crs:EPSG::99999',
  );
  writeRoiFile('too-few.geojson', [
    rectangle(500020, 5799980, 200, 'left'),
    rectangle(500400, 5799980, 11, 'right'),
  ]);
  writeFileSync(path('broken.geojson'), '{"type": "FeatureCollection", "features": [');
  writeFileSync(path('text.tif'), 'This is not a raster.');
  const bytes = readFileSync(path('scene.tif'));
  writeFileSync(path('truncated.tif'), bytes.subarray(0, bytes.length - 2000));
  await services.call('train', {
    scene: [path('scene.tif')],
    rois: path('rois.geojson'),
    model: 'forest',
    out: path('model'),
  });
  mkdirSync(path('torn'));
  for (const name of readdirSync(path('model')).filter((entry) =>
    statSync(path(`model/${entry}`)).isFile(),
  )) {
    writeFileSync(path(`torn/${name}`), readFileSync(path(`model/${name}`)));
  }
  const weights = readFileSync(path('model/weights.safetensors'));
  writeFileSync(path('torn/weights.safetensors'), weights.subarray(0, weights.length >> 1));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const train = (scene: string, rois: string, more: Readonly<Record<string, unknown>> = {}) =>
  [
    'train',
    { scene: [path(scene)], rois: path(rois), model: 'forest', out: path('out'), ...more },
  ] as const;
const predict = (scene: string, model = 'model', more: Readonly<Record<string, unknown>> = {}) =>
  ['predict', { model: path(model), scene: path(scene), out: path('out.tif'), ...more }] as const;

const cases: readonly (readonly [
  what: string,
  call: readonly [CallName, unknown],
  code: ErrorCode,
  names: RegExp,
])[] = [
  [
    'a scene that does not exist',
    train('nothing.tif', 'rois.geojson'),
    'not-found',
    /nothing\.tif/,
  ],
  [
    'text with the extension of a raster',
    train('text.tif', 'rois.geojson'),
    'unknown-format',
    /text\.tif/,
  ],
  ['a truncated raster', train('truncated.tif', 'rois.geojson'), 'corrupt', /truncated\.tif/],
  [
    'a constant band',
    train('constant.tif', 'rois.geojson'),
    'bad-values',
    /B04 \(constant\).*--skip-bands/,
  ],
  [
    'a band of NaN',
    train('nan.tif', 'rois.geojson'),
    'bad-values',
    /B03 \(no data\).*--skip-bands/,
  ],
  ['nothing but nodata', train('empty.tif', 'rois.geojson'), 'bad-values', /empty\.tif/],
  [
    'a scene without CRS under ROIs with one',
    train('bare.tif', 'rois.geojson'),
    'no-crs',
    /rois\.geojson.*Assign/,
  ],
  [
    'ROIs outside the scene',
    train('scene.tif', 'outside.geojson'),
    'no-overlap',
    /outside\.geojson/,
  ],
  ['ROIs in an unknown CRS', train('scene.tif', 'unknown-crs.geojson'), 'unknown-crs', /99999/],
  ['broken GeoJSON', train('scene.tif', 'broken.geojson'), 'corrupt', /broken\.geojson/],
  ['a single class', train('scene.tif', 'one-class.geojson'), 'no-samples', /two classes/],
  ['too few pixels of a class', train('scene.tif', 'too-few.geojson'), 'no-samples', /right/],
  [
    'a class field that is not there',
    train('scene.tif', 'rois.geojson', { classField: 'kind' }),
    'bad-labels',
    /kind.*class|class.*kind/s,
  ],
  [
    'a band to skip that is not there',
    train('scene.tif', 'rois.geojson', { skipBands: ['B99'] }),
    'usage',
    /b99/i,
  ],
  [
    'a split that does not exist',
    train('scene.tif', 'rois.geojson', { split: path('nothing.json') }),
    'not-found',
    /nothing\.json/,
  ],
  ['a model that does not exist', predict('scene.tif', 'nothing'), 'not-found', /nothing/],
  ['truncated weights', predict('scene.tif', 'torn'), 'bad-weights', /weights\.safetensors/],
  [
    'a scene with other bands',
    predict('other-bands.tif'),
    'bands-mismatch',
    /needs 4 bands.*has 3/,
  ],
  [
    'a window outside the scene',
    predict('scene.tif', 'model', { window: [100, 100, 10, 10] }),
    'no-overlap',
    /outside/,
  ],
  [
    'polygons outside the scene',
    predict('scene.tif', 'model', { within: path('outside.geojson') }),
    'no-overlap',
    /outside\.geojson/,
  ],
  [
    'an output folder that does not exist',
    predict('scene.tif', 'model', { out: path('missing/out.tif') }),
    'not-writable',
    /missing/,
  ],
  ['a truncated scene to map', predict('truncated.tif'), 'corrupt', /truncated\.tif/],
  [
    'a map and reference without a common class',
    ['evaluate', { map: path('reference.tif'), reference: path('other-classes.tif') }],
    'bad-labels',
    /no class in common/,
  ],
  [
    'a pixel outside the scene',
    ['info', { scene: path('scene.tif'), sample: [[64, 0]] }],
    'no-overlap',
    /64/,
  ],
  ['wrong input of a call', ['info', { scene: path('scene.tif'), sampel: [] }], 'usage', /sampel/],
];

test.each(cases)(
  '%s: a coded error, and nothing is left behind',
  async (_what, [name, input], code, names) => {
    const before = readdirSync(folder).sort();
    const error = await services.call(name, input).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AppError);
    const { code: found, message } = error as AppError;
    expect({ found, message }).toEqual({
      found: code,
      message: expect.stringMatching(names) as string,
    });
    expect(readdirSync(folder).sort()).toEqual(before);
  },
);

test('bands without information are left out on request', async () => {
  const result = await services.call('train', {
    ...train('constant.tif', 'rois.geojson')[1],
    skipBands: ['auto'],
    out: path('auto'),
  });
  expect(result.warnings.join(' ')).toContain('B04');
  expect(result.validation.oa).toBeGreaterThan(0.9);
});

test('a window of nothing but nodata is mapped to nodata', async () => {
  const result = await services.call('predict', {
    model: path('model'),
    scene: path('empty.tif'),
    out: path('empty-map.tif'),
  });
  expect(result.nodataPixels).toBe(64 * 64);
  expect(result.warnings.join(' ')).toContain('nodata');
});
