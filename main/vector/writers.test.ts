import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import type { Roi, RoiSet } from '../../app/vector/roi.ts';
import { createGeoPackage, type GeoPackageHeader } from './geoPackageWriter.ts';
import { readLayer, readRois } from './readRois.ts';
import { temporaryFolder } from './testing/geoJson.ts';
import { askReferee, hasModule } from './testing/referee.ts';
import { roiSet } from './testing/roiFiles.ts';
import { writeRois, writeRoisAs } from './writeRois.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const points: readonly Roi[] = [
  { id: 'p', classValue: 1, geometry: { kind: 'points', points: [[1, 2]] } },
  {
    id: 'q',
    classValue: 2,
    geometry: {
      kind: 'points',
      points: [
        [3, 4],
        [5, 6],
      ],
    },
  },
];
const onlyPoints: RoiSet = { ...roiSet, rois: points };
const { crs: _, ...placeless } = onlyPoints;

async function geoPackage(
  name: string,
  header: Partial<GeoPackageHeader>,
  rois: readonly (readonly [Roi, number?, (readonly (string | number)[])?])[],
): Promise<string> {
  const path = join(folder.path, name);
  const writer = await createGeoPackage(path, {
    layer: 'rois',
    classes: roiSet.classes,
    ...header,
  });
  for (const [roi, pixels, values] of rois) writer.add(roi, pixels, values);
  await writer.finish();
  return path;
}

function query(path: string, sql: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row));
  } finally {
    database.close();
  }
}

describe('a GeoPackage', () => {
  it('keeps the manifest of its run and fields of its own; what is not given is null', async () => {
    const path = await geoPackage(
      'fields.gpkg',
      {
        manifest: '{"run":1}',
        fields: [
          { name: 'height "m"', type: 'REAL' },
          { name: 'note', type: 'TEXT' },
        ],
      },
      [[points[0]!, 12, [1.5, 'x']], [points[1]!]],
    );
    expect(query(path, 'SELECT md_standard_uri, mime_type, metadata FROM gpkg_metadata')).toEqual([
      ['urn:prismap:run:1', 'application/json', '{"run":1}'],
    ]);
    expect(query(path, 'SELECT pixels, "height ""m""", note FROM rois')).toEqual([
      [12, 1.5, 'x'],
      [null, null, null],
    ]);
  });

  it('of a class that is not in the scheme has its number and no colour', async () => {
    const path = await geoPackage('unknown.gpkg', {}, [[{ ...points[0]!, classValue: 9 }]]);
    expect(query(path, 'SELECT class, value, color, macroclass FROM rois')).toEqual([
      ['9', 9, null, null],
    ]);
  });

  it('of no objects has no extent, and cannot be finished twice', async () => {
    const path = join(folder.path, 'none.gpkg');
    const writer = await createGeoPackage(path, { layer: 'rois', classes: roiSet.classes });
    await writer.finish();
    expect(query(path, 'SELECT DISTINCT min_x, max_y FROM gpkg_contents')).toEqual([[null, null]]);
    await expect(writer.finish()).rejects.toThrow();
    expect(existsSync(path)).toBe(true);
    await expect(readRois(path)).rejects.toMatchObject({ code: 'bad-labels' });
  });

  it('whose fields are those that every layer has is refused and leaves nothing', async () => {
    const path = join(folder.path, 'twice.gpkg');
    const fields = [{ name: 'class', type: 'TEXT' }] as const;
    await expect(createGeoPackage(path, { layer: 'rois', classes: [], fields })).rejects.toThrow(
      /duplicate column name/,
    );
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    [undefined, [-1, 'NONE', -1]],
    ['EPSG:32633', [32633, 'EPSG', 32633]],
    ['ESRI:102003', [102003, 'ESRI', 102003]],
    ['ESRI:37002', [37002, 'ESRI', 37002]],
    ['+proj=laea +lat_0=50 +lon_0=15 +datum=WGS84 +units=m', [100_000, 'NONE', 100_000]],
  ])('in %s names the system as its authority does', async (crs, wanted) => {
    const path = await geoPackage('system.gpkg', crs === undefined ? {} : { crs }, [[points[0]!]]);
    const system = query(
      path,
      'SELECT s.srs_id, organization, organization_coordsys_id FROM gpkg_spatial_ref_sys s JOIN gpkg_contents USING (srs_id)',
    );
    expect(system).toEqual([wanted]);
    expect((await readLayer(path)).crs).toBe(crs?.replace('ESRI', 'EPSG'));
  });

  it.skipIf(!hasModule('pyogrio'))(
    'of an ESRI system is in it for GDAL too (skipped without pyogrio)',
    async () => {
      const path = await geoPackage('esri.gpkg', { crs: 'ESRI:102003' }, [[points[0]!]]);
      const script =
        'import json, sys, pyogrio; print(json.dumps(pyogrio.read_info(json.load(sys.stdin))["crs"]))';
      expect(askReferee<string>(script, path)).toMatch(
        /^(ESRI:102003$|PROJCS.*AUTHORITY\["ESRI","102003"\]\]$)/,
      );
    },
  );

  it('that is cancelled half way leaves nothing', async () => {
    const path = join(folder.path, 'cancelled.gpkg');
    const stop = new AbortController();
    const writer = await createGeoPackage(
      path,
      { layer: 'rois', classes: roiSet.classes },
      stop.signal,
    );
    writer.add(points[0]!);
    stop.abort();
    expect(() => writer.add(points[1]!)).toThrow(expect.objectContaining({ code: 'cancelled' }));
    await expect(writer.finish()).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(path)).toBe(false);
  });
});

describe('other forms', () => {
  const path = (name: string): string => join(folder.path, name);

  it('a Shapefile of points alone has its own name; without a system there is no .prj', async () => {
    await writeRoisAs('shapefile', path('points.shp'), placeless);
    expect(existsSync(path('points.prj'))).toBe(false);
    expect(existsSync(path('points_points.shp'))).toBe(false);
    const back = await readRois(path('points.shp'), { classField: 'class' });
    expect(back.crs).toBeUndefined();
    expect(back.rois.map(({ geometry }) => geometry)).toEqual(
      points.map(({ geometry }) => geometry),
    );
  });

  it('a Shapefile of no ROIs is one of no polygons', async () => {
    await writeRoisAs('shapefile', path('empty.shp'), { ...roiSet, rois: [] });
    expect(readFileSync(path('empty.shp'))).toHaveLength(100);
    expect((await readLayer(path('empty.shp'))).features).toEqual([]);
  });

  it.each(['csv', 'geojson'] as const)(
    '%s of points, one and several, without a system',
    async (format) => {
      await writeRoisAs(format, path(`points.${format}`), placeless);
      const back = await readRois(path(`points.${format}`), { classField: 'class' });
      expect(back.crs).toBeUndefined();
      expect(back.rois.map(({ geometry }) => geometry)).toEqual(
        points.map(({ geometry }) => geometry),
      );
    },
  );

  it('GeoJSON in longitude and latitude names no system, as RFC 7946 wants', async () => {
    await writeRois(path('plain.geojson'), onlyPoints);
    expect(JSON.parse(readFileSync(path('plain.geojson'), 'utf8'))).not.toHaveProperty('crs');
  });

  it('a GeoPackage of a ROI that cannot be written leaves nothing', async () => {
    const broken = { ...points[0]!, id: Symbol('no text') as unknown as string };
    await expect(writeRois(path('broken.gpkg'), { ...roiSet, rois: [broken] })).rejects.toThrow();
    expect(existsSync(path('broken.gpkg'))).toBe(false);
  });
});
