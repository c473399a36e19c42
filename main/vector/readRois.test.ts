import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { areaOf, type Geometry } from '../../app/vector/geometry.ts';
import { isVectorFile, readAreas, readLayer, readRois } from './readRois.ts';
import { askReferee, hasModule } from './testing/referee.ts';
import { writeRois } from './writeRois.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-read-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function geoJson(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const ring = (x: number, y: number, side = 1) => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
];

const feature = (properties: unknown, coordinates: unknown = [ring(0, 0)], type = 'Polygon') => ({
  type: 'Feature',
  properties,
  geometry: { type, coordinates },
});

const collection = (features: unknown[], more: object = {}) => ({
  type: 'FeatureCollection',
  ...more,
  features,
});

const gdal = `
import sys, json, warnings
warnings.filterwarnings('ignore')
import numpy as np, shapely
from pyogrio.raw import write
q = json.load(sys.stdin)
rng = np.random.default_rng(7)
def star(cx, cy, r, n):
    a = np.sort(rng.uniform(0, 2 * np.pi, n)); d = rng.uniform(.5, 1, n) * r
    return np.column_stack([cx + d * np.cos(a), cy + d * np.sin(a)])
def square(cx, cy, r):
    return np.array([[cx - r, cy - r], [cx + r, cy - r], [cx + r, cy + r], [cx - r, cy + r]])
shapes = []
for i in range(40):
    x, y = rng.uniform(4e5, 5e5), rng.uniform(5e6, 5.1e6)
    outer = shapely.Polygon(square(x, y, 500), [square(x - 200, y, 100), star(x + 200, y, 100, 7)])
    if i % 4 == 1: outer = shapely.MultiPolygon([outer, shapely.Polygon(square(x, y, 50).tolist()[::-1]).buffer(0) if False else shapely.Polygon(star(x + 2000, y, 100, 9))])
    if i % 4 == 2: outer = shapely.MultiPolygon([outer, shapely.Polygon(square(x - 200, y, 40))])
    if i % 4 == 3: outer = shapely.Polygon(star(x, y, 300, 12))
    shapes.append(outer)
points = [shapely.Point(4e5 + i, 5e6) for i in range(5)]
multi = [shapely.MultiPoint([(4e5 + i, 5e6), (4e5, 5e6 + i)]) for i in range(1, 5)]
names = ['Grünland', 'Straße', 'ocean', 'Wald']
out = []
def put(name, geometries, kind, driver, z=False, **options):
    g = np.array([shapely.force_3d(s, 5.0) if z else s for s in geometries])
    cls = np.array([names[i % 4] for i in range(len(g))], dtype=object)
    num = np.array([i % 3 + 1 for i in range(len(g))], dtype='int32')
    write(q['folder'] + '/' + name, shapely.to_wkb(g, output_dimension=3 if z else 2), [cls, num], ['klasse', 'nr'], geometry_type=kind, crs='EPSG:25832', driver=driver, **options)
    out.append({'name': name, 'areas': [float(shapely.area(s)) for s in geometries], 'points': [int(shapely.get_num_coordinates(s)) for s in geometries], 'classes': cls.tolist()})
for ext, driver in (('shp', 'ESRI Shapefile'), ('gpkg', 'GPKG'), ('geojson', 'GeoJSON'), ('fgb.gpkg', 'GPKG')):
    base = ext.replace('.', '_')
    utf8 = {'encoding': 'UTF-8'} if ext == 'shp' else {}
    put('poly_' + base + '.' + ext.split('.')[-1], shapes, 'MultiPolygon' if 'gpkg' in ext else 'Unknown', driver, **utf8)
    put('polyz_' + base + '.' + ext.split('.')[-1], shapes, 'MultiPolygon Z' if 'gpkg' in ext else ('Polygon Z' if ext == 'shp' else 'Unknown'), driver, z=True, **utf8)
    put('point_' + base + '.' + ext.split('.')[-1], points, 'Point', driver, **utf8)
    put('pointz_' + base + '.' + ext.split('.')[-1], points, 'Point Z', driver, z=True, **utf8)
    put('multi_' + base + '.' + ext.split('.')[-1], multi, 'MultiPoint', driver, **utf8)
put('latin.shp', shapes, 'Unknown', 'ESRI Shapefile', encoding='ISO-8859-1')
put('cp.shp', shapes, 'Unknown', 'ESRI Shapefile', encoding='CP1250')
print(json.dumps(out))
`;

