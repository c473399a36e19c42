import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { areaOf, mapPositions, type Ring } from '../../app/vector/geometry.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { createTransform } from './crs.ts';
import { createGeoPackage } from './geoPackageWriter.ts';
import { readRois } from './readRois.ts';
import { askReferee, hasModule } from './testing/referee.ts';
import { writeRois } from './writeRois.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-rois-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const square = (x: number, y: number, side: number): Ring => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
];

const set: RoiSet = {
  uri: 'memory',
  crs: 'EPSG:32633',
  classes: [
    { value: 3, name: 'Wald & "Wiese"', color: [10, 20, 30], macroclass: 'grün' },
    { value: 7, name: '水', color: [0, 100, 255] },
  ],
  rois: [
    {
      id: 'a',
      classValue: 3,
      geometry: {
        kind: 'polygons',
        polygons: [
          { outer: square(400_000, 5_800_000, 100), holes: [square(400_010, 5_800_010, 20)] },
          { outer: square(401_000, 5_800_000, 50), holes: [] },
        ],
      },
    },
    {
      id: 'b',
      classValue: 7,
      geometry: {
        kind: 'polygons',
        polygons: [{ outer: square(400_500, 5_800_500, 10.25).toReversed(), holes: [] }],
      },
    },
    { id: 'c', classValue: 7, geometry: { kind: 'points', points: [[400_001.5, 5_800_002.25]] } },
    {
      id: 'd',
      classValue: 3,
      geometry: {
        kind: 'points',
        points: [
          [1, 2],
          [3, 4],
        ],
      },
    },
  ],
};

const ogr = `
import sys, json
import pyogrio, numpy as np
from pyogrio.raw import read
path = json.load(sys.stdin)
info = pyogrio.read_info(path, force_total_bounds=True)
meta, fids, wkb, values = read(path)
fields = list(meta['fields'])
print(json.dumps({'crs': info['crs'], 'count': info['features'], 'driver': info['driver'], 'bounds': info['total_bounds'],
  'values': {f: [None if v is None or v != v else (int(v) if f in ('value',) else str(v)) for v in values[i].tolist()] for i, f in enumerate(fields)}}))
`;

type Ogr = {
  crs: string;
  count: number;
  driver: string;
  bounds: number[];
  values: Record<string, (string | number | null)[]>;
};

describe('writeRois', () => {
  it.for(['rois.gpkg', 'rois.geojson'])('reads back what it wrote: %s', async (name) => {
    const path = join(folder, name);
    await writeRois(path, set);
    const back = await readRois(path);
    expect(back.crs).toBe('EPSG:32633');
    expect(back.classField).toBe('class');
    expect(back.classes.map(({ name: n, color, macroclass }) => [n, color, macroclass])).toEqual(
      set.classes.map(({ name: n, color, macroclass }) => [n, color, macroclass]),
    );
    expect(back.rois.map(({ geometry }) => geometry.kind)).toEqual(
      set.rois.map(({ geometry }) => geometry.kind),
    );
    back.rois.forEach(({ geometry }, i) => {
      expect(areaOf(geometry)).toBeCloseTo(areaOf(set.rois[i]!.geometry), 6);
    });
    expect(back.rois[2]!.geometry).toEqual(set.rois[2]!.geometry);
    expect(readdirSync(folder).filter((file) => file.includes('.part-'))).toEqual([]);
  });

  it.skipIf(!hasModule('pyogrio')).for(['ogr.gpkg', 'ogr.geojson'])(
    'is read by GDAL with classes, CRS and extent: %s',
    async (name) => {
      const path = join(folder, name);
      await writeRois(path, set);
      const found = askReferee<Ogr>(ogr, path);
      expect(found.crs).toBe('EPSG:32633');
      expect(found.count).toBe(4);
      expect(found.bounds).toEqual([1, 2, 401_050, 5_800_510.25]);
      expect(found.values['class']).toEqual(['Wald & "Wiese"', '水', '水', 'Wald & "Wiese"']);
      expect(found.values['value']).toEqual([3, 7, 7, 3]);
      expect(found.values['color']).toEqual(['#0a141e', '#0064ff', '#0064ff', '#0a141e']);
    },
  );

  it('writes the same bytes again', async () => {
    for (const name of ['same.gpkg', 'same.geojson']) {
      await writeRois(join(folder, name), set);
      const first = readFileSync(join(folder, name));
      await writeRois(join(folder, name), set);
      expect(readFileSync(join(folder, name)).equals(first)).toBe(true);
    }
  });

  it('keeps a CRS without code: definition in GeoPackage, degrees in GeoJSON', async () => {
    const proj = '+proj=laea +lat_0=50 +lon_0=15 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs';
    const degrees = createTransform('EPSG:32633', proj);
    const own: RoiSet = {
      ...set,
      crs: proj,
      rois: set.rois
        .slice(0, 2)
        .map((roi) => ({ ...roi, geometry: mapPositions(roi.geometry, degrees) })),
    };
    await writeRois(join(folder, 'own.gpkg'), own);
    expect((await readRois(join(folder, 'own.gpkg'))).crs).toBe(proj);
    await writeRois(join(folder, 'own.geojson'), own);
    const back = await readRois(join(folder, 'own.geojson'));
    expect(back.crs).toBe('EPSG:4326');
    const toDegrees = createTransform('EPSG:32633', 'EPSG:4326');
    const expected = mapPositions(set.rois[1]!.geometry, toDegrees);
    expect(areaOf(back.rois[1]!.geometry)).toBeCloseTo(areaOf(expected), 12);
  });

  it('leaves nothing behind when it cannot write or is cancelled', async () => {
    const folderName = join(folder, 'nowhere', 'x.gpkg');
    await expect(writeRois(folderName, set)).rejects.toMatchObject({ code: 'not-writable' });
    await expect(writeRois(join(folder, 'x.shp'), set)).rejects.toMatchObject({ code: 'usage' });
    const signal = AbortSignal.abort();
    for (const name of ['cancelled.gpkg', 'cancelled.geojson'])
      await expect(writeRois(join(folder, name), set, signal)).rejects.toMatchObject({
        code: 'cancelled',
      });
    expect(readdirSync(folder).filter((file) => /part-|cancelled/.test(file))).toEqual([]);
  });

  it('keeps the old file until the new one is complete', async () => {
    const path = join(folder, 'old.gpkg');
    writeFileSync(path, 'old');
    const writer = await createGeoPackage(path, { layer: 'map', classes: set.classes });
    writer.add(set.rois[0]!, 12);
    expect(readFileSync(path, 'utf8')).toBe('old');
    await writer.abort();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((file) => file.includes('part-'))).toEqual([]);
  });
});
