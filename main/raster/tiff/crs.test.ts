import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTiff } from './openTiff.ts';
import { hasReferee, skipped, startReferee } from './testing/childReader.ts';
import { imageFields, writeTiff } from './testing/writeTiff.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-crs-keys-'));
const path = join(folder, 'scene.tif');
afterAll(() => rmSync(folder, { recursive: true }));

type Key = readonly [id: number, value: number | string | readonly number[]];

const [projectedModel, degrees]: readonly [Key, Key] = [
  [1024, 1],
  [1024, 2],
];

/** The CRS of a scene with these GeoKeys: codes as integers below 65536, other numbers and lists as doubles. */
async function crsOf(keys: readonly Key[], words?: readonly number[]): Promise<string | undefined> {
  const doubles: number[] = [];
  let texts = '';
  const entries = keys.map(([id, value]): number[] => {
    if (typeof value === 'string') {
      const entry = [id, 34737, value.length + 1, texts.length];
      texts += `${value}|`;
      return entry;
    }
    if (typeof value === 'number' && Number.isInteger(value) && id !== 2057 && id !== 2058)
      return [id, 0, 1, value];
    const list = typeof value === 'number' ? [value] : value;
    doubles.push(...list);
    return [id, 34736, list.length, doubles.length - list.length];
  });
  const fields = [
    ...imageFields({ width: 1, height: 1 }),
    { tag: 34735, type: 3, values: words ?? [1, 1, 0, entries.length, ...entries.flat()] },
    ...(doubles.length > 0 ? [{ tag: 34736, type: 12, values: doubles }] : []),
    ...(texts === '' ? [] : [{ tag: 34737, type: 2, values: texts }]),
  ];
  writeFileSync(path, writeTiff({ directories: [{ fields, blocks: [Uint8Array.of(1)] }] }).bytes);
  const scene = await openTiff(path);
  await scene.close();
  return scene.description.grid.crs;
}

const esri =
  'PROJCS["my own",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],PROJECTION["Sinusoidal"],UNIT["Meter",1]]';
const mercator: readonly Key[] = [
  projectedModel,
  [2048, 32767],
  [2050, 32767],
  [2057, 6378137],
  [2058, 6378137],
  [3072, 32767],
  [3074, 32767],
  [3075, 7],
  [3076, 9001],
];

describe('GeoKeys', () => {
  it.each<[string, readonly Key[], string | undefined]>([
    ['a code of a map projection', [projectedModel, [3072, 32633]], 'EPSG:32633'],
    ['a code of degrees', [degrees, [2048, 4258]], 'EPSG:4258'],
    ['degrees without a word on the model', [[2048, 4326]], 'EPSG:4326'],
    [
      'degrees, whatever projection stands beside them',
      [degrees, [2048, 4326], [3074, 16033]],
      'EPSG:4326',
    ],
    [
      'an Esri text',
      [
        [1024, 32767],
        [1026, 'own'],
        [3073, `ESRI PE String = ${esri}`],
      ],
      esri,
    ],
    [
      'no model and no text',
      [
        [1024, 32767],
        [2048, 4326],
      ],
      undefined,
    ],
    ['a map projection and not which', [projectedModel], undefined],
    ['the meaning of a pixel and nothing else', [[1025, 1]], undefined],
    ['a projection without a method', [projectedModel, [2048, 4326], [3072, 32767]], undefined],
    ['degrees on an unnamed ellipsoid', [degrees, [2048, 32767]], '+proj=longlat +no_defs'],
    ['codes that name nothing', [projectedModel, [3072, 0]], undefined],
    ['Mercator on a sphere', mercator, 'EPSG:3857'],
  ])('%s', async (_, keys, expected) => {
    expect(await crsOf(keys)).toBe(expected);
  });

  it.skipIf(!hasReferee)(`that name a code are understood as by rasterio${skipped}`, async () => {
    const referee = startReferee();
    for (const keys of [
      [projectedModel, [3072, 32633]],
      [degrees, [2048, 4258]],
    ] as const) {
      const ours = await crsOf(keys);
      expect(ours).toBe(`EPSG:${(await referee.ask(path))!.epsg}`);
    }
    referee.stop();
  });

  it('parameters of a projection become a PROJ string', async () => {
    const text = await crsOf([
      ...[projectedModel, [2048, 4326] as const, [3072, 32767] as const, [3074, 32767] as const],
      // Lambert azimuthal equal area about (10, 52), and a private key that says nothing to us.
      ...([
        [3075, 10],
        [3076, 9001],
        [3088, 10],
        [3089, 52],
        [5000, 7],
      ] as const),
      [2062, [1, 2, 3]],
    ]);
    expect(text).toMatch(/\+proj=laea\b/);
    expect(text).toMatch(/\+lat_0=52\b/);
    expect(text).toMatch(/\+lon_0=10\b/);
  });

  it('in a table that GeoTIFF does not know are left out', async () => {
    expect(await crsOf([], [1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326])).toBe('EPSG:4326');
    expect(await crsOf([], [1, 1, 0, 2, 1024, 0, 1, 1, 2048, 4711, 1, 4326])).toBeUndefined();
  });

  it('fewer than are stated, down to none at all, are those that there are', async () => {
    expect(await crsOf([], [1, 1, 0, 9, 2048, 0, 1, 4326])).toBe('EPSG:4326');
    expect(await crsOf([], [1, 1])).toBeUndefined();
  });
});
