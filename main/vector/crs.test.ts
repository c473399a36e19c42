import { describe, expect, it } from 'vitest';
import { createTransform, normaliseCrs, parseCrs } from './crs.ts';
import { askReferee, python } from './testing/referee.ts';

/** Code, longitude and latitude of a place where it is used, tolerance in its units. */
const systems: readonly (readonly [string, number, number, number])[] = [
  ['EPSG:32633', 13.1, 52.4, 1e-3],
  ['EPSG:32618', -76.5, 34.6, 1e-3],
  ['EPSG:32733', 16.2, -12.1, 1e-3],
  ['EPSG:3857', 32.59, 0.35, 1e-3],
  ['EPSG:3395', 32.59, 60.35, 1e-3],
  ['EPSG:4326', 7.1, 46.2, 1e-9],
  ['EPSG:3035', 8.4, 47.3, 1e-3],
  ['EPSG:25832', 9.2, 48.7, 1e-3],
  ['EPSG:2154', 2.3, 47.1, 1e-3],
  ['EPSG:2056', 7.9, 46.8, 1e-3],
  ['EPSG:21781', 7.9, 46.8, 1e-3],
  ['EPSG:27700', -1.2, 52.1, 1e-3],
  ['EPSG:2263', -73.9, 40.7, 1e-3],
  ['EPSG:5514', 15.2, 49.9, 1e-3],
  ['EPSG:28992', 5.1, 52.1, 1e-3],
  ['EPSG:31370', 4.5, 50.6, 1e-3],
  ['EPSG:31467', 9.1, 51.2, 1e-3],
  ['EPSG:2180', 19.3, 52.1, 1e-3],
  ['EPSG:3067', 25.4, 62.1, 1e-3],
  ['EPSG:2193', 174.1, -40.2, 1e-3],
  ['EPSG:5070', -96.3, 39.1, 1e-3],
  ['EPSG:3413', -44.2, 71.3, 1e-3],
  ['EPSG:3031', 12.2, -75.3, 1e-3],
  ['EPSG:6933', 12.2, 44.3, 1e-3],
  ['EPSG:3310', -120.3, 37.2, 1e-3],
  ['EPSG:5880', -52.1, -12.3, 1e-3],
  ['EPSG:7855', 145.3, -37.2, 1e-3],
  ['EPSG:2393', 26.2, 62.3, 1e-3],
  ['EPSG:2053', 29.4, -26.1, 1e-3],
  ['ESRI:102003', -96.3, 39.1, 1e-3],
  ['ESRI:54009', 13.1, 52.4, 1e-3],
];

const script = `
import sys, json
from rasterio.warp import transform
from rasterio.crs import CRS
out = []
for code, lon, lat, _ in json.load(sys.stdin):
    x, y = transform('EPSG:4326', code, [lon + d for d in (0, .2, -.1)], [lat + d for d in (0, .1, .2)])
    crs = CRS.from_string(code)
    esri = crs.to_wkt(morph_to_esri_dialect=True) if hasattr(crs, 'to_wkt') else ''
    out.append({'x': x, 'y': y, 'wkt': crs.to_wkt(), 'esri': esri})
print(json.dumps(out))
`;

type Answer = { x: number[]; y: number[]; wkt: string; esri: string }[];

