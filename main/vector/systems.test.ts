import { describe, expect, it } from 'vitest';
import { createTransform, normaliseCrs, parseCrs } from './crs.ts';
import { pixelAreaHectares } from './pixelArea.ts';
import { contains, holesWithin } from './ringNesting.ts';
import { cleanPolygon, Skipped } from './rings.ts';
import { askReferee, hasModule } from './testing/referee.ts';

describe('a coordinate system', () => {
  it.each([
    ['OGC:CRS84', 'EPSG:4326'],
    ['CRS84', 'EPSG:4326'],
    ['urn:ogc:def:crs:EPSG::32633', 'EPSG:32633'],
    ['urn:ogc:def:crs:EPSG:9.8:32633', 'EPSG:32633'],
    ['http://www.opengis.net/def/crs/EPSG/0/3857', 'EPSG:3857'],
    ['urn:ogc:def:crs:IAU::1000', 'urn:ogc:def:crs:IAU::1000'],
    ['COMPD_CS["nothing"]', 'COMPD_CS["nothing"]'],
    ['COMPD_CS["cut off",PROJCS["x",GEOGCS["y"]', 'COMPD_CS["cut off",PROJCS["x",GEOGCS["y"]'],
    ['COMPD_CS["both",GEOGCS["y",AUTHORITY["EPSG","4326"]],VERT_CS["z"]]', 'EPSG:4326'],
    ['LOCAL_CS["x",AUTHORITY["EPSG","9999"]]', 'LOCAL_CS["x",AUTHORITY["EPSG","9999"]]'],
  ])('%s is %s', (text, id) => {
    expect(normaliseCrs(text)).toBe(id);
  });

  it.each([
    ['a word', 'UTM 33', /it is neither a code, WKT nor a PROJ string/],
    [
      'a system of a construction site',
      'LOCAL_CS["site",UNIT["metre",1]]',
      /local and has no place on the Earth/,
    ],
    [
      'an endless definition',
      `+proj=longlat ${'+x=1 '.repeat(30_000)}`,
      /its definition is too long/,
    ],
    ['a code of heights', 'EPSG:5703', /is not a coordinate system of positions on a map/],
    ['a code that nobody has', 'EPSG:1234', /is not in the list/],
    ['a projection that nobody has', '+proj=nowhere +datum=WGS84', /not understood/],
    ['an Earth turned inside out', '+proj=longlat +a=-5 +b=-5', /it has no ellipsoid/],
  ])('%s is refused', (_, text, why) => {
    expect(() => parseCrs(text)).toThrow(
      expect.objectContaining({
        code: 'unknown-crs',
        message: expect.stringMatching(why) as string,
      }),
    );
  });

  it('is found again after hundreds of others', () => {
    const first = parseCrs('EPSG:32633');
    for (let i = 0; i < 210; i++) parseCrs(`+proj=tmerc +lon_0=${i / 2} +datum=WGS84`);
    expect(parseCrs('EPSG:32633')).toEqual(first);
  });

  it('positions that have no counterpart are no numbers', () => {
    const transform = createTransform('EPSG:4326', 'EPSG:32633');
    expect(transform(Number.NaN, 5)).toEqual([Number.NaN, Number.NaN]);
    expect(transform(15, Infinity)).toEqual([Number.NaN, Number.NaN]);
    expect(createTransform('EPSG:4326', 'EPSG:4326')(1, 2)).toEqual([1, 2]);
  });
});

const nad27 =
  'GEOGCS["GCS_North_American_1927",DATUM["D_North_American_1927",SPHEROID["Clarke_1866",6378206.4,294.9786982]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]';
const sphere =
  'GEOGCS["own",DATUM["D_own",SPHEROID["own",6370000,0]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]';
const equalArea = (geographic: string): string =>
  `PROJCS["equal area",${geographic},PROJECTION["Cylindrical_Equal_Area"],PARAMETER["standard_parallel_1",30],PARAMETER["central_meridian",10],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]`;
const wgs84 =
  'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]';

