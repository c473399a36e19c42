import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Random } from '../../app/random.ts';
import { placeRois } from '../../app/vector/placeRois.ts';
import { roiPixels } from '../../app/vector/roiPixels.ts';
import { createTransform } from '../../main/vector/crs.ts';
import { qmlOf } from '../../main/vector/qmlWriter.ts';
import { readRois } from '../../main/vector/readRois.ts';
import { dbaseOf, roiSet, shapefileOf, wgs84 } from '../../main/vector/testing/roiFiles.ts';
import { writeRois } from '../../main/vector/writeRois.ts';
import { flipBytes, mutateBytes, pick } from '../mutate/bytes.ts';
import { mutateJson } from '../mutate/json.ts';
import { mutateText } from '../mutate/text.ts';
import type { HostileCase, Target } from '../target.ts';

const grid = {
  width: 200,
  height: 200,
  crs: 'EPSG:32631',
  transform: [160_000, 1e4, 0, 2e6, 0, -1e4],
} as const;

/** As training reads ROIs: in the scene's pixels. */
async function usePixels(path: string): Promise<void> {
  const placed = placeRois(await readRois(path), grid, createTransform);
  roiPixels(placed, { block: { width: 64, height: 64 } });
}

type Files = Readonly<Record<string, Uint8Array>>;
type Change = (bytes: Buffer, random: Random) => Uint8Array;

/** One form of vector file and how each of its parts is damaged. */
type Form = {
  readonly file: string;
  readonly whole: Files;
  readonly changes: Readonly<Record<string, Change>>;
};

const anyBytes: Change = (bytes, random) =>
  random.integer(3) === 0 ? flipBytes(bytes, random) : mutateBytes(bytes, random);
const asText: Change = (bytes, random) => mutateText(bytes.toString(), random);
const asJson: Change = (bytes, random) => mutateJson(JSON.parse(bytes.toString()), random);

/** A GeoPackage whose database is sound and whose geometries are not. */
function hostileGeometries(folder: string): Change {
  const path = join(folder, 'scratch.gpkg');
  return (bytes, random) => {
    writeFileSync(path, bytes);
    const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    try {
      const table = String(
        database.prepare('SELECT table_name AS name FROM gpkg_geometry_columns').get()!['name'],
      );
      const rows = database.prepare(`SELECT rowid AS place, geom FROM "${table}"`).all();
      const row = pick(rows, random);
      const geometry = mutateBytes(row['geom'] as Uint8Array, random);
      const update = database.prepare(`UPDATE "${table}" SET geom = ? WHERE rowid = ?`);
      update.run(geometry, row['place']!);
    } finally {
      database.close();
    }
    return readFileSync(path);
  };
}

async function forms(folder: string): Promise<readonly Form[]> {
  const place = join(folder, 'seeds');
  mkdirSync(place);
  const written = async (name: string): Promise<Buffer> => {
    await writeRois(join(place, name), roiSet);
    return readFileSync(join(place, name));
  };
  const [geojson, gpkg] = [await written('seed.geojson'), await written('seed.gpkg')];
  const style = Buffer.from(qmlOf(roiSet.classes));
  const table =
    'id,class,crs,wkt\n1,wood,EPSG:4326,"POLYGON((1 1,1 4,4 4,1 1))"\n2,water,EPSG:4326,POINT(2 3)\n';
  const shp = { 'case.shp': shapefileOf(), 'case.dbf': dbaseOf(), 'case.prj': Buffer.from(wgs84) };
  const geometries = hostileGeometries(folder);
  const damagedPackage: Change = (bytes, random) =>
    random.integer(3) === 0 ? geometries(bytes, random) : anyBytes(bytes, random);
  const damagedJson: Change = (bytes, random) =>
    random.integer(4) === 0 ? asText(bytes, random) : asJson(bytes, random);
  return [
    {
      file: 'case.geojson',
      whole: { 'case.geojson': geojson },
      changes: { 'case.geojson': damagedJson },
    },
    { file: 'case.gpkg', whole: { 'case.gpkg': gpkg }, changes: { 'case.gpkg': damagedPackage } },
    {
      file: 'case.csv',
      whole: { 'case.csv': Buffer.from(table) },
      changes: { 'case.csv': asText },
    },
    {
      file: 'case.shp',
      whole: shp,
      changes: { 'case.shp': anyBytes, 'case.dbf': anyBytes, 'case.prj': asText },
    },
    {
      file: 'case.geojson',
      whole: { 'case.geojson': geojson, 'case.qml': style },
      changes: { 'case.qml': asText },
    },
  ];
}

/** ROIs as other programs write them. KML is not read. */
export const vectors: Target = {
  name: 'vectors',
  group: 'vectors',
  counts: { short: 1000, usual: 50_000, long: 500_000 },
  writes: true,
  open: async (folder) => {
    const all = await forms(folder);
    const mainFile = new WeakMap<object, string>();
    const caseOf = (form: Form, seed: string, files: Files): HostileCase => {
      mainFile.set(files, form.file);
      return { seed, files };
    };
    return {
      wellFormed: all.map((form) => caseOf(form, form.file, { ...form.whole })),
      make: (random) => {
        const form = pick(all, random);
        const [part, change] = pick(Object.entries(form.changes), random);
        const bytes = change(Buffer.from(form.whole[part]!), random);
        return caseOf(form, part, { ...form.whole, [part]: bytes });
      },
      read: async (place, files) => {
        const name =
          mainFile.get(files) ?? Object.keys(files).find((one) => !/\.(dbf|prj|qml)$/.test(one));
        await usePixels(join(place, name!));
      },
    };
  },
};
