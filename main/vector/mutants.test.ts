import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../app/error.ts';
import { createRandom, type Random } from '../../app/random.ts';
import type { Ring } from '../../app/vector/geometry.ts';
import { placeRois } from '../../app/vector/placeRois.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { roiPixels } from '../../app/vector/roiPixels.ts';
import { createTransform } from './crs.ts';
import { readRois } from './readRois.ts';
import { writeRois } from './writeRois.ts';

/** Mutants of each file; more for a long search: PRISMAP_MUTANTS=5000. */
const MUTANTS = Number(process.env['PRISMAP_MUTANTS'] ?? 50);

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-mutants-'));
  await writeRois(join(folder, 'seed.gpkg'), seed());
  await writeRois(join(folder, 'seed.geojson'), seed());
  writeFileSync(join(folder, 'seed.shp'), shapefile());
  writeFileSync(join(folder, 'seed.dbf'), dbase());
  writeFileSync(
    join(folder, 'seed.prj'),
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const square = (x: number, y: number, side: number): Ring => [
  [x, y],
  [x, y + side],
  [x + side, y + side],
  [x + side, y],
];

function seed(): RoiSet {
  return {
    uri: 'seed',
    crs: 'EPSG:4326',
    classes: [
      { value: 1, name: 'wood', color: [1, 2, 3] },
      { value: 2, name: 'water', color: [4, 5, 6] },
    ],
    rois: Array.from({ length: 12 }, (_, i) => ({
      id: String(i + 1),
      classValue: 1 + (i % 2),
      geometry:
        i % 5 === 4
          ? { kind: 'points', points: [[i, i]] }
          : {
              kind: 'polygons',
              polygons: [{ outer: square(i, i, 3), holes: [square(i + 1, i + 1, 1).toReversed()] }],
            },
    })),
  };
}

/** A Shapefile of ten polygons, by the ESRI White Paper of July 1998. */
function shapefile(): Buffer {
  const records = Array.from({ length: 10 }, (_, i) => {
    const rings = [square(i, i, 3), square(i + 1, i + 1, 1).toReversed()].map((ring) => [
      ...ring,
      ring[0]!,
    ]);
    const points = rings.flat();
    const record = Buffer.alloc(8 + 44 + 8 + points.length * 16);
    record.writeInt32BE(i + 1, 0);
    record.writeInt32BE((record.length - 8) / 2, 4);
    record.writeInt32LE(5, 8);
    record.writeInt32LE(2, 44);
    record.writeInt32LE(points.length, 48);
    record.writeInt32LE(rings[0]!.length, 56);
    points.forEach(([x, y], k) => {
      record.writeDoubleLE(x, 60 + k * 16);
      record.writeDoubleLE(y, 68 + k * 16);
    });
    return record;
  });
  const header = Buffer.alloc(100);
  header.writeInt32BE(9994, 0);
  header.writeInt32BE((100 + records.reduce((sum, record) => sum + record.length, 0)) / 2, 24);
  header.writeInt32LE(1000, 28);
  header.writeInt32LE(5, 32);
  return Buffer.concat([header, ...records]);
}

function dbase(): Buffer {
  const header = Buffer.alloc(65);
  header[0] = 3;
  header.writeUInt32LE(10, 4);
  header.writeUInt16LE(65, 8);
  header.writeUInt16LE(11, 10);
  header.write('class', 32);
  header.write('C', 43);
  header[48] = 10;
  header[64] = 13;
  const rows = Array.from(
    { length: 10 },
    (_, i) => ` ${(i % 2 === 0 ? 'wood' : 'water').padEnd(10)}`,
  );
  return Buffer.concat([header, Buffer.from(rows.join(''))]);
}

/** Changes bytes, numbers and lengths, cuts, doubles and moves pieces. */
function mutate(bytes: Buffer, random: Random): Buffer {
  let result = Buffer.from(bytes);
  const times = 1 + random.integer(6);
  for (let i = 0; i < times && result.length > 8; i++) {
    const at = random.integer(result.length);
    const length = Math.min(1 + random.integer(64), result.length - at);
    switch (random.integer(8)) {
      case 0:
        result[at] = random.integer(256);
        break;
      case 1:
        result[at]! ^= 1 << random.integer(8);
        break;
      case 2:
        result = result.subarray(0, at);
        break;
      case 3:
        if (at + 4 <= result.length)
          result.writeInt32LE([0, -1, 2 ** 31 - 1, 1e6][random.integer(4)]!, at);
        break;
      case 4:
        if (at + 8 <= result.length)
          result.writeDoubleLE([Number.NaN, Infinity, 1e308, -0][random.integer(4)]!, at);
        break;
      case 5:
        result = Buffer.concat([
          result.subarray(0, at),
          result.subarray(at, at + length),
          result.subarray(at),
        ]);
        break;
      case 6:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
        break;
      default:
        result.fill(random.integer(256), at, at + length);
    }
  }
  return result;
}

const grid = {
  width: 200,
  height: 200,
  crs: 'EPSG:32631',
  transform: [160_000, 1e4, 0, 2e6, 0, -1e4],
} as const;

describe.for([
  ['GeoPackage', 'gpkg', 'gpkg'],
  ['GeoJSON', 'geojson', 'geojson'],
  ['Shapefile', 'shp', 'shp'],
  ['attributes of a Shapefile', 'shp', 'dbf'],
  ['projection of a Shapefile', 'shp', 'prj'],
] as const)('mutants of %s', ([name, main, part]) => {
  it(`${MUTANTS} are read or refused with a code, none hangs or runs away`, async () => {
    const original = readFileSync(join(folder, `seed.${part}`));
    for (const extension of ['shp', 'dbf', 'prj'])
      copyFileSync(join(folder, `seed.${extension}`), join(folder, `mutant.${extension}`));
    const path = join(folder, `mutant.${main}`);
    let read = 0;
    for (let i = 0; i < MUTANTS; i++) {
      writeFileSync(
        join(folder, `mutant.${part}`),
        mutate(original, createRandom(i, 'mutant', name)),
      );
      try {
        const set = await readRois(path);
        const placed = placeRois(set, grid, createTransform);
        roiPixels(placed, { block: { width: 64, height: 64 } });
        read++;
      } catch (error) {
        const known = error instanceof AppError && error.code !== 'internal';
        if (!known) throw new Error(`mutant ${i} of ${name}`, { cause: error });
      }
    }
    expect(read).toBeLessThan(MUTANTS + 1);
  });

  it('the original is read', async () => {
    for (const extension of ['shp', 'dbf', 'prj'])
      copyFileSync(join(folder, `seed.${extension}`), join(folder, `mutant.${extension}`));
    const set = await readRois(join(folder, `seed.${main}`));
    expect(set.classes.map((landClass) => landClass.name).sort()).toEqual(['water', 'wood']);
    expect(placeRois(set, grid, createTransform).rois.length).toBeGreaterThan(9);
  });
});
