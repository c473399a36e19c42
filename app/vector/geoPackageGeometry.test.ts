import { describe, expect, it } from 'vitest';
import { askReferee, hasModule } from '../../main/vector/testing/referee.ts';
import { boundsOf, type Geometry, type Ring } from './geometry.ts';
import { geoPackageBytes, geoPackageGeometry } from './geoPackageGeometry.ts';

const outer: Ring = [
  [0, 0],
  [4, 0],
  [4, 4],
  [0, 4],
];
const hole: Ring = [
  [1, 1],
  [1, 2],
  [2, 2],
  [2, 1],
];
const areas: Geometry = {
  kind: 'polygons',
  polygons: [
    { outer, holes: [hole] },
    { outer: outer.map(([x, y]) => [x + 10, y] as const), holes: [] },
  ],
};
const points: Geometry = {
  kind: 'points',
  points: [
    [1.5, -2],
    [3, 4],
  ],
};
const stored = (geometry: Geometry): Buffer =>
  Buffer.from(geoPackageBytes(geometry, 4326, boundsOf(geometry)));

describe('a geometry of a GeoPackage', () => {
  it.each([
    ['areas with holes', areas],
    ['points', points],
  ])('%s come back position by position', (_, geometry) => {
    expect(geoPackageGeometry(stored(geometry))).toEqual(geometry);
  });

  it.skipIf(!hasModule('shapely'))(
    'is read in either byte order, single or multi, with or without bounds (skipped without shapely)',
    () => {
      const texts = [
        'POINT (1 2)',
        'MULTIPOINT (1 2, 3 4)',
        'POLYGON ((0 0, 4 0, 4 4, 0 0))',
        'MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)))',
      ];
      const wkb = askReferee<string[]>(
        `
import json, sys, shapely
print(json.dumps([shapely.to_wkb(shapely.from_wkt(t), hex=True, byte_order=o) for t in json.load(sys.stdin) for o in (0, 1)]))
`,
        texts,
      );
      const triangle: Ring = [
        [0, 0],
        [4, 0],
        [4, 4],
      ];
      const polygon = { kind: 'polygons', polygons: [{ outer: triangle, holes: [] }] };
      const wanted = [
        { kind: 'points', points: [[1, 2]] },
        {
          kind: 'points',
          points: [
            [1, 2],
            [3, 4],
          ],
        },
        polygon,
        polygon,
      ];
      const headers = [
        Buffer.from('4750000100000000', 'hex'),
        Buffer.concat([Buffer.from('4750000300000000', 'hex'), Buffer.alloc(32)]),
      ];
      for (const [i, hex] of wkb.entries())
        for (const header of headers)
          expect(geoPackageGeometry(Buffer.concat([header, Buffer.from(hex, 'hex')]))).toEqual(
            wanted[i >> 1],
          );
    },
  );

  it('that is cut off anywhere is none', () => {
    for (const whole of [stored(areas), stored(points)])
      for (let length = 0; length < whole.length; length++)
        expect(geoPackageGeometry(new Uint8Array(whole.subarray(0, length)))).toBeUndefined();
  });

  const changed = (geometry: Geometry, at: number, value: number): Uint8Array => {
    const bytes = stored(geometry);
    bytes[at] = value;
    return bytes;
  };
  it.each([
    ['of another format', changed(points, 0, 0x48)],
    ['with bounds of an unknown kind', changed(points, 3, 0b1011)],
    ['that is a line', changed(points, 41, 2)],
    ['of points that holds a polygon', changed(points, 50, 3)],
    ['of polygons that holds a point', changed(areas, 50, 1)],
  ])('%s is none', (_, bytes) => {
    expect(geoPackageGeometry(bytes)).toBeUndefined();
  });

  it('of a polygon without rings is a polygon without positions', () => {
    const empty = Buffer.from('4750000100000000' + '01' + '03000000' + '00000000', 'hex');
    expect(geoPackageGeometry(empty)).toEqual({
      kind: 'polygons',
      polygons: [{ outer: [], holes: [] }],
    });
  });
});