describe('well-known text without a shift', () => {
  it('gets that of the geographic system that ESRI names', () => {
    const [x, y] = createTransform(nad27, 'EPSG:4326')(-100, 40);
    // NADCON: some 30 m west and none north.
    expect(Math.hypot((x + 100) * 85_000, (y - 40) * 111_000)).toBeGreaterThan(10);
    expect(createTransform(nad27, 'EPSG:4326').warnings).toEqual([]);
  });

  it('of an own sphere has none, and says so', () => {
    expect(createTransform(sphere, 'EPSG:4326').warnings).toEqual([
      expect.stringContaining('No datum shift is known for own') as unknown,
    ]);
  });

  it.skipIf(!hasModule('rasterio'))(
    'of an equal-area cylinder is where PROJ has it (skipped without rasterio)',
    () => {
      const places = [
        [10, 0],
        [25.5, 47.25],
        [-60, -33],
      ] as const;
      const script = `
import json, sys
from rasterio.warp import transform
question = json.load(sys.stdin)
xs, ys = transform("EPSG:4326", question["wkt"], [p[0] for p in question["places"]], [p[1] for p in question["places"]])
print(json.dumps(list(zip(xs, ys))))
`;
      const wkt = equalArea(wgs84);
      const theirs = askReferee<[number, number][]>(script, { wkt, places });
      const ours = createTransform('EPSG:4326', wkt);
      theirs.forEach(([x, y], i) => {
        const [lon, lat] = places[i]!;
        const [ownX, ownY] = ours(lon, lat);
        expect(Math.hypot(ownX - x, ownY - y)).toBeLessThan(1e-3);
      });
    },
  );
});

describe('the area of a pixel', () => {
  const transform = [0, 10, 0, 0, 0, -10] as const;

  it('needs a system and a place', () => {
    for (const grid of [
      { width: 1, height: 1, transform },
      { width: 1, height: 1, crs: 'EPSG:32633' },
    ])
      expect(() => pixelAreaHectares(grid)).toThrow(expect.objectContaining({ code: 'no-crs' }));
  });

  it('is that of the plane where the projection has no place on Earth', () => {
    const nowhere = [1e12, 10, 0, 1e12, 0, -10] as const;
    expect(
      pixelAreaHectares({ width: 100, height: 100, crs: 'EPSG:32633', transform: nowhere }),
    ).toBe(0.01);
  });

  it('is unknown where degrees are none', () => {
    const nowhere = [0, 1, 0, Number.NaN, 0, -1] as const;
    expect(
      pixelAreaHectares({ width: 100, height: 100, crs: 'EPSG:4326', transform: nowhere }),
    ).toBeNaN();
  });
});

describe('rings', () => {
  const square = (at: number, side: number): readonly (readonly [number, number])[] => [
    [at, at],
    [at + side, at],
    [at + side, at + side],
    [at, at + side],
  ];

  it('of no rings and of empty outer ones make no polygon', () => {
    const skipped = new Skipped();
    expect(cleanPolygon([], skipped)).toBeUndefined();
    expect([...skipped.counts]).toEqual([]);
    expect(cleanPolygon([[], square(0, 1)], skipped)).toBeUndefined();
    expect([...skipped.counts]).toEqual([['rings with fewer than three positions', 1]]);
  });

  it('repeated positions are one', () => {
    const ring = square(0, 1);
    const doubled = ring.flatMap((position) => [position, position]);
    expect(cleanPolygon([[...doubled, ring[0]!, ring[0]!]], new Skipped())!.outer).toEqual(ring);
  });

  it('a hole goes to the smallest ring around it, and one around nothing stands alone', () => {
    const [large, small, hole, apart, beside] = [
      square(0, 10),
      square(1, 5),
      square(2, 1),
      square(20, 1),
      square(9, 3),
    ];
    expect(holesWithin([large, small], [hole, apart, beside])).toEqual([
      { outer: small, holes: [hole] },
      { outer: large, holes: [] },
      { outer: apart, holes: [] },
      { outer: beside, holes: [] },
    ]);
    expect(contains(square(0, 10), [5, 5])).toBe(true);
    expect(contains(square(0, 10), [15, 5])).toBe(false);
  });

  it('a hole within the box of a ring but not in it stands alone', () => {
    const corner: readonly (readonly [number, number])[] = [
      [0, 0],
      [10, 0],
      [0, 10],
    ];
    const beyond = square(7, 2);
    expect(holesWithin([corner], [beyond])).toEqual([
      { outer: corner, holes: [] },
      { outer: beyond, holes: [] },
    ]);
  });
});