type Written = { name: string; areas: number[]; points: number[]; classes: string[] }[];

const positions = (geometry: Geometry): number =>
  geometry.kind === 'points' ? geometry.points.length : -1;

describe.skipIf(!hasModule('pyogrio') || !hasModule('shapely'))('files written by GDAL', () => {
  it('are read with all parts, holes, Z values, encodings and CRS', async () => {
    const written = askReferee<Written>(gdal, { folder });
    expect(written.length).toBe(22);
    for (const { name, areas, points, classes } of written) {
      const set = await readRois(join(folder, name));
      expect(set.warnings, name).toEqual([]);
      expect(set.classField, name).toBe('klasse');
      const names = new Map(set.classes.map((landClass) => [landClass.value, landClass.name]));
      expect(
        set.rois.map((roi) => names.get(roi.classValue)),
        name,
      ).toEqual(classes);
      set.rois.forEach(({ geometry }, i) => {
        if (geometry.kind === 'points') expect(positions(geometry), name).toBe(points[i]);
        // GeoJSON is written with 7 decimals of a metre
        else expect(Math.abs(areaOf(geometry) - areas[i]!), `${name} ${i}`).toBeLessThan(1e-2);
      });
      const layer = await readLayer(join(folder, name));
      expect(/25832|ETRS.1989.*zone.32N/i.test(layer.crs ?? ''), `${name}: ${layer.crs}`).toBe(
        true,
      );
    }
  });

  it('are read without the index, the projection and the attributes of a Shapefile', async () => {
    copyFileSync(join(folder, 'poly_shp.shp'), join(folder, 'alone.shp'));
    const areas = await readAreas(join(folder, 'alone.shp'));
    expect([areas.rois.length, areas.crs]).toEqual([40, undefined]);
    await expect(readRois(join(folder, 'alone.shp'))).rejects.toMatchObject({
      code: 'bad-labels',
      message: expect.stringMatching(/no fields/) as string,
    });
  });
});

describe('class fields', () => {
  const rois = (fields: Record<string, unknown>[]) =>
    geoJson('fields.geojson', collection(fields.map((properties) => feature(properties))));

  it.for([
    [{ id: 1, klass: 'x', Class: 'wood' }, 'Class'],
    [{ osm_id: 'a', fclass: 'wood', name: null }, 'fclass'],
    [{ area: 1.5, LULC_NAME: 'wood', LULC_ID: 3 }, 'LULC_NAME'],
    [{ MC_ID: 1, C_ID: 2, C_name: 'wood', MC_name: 'green' }, 'C_name'],
    [{ anything: 'wood' }, 'anything'],
    [{ cid: 2, comment: null }, 'cid'],
  ] as const)('chooses the telling one of %j', async ([fields, chosen]) => {
    const path = rois([fields, fields, fields, fields, fields]);
    expect((await readRois(path)).classField).toBe(chosen);
  });

  it('takes the one that is named, in any case of letters, and says which there are', async () => {
    const path = rois([
      { one: 'a', two: 'b' },
      { one: 'b', two: 'c' },
    ]);
    expect((await readRois(path, { classField: 'TWO' })).classField).toBe('two');
    await expect(readRois(path, { classField: 'three' })).rejects.toMatchObject({
      code: 'bad-labels',
      details: { fields: ['one', 'two'] },
    });
    await expect(readRois(path)).rejects.toMatchObject({ code: 'bad-labels' });
  });

  it('keeps numbers from 1 to 255 as class values and numbers anything else', async () => {
    const values = async (list: unknown[]) => {
      const path = rois(list.map((value) => ({ class: value })));
      const { classes } = await readRois(path);
      return classes.map(({ value, name }) => `${value} ${name}`);
    };
    expect(await values([7, 3, 7, 255])).toEqual(['3 3', '7 7', '255 255']);
    expect(await values(['7', 3, 10])).toEqual(['3 3', '7 7', '10 10']);
    expect(await values([0, 1, 2])).toEqual(['1 0', '2 1', '3 2']);
    expect(await values([111, 2.5, 1000])).toEqual(['1 2.5', '2 111', '3 1000']);
    expect(await values(['b', 'a', ' a ', ''])).toEqual(['1 a', '2 b']);
  });

  it('takes colours and macroclasses along, and leaves out objects without a class', async () => {
    const path = rois([
      { class: 'a', colour: '#102030', macroclass: 'm' },
      { class: 'b', colour: '255, 0,7' },
      { class: 'c', colour: 'red; DROP' },
      { class: null },
    ]);
    const { classes, warnings, rois: found } = await readRois(path);
    expect(classes.slice(0, 2)).toMatchObject([
      { color: [16, 32, 48], macroclass: 'm' },
      { color: [255, 0, 7] },
    ]);
    expect(found.length).toBe(3);
    expect(warnings?.join()).toMatch(/1 objects without a class/);
  });

  it('refuses more than 255 classes and none', async () => {
    const many = rois(Array.from({ length: 300 }, (_, i) => ({ class: `c${i}` })));
    await expect(readRois(many, { classField: 'class' })).rejects.toMatchObject({
      code: 'bad-labels',
      details: { classes: 300 },
    });
    await expect(
      readRois(rois([{ class: null }, { class: '' }]), { classField: 'class' }),
    ).rejects.toMatchObject({ code: 'bad-labels' });
  });
});

