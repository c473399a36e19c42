import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { areaOf, type Geometry } from '../../app/vector/geometry.ts';
import { readAreas, readLayer, readRois } from './readRois.ts';
import { temporaryFolder } from './testing/geoJson.ts';
import { askReferee, hasModule } from './testing/referee.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

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
    const written = askReferee<Written>(gdal, { folder: folder.path });
    expect(written.length).toBe(22);
    for (const { name, areas, points, classes } of written) {
      const set = await readRois(join(folder.path, name));
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
      const layer = await readLayer(join(folder.path, name));
      expect(/25832|ETRS.1989.*zone.32N/i.test(layer.crs ?? ''), `${name}: ${layer.crs}`).toBe(
        true,
      );
    }
  });

  it('are read without the index, the projection and the attributes of a Shapefile', async () => {
    copyFileSync(join(folder.path, 'poly_shp.shp'), join(folder.path, 'alone.shp'));
    const areas = await readAreas(join(folder.path, 'alone.shp'));
    expect([areas.rois.length, areas.crs]).toEqual([40, undefined]);
    await expect(readRois(join(folder.path, 'alone.shp'))).rejects.toMatchObject({
      code: 'bad-labels',
      message: expect.stringMatching(/no table of fields \(\.dbf\)/) as string,
    });
  });
});
