import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../app/error.ts';
import { createRandom } from '../../app/random.ts';
import type { Geometry, Ring } from '../../app/vector/geometry.ts';
import { closedRing } from '../../app/vector/geoPackageGeometry.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { parseCsv } from './csv.ts';
import { readLayer, readRois } from './readRois.ts';
import { askReferee, hasModule } from './testing/referee.ts';
import { type RoiFormat, writeRoisAs } from './writeRois.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-tables-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const square = (x: number, y: number, side: number): Ring => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
];

const areas: RoiSet['rois'] = [
  {
    id: 'a',
    classValue: 3,
    geometry: {
      kind: 'polygons',
      polygons: [
        { outer: square(400_000.1, 5_800_000, 100), holes: [square(400_010, 5_800_010, 20)] },
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
];
const points: RoiSet['rois'] = [
  {
    id: 'c',
    classValue: 7,
    geometry: {
      kind: 'points',
      points: [
        [400_001.5, 5_800_002.25],
        [400_003, 5_800_004],
      ],
    },
  },
];
const set: RoiSet = {
  uri: 'memory',
  crs: 'EPSG:32633',
  classes: [
    { value: 3, name: 'Wald, "Wiese"\nund mehr', color: [10, 20, 30], macroclass: 'grün' },
    { value: 7, name: '水', color: [0, 100, 255] },
  ],
  rois: [...areas, ...points],
};

/** Parts and rings of a geometry in an order of their own: what may differ between writing and reading. */
const ringsOf = (geometry: Geometry): unknown =>
  geometry.kind === 'points'
    ? geometry.points
    : geometry.polygons
        .map(({ outer, holes }) =>
          [outer, ...holes].map((ring, index) =>
            closedRing(ring, index === 0)
              .slice(1)
              .toSorted(),
          ),
        )
        .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe('ROIs written for other programs', () => {
  it.each(['csv', 'shapefile', 'gpkg', 'geojson'] satisfies RoiFormat[])(
    'come back from %s with classes, colours, CRS and every position',
    async (format) => {
      const extension = format === 'shapefile' ? 'shp' : format;
      const path = join(folder, `all.${extension}`);
      // one Shapefile holds one kind of geometry
      const written = format === 'shapefile' ? { ...set, rois: areas } : set;
      await writeRoisAs(format, path, written);
      const read = await readRois(path, { classField: 'class' });
      expect(read.crs).toBe('EPSG:32633');
      expect(read.warnings ?? []).toEqual([]);
      const names = new Map(read.classes.map((landClass) => [landClass.value, landClass]));
      const wanted = new Map(set.classes.map((landClass) => [landClass.value, landClass]));
      expect(read.rois.map(({ geometry }) => ringsOf(geometry))).toEqual(
        written.rois.map(({ geometry }) => ringsOf(geometry)),
      );
      for (const [index, { classValue }] of read.rois.entries()) {
        const { name, color, macroclass } = wanted.get(written.rois[index]!.classValue)!;
        expect(names.get(classValue)).toMatchObject({ name, color });
        expect(names.get(classValue)!.macroclass).toBe(macroclass);
      }
    },
  );

  it('go into two Shapefiles where there are areas and points; nothing else is left', async () => {
    const only = join(folder, 'two');
    const path = join(folder, 'two.shp');
    await writeRoisAs('shapefile', path, set);
    expect((await readRois(path)).rois).toHaveLength(2);
    expect((await readRois(`${only}_points.shp`)).rois).toHaveLength(1);
    expect(readdirSync(folder).filter((name) => name.startsWith('two'))).toEqual(
      ['two', 'two_points'].flatMap((base) =>
        ['cpg', 'dbf', 'prj', 'shp', 'shx'].map((extension) => `${base}.${extension}`),
      ),
    );
  });
});

type Seen = { crs: string | null; wkt: string[]; fields: Record<string, string[]> };

const readWithGdal = `
import json, sys
import pyogrio.raw, shapely
question = json.load(sys.stdin)
meta, _, geometry, fields = pyogrio.raw.read(question["path"])
print(json.dumps({"crs": meta["crs"], "wkt": [shapely.from_wkb(w).normalize().wkt for w in geometry],
    "fields": {n: [str(v) for v in f] for n, f in zip(meta["fields"], fields)}}))
`;

describe.skipIf(!hasModule('pyogrio') || !hasModule('shapely'))('GDAL', () => {
  it.each(['csv', 'shapefile'] satisfies RoiFormat[])('reads our %s', async (format) => {
    const path = join(folder, `gdal.${format === 'csv' ? 'csv' : 'shp'}`);
    const reference = join(folder, 'gdal.gpkg');
    await writeRoisAs(format, path, { ...set, rois: areas });
    await writeRoisAs('gpkg', reference, { ...set, rois: areas });
    const [seen, wanted] = [path, reference].map((one) =>
      askReferee<Seen>(readWithGdal, { path: one }),
    );
    const multi = (wkt: string): string => wkt.replace(/^POLYGON (.*)$/, 'MULTIPOLYGON ($1)');
    expect(seen!.wkt.map(multi)).toEqual(wanted!.wkt);
    expect(seen!.fields['class']).toEqual(wanted!.fields['class']);
    expect(seen!.fields['color']).toEqual(wanted!.fields['color']);
    expect(seen!.fields['value']!.map(Number)).toEqual([3, 7]);
    if (format === 'shapefile') expect(seen!.crs).toBe('EPSG:32633');
  });

  it('and we agree on well-known text of every kind', () => {
    const texts = askReferee<{ wkt: string; area: number; points: number }[]>(
      `
import json, sys, shapely
texts = ["POINT (1 2)", "POINT Z (1 2 3)", "MULTIPOINT (1 2, 3.5 -4e-3)", "MULTIPOINT ((1 2), (3 4))",
    "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))", "POLYGON Z ((0 0 1, 4 0 1, 4 4 1, 0 0 1))",
    "MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)), ((10 10, 12 10, 12 12, 10 10)))",
    "GEOMETRYCOLLECTION (POLYGON ((0 0, 3 0, 3 3, 0 0)), LINESTRING (0 0, 1 1))", "polygon((0 0,+4.0 0,4 .4e1,0 0))"]
def points(g):
    return 0 if g.geom_type in ("Polygon", "MultiPolygon", "GeometryCollection") else len(shapely.get_coordinates(g))
print(json.dumps([{"wkt": t, "area": shapely.from_wkt(t).area, "points": points(shapely.from_wkt(t))} for t in texts]))
`,
      null,
    );
    for (const { wkt, area, points: count } of texts) {
      const layer = parseCsv(`WKT,class\r\n"${wkt}",x\r\n`, 'memory');
      const { geometry } = layer.features[0]!;
      if (geometry.kind === 'points') expect(geometry.points).toHaveLength(count);
      else expect(areaOfAll(geometry)).toBeCloseTo(area, 9);
    }
  });
});

const shoelace = (ring: Ring): number =>
  Math.abs(
    ring.reduce((sum, [x, y], i) => {
      const [nextX, nextY] = ring[(i + 1) % ring.length]!;
      return sum + x * nextY - nextX * y;
    }, 0) / 2,
  );
const areaOfAll = (geometry: Geometry): number =>
  geometry.kind === 'points'
    ? 0
    : geometry.polygons.reduce(
        (sum, { outer, holes }) =>
          sum + shoelace(outer) - holes.reduce((part, hole) => part + shoelace(hole), 0),
        0,
      );

describe('a table', () => {
  it('may be of points, with a decimal comma, a byte-order mark and no line at its end', async () => {
    const path = join(folder, 'punkte.csv');
    writeFileSync(
      path,
      '\uFEFFName;Easting;Northing;Klasse\nA;400001,5;5800002;Wald\n\nB;;1;Wald\nC;3;4;"Wasser; tief"',
    );
    const layer = await readLayer(path);
    expect(layer.crs).toBeUndefined();
    expect(layer.features.map(({ geometry, values }) => [geometry, values])).toEqual([
      [{ kind: 'points', points: [[400001.5, 5800002]] }, ['A', 'Wald']],
      [{ kind: 'points', points: [[3, 4]] }, ['C', 'Wasser; tief']],
    ]);
    expect([...layer.skipped]).toEqual([['points without finite coordinates', 1]]);
  });

  it('of longitude and latitude is in these, unless it says otherwise', () => {
    expect(parseCsv('lat\tlon\n50\t14', 'x').crs).toBe('EPSG:4326');
    expect(parseCsv('lat,lon,crs\n50,14,EPSG:4258', 'x').crs).toBe('EPSG:4258');
    expect(parseCsv('wkt\nSRID=4326;POINT(1 2)', 'x').features).toHaveLength(1);
  });

  it('that cannot be read says why', () => {
    const cases: readonly (readonly [text: string, code: string, words: RegExp])[] = [
      ['a,b\n1,2', 'bad-labels', /no column of geometries.*Its columns: a, b/],
      ['', 'bad-labels', /Its columns: none/],
      ['WKT,class\n"POLYGON ((0 0, 1 1', 'corrupt', /quote is never closed/],
      ['WKT\n"POLYGON ((0 0, 1 1"', 'corrupt', /well-known text near/],
      ['WKT\nCIRCLE (1 2)', 'corrupt', /well-known text/],
      ['WKT\nPOINT (1 2) x', 'corrupt', /near " x"/],
      ['x,y,crs\n1,2,EPSG:4326\n1,2,EPSG:3857', 'unknown-crs', /2 coordinate systems/],
    ];
    for (const [text, code, words] of cases)
      expect(() => parseCsv(text, 'file.csv')).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(words) as string }),
      );
  });

  it('that was damaged anywhere gives a layer or a coded error', async () => {
    const path = join(folder, 'seed.csv');
    await writeRoisAs('csv', path, set);
    const seed = readFileSync(path, 'latin1');
    const random = createRandom(1, 'damage');
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
      const at = random.integer(seed.length);
      const cut = random.integer(6);
      const noise = String.fromCharCode(32 + random.integer(95));
      const text = seed.slice(0, at) + noise + seed.slice(at + cut);
      try {
        parseCsv(text, 'damaged.csv');
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