describe('GeoJSON', () => {
  it('knows both ways to state a CRS, and that metres are not degrees', async () => {
    const crs = async (more: object, x = 0) =>
      (await readAreas(geoJson('crs.geojson', collection([feature({}, [ring(x, 0)])], more)))).crs;
    expect(await crs({})).toBe('EPSG:4326');
    expect(await crs({ crs: { type: 'name', properties: { name: 'EPSG:32633' } } })).toBe(
      'EPSG:32633',
    );
    expect(
      await crs({ crs: { type: 'name', properties: { name: 'urn:ogc:def:crs:OGC:1.3:CRS84' } } }),
    ).toBe('EPSG:4326');
    expect(await crs({ crs: { type: 'EPSG', properties: { code: 2154 } } })).toBe('EPSG:2154');
    expect(await crs({ crs: null })).toBe(undefined);
    expect(await crs({}, 400_000)).toBe(undefined);
    await expect(crs({ crs: { type: 'link', properties: { href: 'x' } } })).rejects.toMatchObject({
      code: 'unknown-crs',
    });
    await expect(
      crs({ crs: { type: 'name', properties: { name: 'EPSG:1' } } }),
    ).rejects.toMatchObject({ code: 'unknown-crs' });
  });

  it('leaves out what covers nothing and says so', async () => {
    const path = geoJson(
      'odd.geojson',
      collection([
        feature({ class: 'a' }),
        feature({ class: 'a' }, [
          ring(0, 0),
          [
            [1, 1],
            [2, 2],
            [1, 1],
          ],
        ]),
        feature({ class: 'b' }, [
          [
            [0, 0],
            [1, 1],
            [0, 0],
          ],
        ]),
        feature({ class: 'b' }, [
          [
            [0, 0],
            ['x', 1],
            [2, 0],
          ],
        ]),
        feature(
          { class: 'b' },
          [
            [0, 0],
            [1, 1],
          ],
          'LineString',
        ),
        { type: 'Feature', properties: { class: 'b' }, geometry: null },
        {
          type: 'Feature',
          properties: null,
          geometry: {
            type: 'GeometryCollection',
            geometries: [
              { type: 'Polygon', coordinates: [ring(0, 0)] },
              { type: 'Point', coordinates: [1, 2] },
            ],
          },
        },
      ]),
    );
    const layer = await readLayer(path);
    expect(layer.features.length).toBe(3);
    expect(Object.fromEntries(layer.skipped)).toEqual({
      'rings with fewer than three positions': 2,
      'rings with a coordinate that is not a finite number': 1,
      'lines (only polygons and points can be ROIs)': 1,
      'objects without geometry': 1,
      'points that belong to an object with polygons': 1,
    });
  });

  it.for([
    ['cut short', '{"type": "FeatureCollection", "features": [{"type": "Fea', 'corrupt'],
    ['another object', '{"a": 1}', 'corrupt'],
    ['features that are none', '{"type": "FeatureCollection", "features": [1]}', 'corrupt'],
    ['no list', '{"type": "FeatureCollection", "features": {}}', 'corrupt'],
    ['an unknown geometry', '{"type": "Blob", "coordinates": []}', 'corrupt'],
    ['coordinates as text', '{"type": "Polygon", "coordinates": "0,0"}', 'corrupt'],
    ['nothing inside', '{"type": "FeatureCollection", "features": []}', 'bad-labels'],
    ['deep nesting', `{"type":"Polygon","coordinates":${'['.repeat(100_000)}`, 'corrupt'],
    [
      'collections in collections',
      `${'{"type":"GeometryCollection","geometries":['.repeat(500)}${']}'.repeat(500)}`,
      'corrupt',
    ],
    ['no text', '\u0000\u0001', 'unknown-format'],
    ['emptiness', '', 'unknown-format'],
  ] as const)('refuses %s', async ([, text, code]) => {
    await expect(readRois(geoJson('bad.geojson', text))).rejects.toMatchObject({ code });
  });
});