describe.skipIf(python === undefined)('coordinate systems against PROJ', () => {
  const answers = python === undefined ? [] : askReferee<Answer>(script, systems);
  const places = systems.map((system, i) => [system[0], i] as const);

  const offsets = [
    [0, 0],
    [0.2, 0.1],
    [-0.1, 0.2],
  ] as const;

  it.for(places)('%s by code, there and back', ([code, i]) => {
    const [, lon, lat, tolerance] = systems[i]!;
    const [forward, back] = [
      createTransform('EPSG:4326', code),
      createTransform(code, 'EPSG:4326'),
    ];
    offsets.forEach(([dx, dy], k) => {
      const [x, y] = forward(lon + dx, lat + dy);
      expect(Math.hypot(x - answers[i]!.x[k]!, y - answers[i]!.y[k]!)).toBeLessThan(tolerance);
      const [lon2, lat2] = back(x, y);
      expect(Math.hypot(lon2 - lon - dx, lat2 - lat - dy)).toBeLessThan(2e-8);
    });
  });

  // south-orientated systems are known by code only: their WKT is refused as unknown
  const byWkt = places.filter(([code]) => code !== 'EPSG:2053');

  it('compound systems and WKT 2 give the same positions', () => {
    const names = [
      'EPSG:32633+5773',
      'EPSG:5555',
      'EPSG:7415',
      'EPSG:4979',
      'EPSG:32633',
      'EPSG:3857',
      'EPSG:27700',
      'EPSG:3035',
    ];
    const texts = askReferee<[string, string[], number[]][]>(
      `
import sys, json, re
from rasterio.crs import CRS
from rasterio.warp import transform
out = []
for name in json.load(sys.stdin):
    crs = CRS.from_string(name)
    texts = [crs.to_wkt(), crs.to_wkt(version='WKT2_2019')]
    texts += [re.sub(r',(AUTHORITY|ID)\\["[^"]*","?[^"\\]]*"?\\]\\]$', ']', t) for t in texts]
    x, y = transform('EPSG:4326', name.split('+')[0], [-1.2 if name == 'EPSG:27700' else 5.2], [52.1])
    out.append([name, texts, [x[0], y[0]]])
print(json.dumps(out))
`,
      names,
    );
    for (const [name, wkts, [x, y]] of texts)
      for (const wkt of [...new Set(wkts), ...(name.includes('+') ? [] : [name])]) {
        const [east, north] = createTransform('EPSG:4326', wkt)(
          name === 'EPSG:27700' ? -1.2 : 5.2,
          52.1,
        );
        expect(Math.hypot(east - x!, north - y!), `${name}: ${wkt}`).toBeLessThan(2e-3);
      }
  });

  it.for(byWkt)('%s by WKT of GDAL and of ESRI', ([, i]) => {
    const [, lon, lat, tolerance] = systems[i]!;
    for (const [dialect, wkt] of Object.entries({
      gdal: answers[i]!.wkt,
      esri: answers[i]!.esri,
    })) {
      // without its code at the end, so that the definition itself is used
      const bare = wkt.replace(/,\s*AUTHORITY\["[^"]*","[^"]*"\]\]$/, ']');
      const [x, y] = createTransform('EPSG:4326', bare)(lon, lat);
      const distance = Math.hypot(x - answers[i]!.x[0]!, y - answers[i]!.y[0]!);
      expect(distance, `${dialect}: ${bare}`).toBeLessThan(tolerance);
    }
  });
});

describe('coordinate systems', () => {
  it.for([
    ['epsg:32633', 'EPSG:32633'],
    ['urn:ogc:def:crs:EPSG::32633', 'EPSG:32633'],
    ['urn:ogc:def:crs:EPSG:9.8:32633', 'EPSG:32633'],
    ['urn:x-ogc:def:crs:EPSG:4326', 'EPSG:4326'],
    ['http://www.opengis.net/def/crs/EPSG/0/3857', 'EPSG:3857'],
    ['https://www.opengis.net/def/crs/OGC/1.3/CRS84', 'EPSG:4326'],
    ['urn:ogc:def:crs:OGC:1.3:CRS84', 'EPSG:4326'],
    ['OGC:CRS84', 'EPSG:4326'],
    ['  +proj=longlat +datum=WGS84\n', '+proj=longlat +datum=WGS84'],
  ])('knows %s', ([text, id]) => {
    expect(normaliseCrs(text!)).toBe(id);
  });

  it.for([
    'EPSG:999999',
    'EPSG:5773',
    'EPSG:4978',
    'nonsense',
    '',
    'PROJCS["x"',
    '+proj=',
    '+proj=nothing +x',
    'GEOGCS[',
    '__proto__',
    'EPSG:../4326',
    'PROJCS["a",GEOGCS["b",DATUM["c",SPHEROID["d",0,0]]]]',
  ])('refuses %s', (text) => {
    expect(() => parseCrs(text)).toThrow(expect.objectContaining({ code: 'unknown-crs' }));
  });

  it('tells units and kind', () => {
    expect(parseCrs('EPSG:4326')).toMatchObject({ geographic: true, metresPerUnit: undefined });
    expect(parseCrs('EPSG:32633')).toMatchObject({ geographic: false, metresPerUnit: 1 });
    expect(parseCrs('EPSG:2263').metresPerUnit).toBeCloseTo(1200 / 3937, 12);
  });

  it('gives NaN where a position has no counterpart', () => {
    const mercator = createTransform('EPSG:4326', 'EPSG:3857');
    for (const [x, y] of [
      [Number.NaN, 0],
      [0, Number.POSITIVE_INFINITY],
      [0, 90],
      [1e30, 1e30],
    ] as const)
      expect(Number.isFinite(mercator(x, y)[0] + mercator(x, y)[1])).toBe(false);
  });

  it('warns where no datum shift is known, and only then', () => {
    expect(createTransform('EPSG:4326', 'EPSG:27700').warnings).toEqual([]);
    const own = '+proj=tmerc +lat_0=0 +lon_0=9 +ellps=bessel +units=m';
    expect(createTransform(own, 'EPSG:4326').warnings?.join()).toMatch(/No datum shift/);
    expect(createTransform(own, own).warnings ?? []).toEqual([]);
  });
});
