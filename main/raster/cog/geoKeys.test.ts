import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { AppError } from '../../../app/error.ts';
import { openTiff } from '../tiff/openTiff.ts';
import { geoKeysOf } from './geoKeys.ts';
import { askPython, python } from './testing/referee.ts';
import { createCogWriter } from './writeCog.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-crs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wkt1 =
  'PROJCS["my own",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",1],PARAMETER["central_meridian",17.5],PARAMETER["scale_factor",0.9997],PARAMETER["false_easting",123456],PARAMETER["false_northing",-5],UNIT["metre",1]]';
const geographicWkt =
  'GEOGCS["mine",DATUM["mine",SPHEROID["odd",6377000,300]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]';
const wkt2 =
  'PROJCRS["own laea",BASEGEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]]],CONVERSION["x",METHOD["Lambert Azimuthal Equal Area",ID["EPSG",9820]],PARAMETER["Latitude of natural origin",50,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],PARAMETER["Longitude of natural origin",7,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],PARAMETER["False easting",0,LENGTHUNIT["metre",1],ID["EPSG",8806]],PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID["EPSG",8807]]],CS[Cartesian,2],AXIS["easting",east,ORDER[1],LENGTHUNIT["metre",1]],AXIS["northing",north,ORDER[2],LENGTHUNIT["metre",1]]]';
const withCode = wkt1.replace(/\]$/, ',AUTHORITY["EPSG","32634"]]');

/** Texts that stand for a CRS, each with what GDAL is to understand (the text itself where that is the same). */
const texts: readonly (readonly [text: string, meaning?: string])[] = [
  ...[
    '32632',
    '32756',
    '4326',
    '4258',
    '3035',
    '3857',
    '2193',
    '2263',
    '27700',
    '5514',
    '4269',
  ].map((code): readonly [string] => [`EPSG:${code}`]),
  // GDAL reports the vertical part only when it is told to
  ['EPSG:7415', 'EPSG:28992'],
  ['epsg:31370', 'EPSG:31370'],
  [withCode, 'EPSG:32634'],
  [wkt1],
  [geographicWkt],
  [wkt2],
  ['+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs', 'EPSG:32633'],
  ['+proj=utm +zone=19 +south +ellps=WGS84', 'EPSG:32719'],
  ['+proj=utm +zone=17 +datum=NAD27 +units=us-ft +no_defs'],
  ['+proj=longlat +datum=WGS84 +no_defs', 'EPSG:4326'],
  ['+proj=longlat +ellps=bessel +no_defs'],
  ['+proj=tmerc +lat_0=1 +lon_0=9 +k=0.9999 +x_0=3500000 +y_0=0 +ellps=bessel +units=m +no_defs'],
  [
    '+proj=lcc +lat_0=40 +lon_0=-96 +lat_1=33 +lat_2=45 +x_0=100 +y_0=200 +datum=NAD83 +units=us-ft +no_defs',
  ],
  [
    '+proj=lcc +lat_1=46.5 +lat_0=46.5 +lon_0=0 +k_0=0.99987742 +x_0=600000 +y_0=200000 +a=6378249.2 +b=6356515 +units=m +no_defs',
  ],
  ['+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80 +units=m +no_defs'],
  [
    '+proj=aea +lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +x_0=0 +y_0=0 +datum=NAD83 +units=m +no_defs',
  ],
  ['+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs'],
  [
    '+proj=sterea +lat_0=52.1 +lon_0=5.3 +k=0.9999 +x_0=155000 +y_0=463000 +ellps=bessel +units=m +no_defs',
  ],
  ['+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs'],
  ['+proj=eqc +lat_ts=30 +lat_0=0 +lon_0=10 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs'],
  ['+proj=merc +lon_0=100 +k=0.997 +x_0=3900000 +y_0=900000 +ellps=bessel +units=m +no_defs'],
  ['+proj=utm +zone=19 +south +ellps=intl +units=m +no_defs'],
  ['+proj=longlat +a=6377000 +rf=300 +no_defs'],
  ['+proj=merc +lat_ts=20 +lon_0=5 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs'],
];