describe('GeoPackage', () => {
  it('asks for the layer where there are several, and reads the named one', async () => {
    const path = join(folder, 'layers.gpkg');
    await writeRois(
      path,
      await readRois(geoJson('one.geojson', collection([feature({ class: 'a' })]))),
    );
    const database = new DatabaseSync(path);
    database.exec(`CREATE TABLE "o""ther" AS SELECT * FROM rois;
      INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('o"ther', 'features', 'o', 4326);
      INSERT INTO gpkg_geometry_columns VALUES ('o"ther', 'geom', 'GEOMETRY', 4326, 0, 0)`);
    database.close();
    await expect(readRois(path)).rejects.toMatchObject({
      code: 'bad-labels',
      details: { layers: ['rois', 'o"ther'] },
    });
    expect((await readRois(path, { layer: 'o"ther' })).rois.length).toBe(1);
    await expect(readRois(path, { layer: 'third' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('does not run a view, which could be a query without end', async () => {
    const path = join(folder, 'view.gpkg');
    await writeRois(
      path,
      await readRois(geoJson('one.geojson', collection([feature({ class: 'a' })]))),
    );
    const database = new DatabaseSync(path);
    database.exec(`ALTER TABLE rois RENAME TO hidden;
      CREATE VIEW rois AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 0 OR i > 0) SELECT i AS fid, NULL AS geom, 'a' AS class FROM n WHERE i < 0`);
    database.close();
    await expect(readRois(path)).rejects.toMatchObject({ code: 'bad-labels' });
  });

  it('sees what a running program has committed but not yet put into the file', async () => {
    const path = join(folder, 'wal.gpkg');
    await writeRois(
      path,
      await readRois(geoJson('one.geojson', collection([feature({ class: 'a' })]))),
    );
    const database = new DatabaseSync(path);
    database.exec(
      'PRAGMA journal_mode = WAL; INSERT INTO rois (geom, class) SELECT geom, class FROM rois',
    );
    expect((await readRois(path)).rois.length).toBe(2);
    database.close();
  });

  it('refuses another database and a file that is none', async () => {
    const path = join(folder, 'plain.sqlite');
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE a (b)');
    database.close();
    await expect(readRois(path)).rejects.toMatchObject({ code: 'corrupt' });
    writeFileSync(path, `SQLite format 3\0${'x'.repeat(5000)}`);
    await expect(readRois(path)).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('files', () => {
  it('are refused with a reason where they are missing, folders or something else', async () => {
    await expect(readRois(join(folder, 'none.gpkg'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(readRois(folder)).rejects.toMatchObject({ code: 'unknown-format' });
    const tiff = geoJson('a.tif', 'II*\0');
    expect(await isVectorFile(tiff)).toBe(false);
    await expect(readRois(tiff)).rejects.toMatchObject({ code: 'unknown-format' });
    await expect(readRois(geoJson('a.dbf', 'x'))).rejects.toThrow(/Name the .shp/);
    const signal = AbortSignal.abort();
    const good = geoJson('good.geojson', collection([feature({ class: 'a' })]));
    await expect(readRois(good, { signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