/** Largest distance, in units of the CRS, between places by the CRS of a file and by the one it was meant to have. */
const compare = `
import json, sys, warnings
import numpy, rasterio
from rasterio.crs import CRS
from rasterio.warp import transform
warnings.filterwarnings('ignore')
out = []
for path, text in json.load(sys.stdin):
    with rasterio.open(path) as data:
        crs = data.crs
    wanted = CRS.from_user_input(text)
    x, y = ([500000.0, 600000.0, 10.0], [200000.0, 400000.0, 45.0])
    if wanted.is_geographic:
        x, y = ([10.0, 20.0, -60.0], [45.0, 50.0, -10.0])
    geographic = CRS.from_epsg(4326)
    far = 0.0
    a = transform(wanted, geographic, x, y)
    b = transform(crs, geographic, x, y) if crs else ([numpy.inf] * 3,) * 2
    far = float(numpy.abs(numpy.array(a) - numpy.array(b)).max())
    out.append({'far': str(far), 'epsg': crs.to_epsg() if crs else None, 'wanted': wanted.to_epsg(),
                'name': crs.to_wkt()[:60] if crs else None, 'geographic': crs.is_geographic if crs else None, 'units': [crs.linear_units_factor[1], wanted.linear_units_factor[1]] if crs and crs.is_projected else [0, 0]})
print(json.dumps(out))
`;

type Seen = {
  readonly far: string;
  readonly epsg: number | null;
  readonly wanted: number | null;
  readonly name: string | null;
  readonly units: readonly [number, number];
};

describe.skipIf(python === undefined)('GDAL (skipped: the Python referee is not set up)', () => {
  test('understands every way to give a CRS', async () => {
    const questions: [string, string][] = [];
    for (const [index, [text, meaning]] of texts.entries()) {
      const path = join(folder, `${index}.tif`);
      const writer = await createCogWriter(path, {
        grid: { width: 2, height: 1, crs: text, transform: [0, 1, 0, 0, 0, -1] },
        bands: [{ name: '', type: 'uint8' }],
        tileSize: 16,
      });
      await writer.write({
        window: { x: 0, y: 0, width: 2, height: 1 },
        bands: [Uint8Array.of(1, 2)],
      });
      await writer.finish();
      questions.push([path, meaning ?? text]);
    }
    const seen = askPython<Seen[]>(compare, questions);
    seen.forEach(({ far, epsg, wanted, units, name }, index) => {
      const text = `${texts[index]![0]} as ${name}`;
      expect(Number(far), text).toBeLessThan(1e-7);
      expect(units[0], text).toBeCloseTo(units[1], 9);
      if (questions[index]![1].startsWith('EPSG:')) expect(epsg, text).toBe(wanted);
    });
  });
});

test.each([
  ...['EPSG:999999', 'nonsense', '+proj=igh +lon_0=0', '+proj=utm +zone=99'],
  // a vertical CRS alone, and a compound one whose parts the EPSG index does not hold
  ...['EPSG:5773', 'EPSG:8820'],
  ...[
    '+proj=longlat +ellps=bessel +pm=paris',
    '+proj=longlat +datum=none',
    '+proj=laea +ellps=none',
  ],
  ...[
    '+proj=laea +a=much',
    '+proj=laea +R=-5',
    '+proj=laea +a=6377000 +rf=0',
    '+proj=laea +lat_0=x',
  ],
  ...['+proj=stere +lat_0=45', '+proj=laea +units=chains', '+proj=laea +to_meter=2'],
  `nonsense ${'and more of it '.repeat(20)}`,
])('%.40s: refused, as no GeoTIFF can hold it', async (text) => {
  const error = (await geoKeysOf(text).catch((reason: unknown) => reason)) as AppError;
  expect(error.code).toBe('unknown-crs');
  expect(error.message).toContain(text.slice(0, 70));
  expect(error.message.length).toBeLessThan(250);
});

test('a geocentric CRS is written as such and read back', async () => {
  expect(await geoKeysOf('EPSG:4978')).toEqual([
    [1024, { code: 3 }],
    [1025, { code: 1 }],
    [2048, { code: 4978 }],
  ]);
  const path = join(folder, 'geocentric.tif');
  const writer = await createCogWriter(path, {
    grid: { width: 2, height: 1, crs: 'EPSG:4978', transform: [0, 1, 0, 0, 0, -1] },
    bands: [{ name: '', type: 'uint8' }],
    tileSize: 16,
  });
  const window = { x: 0, y: 0, width: 2, height: 1 };
  await writer.write({ window, bands: [Uint8Array.of(1, 2)] });
  await writer.finish();
  const scene = await openTiff(path);
  await scene.close();
  expect(scene.description.grid.crs).toBe('EPSG:4978');
});
