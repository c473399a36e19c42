import { describe, expect, it } from 'vitest';
import { AppError } from '../../app/error.ts';
import { areaOf } from '../../app/vector/geometry.ts';
import { geoPackageBytes } from '../../app/vector/geoPackageGeometry.ts';
import { Budget, corrupt } from './limits.ts';
import { Skipped } from './rings.ts';
import { askReferee, hasModule } from './testing/referee.ts';
import { readGeoPackageGeometry, readWkb } from './wkb.ts';

const context = () => ({
  budget: new Budget('memory'),
  skipped: new Skipped(),
  damaged: (what: string) => corrupt('memory', what),
});

const shapes = `
import sys, json, shapely
from shapely import wkt
texts = json.load(sys.stdin)
out = []
for t in texts:
    g = wkt.loads(t)
    for flavor in ('iso', 'extended'):
        for order in (0, 1):
            for dims in (2, 3, 4):
                h = shapely.to_wkb(g, hex=True, output_dimension=dims, byte_order=order, flavor=flavor, include_srid=False)
                out.append([t, h, g.area])
    out.append([t, shapely.to_wkb(shapely.set_srid(g, 4326), hex=True, include_srid=True), g.area])
print(json.dumps(out))
`;

const texts = [
  'POINT (1 2)',
  'POINT Z (1 2 3)',
  'POINT ZM (1 2 3 4)',
  'MULTIPOINT M (1 2 3, 4 5 6)',
  'POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 4, 4 4, 4 2, 2 2))',
  'POLYGON ZM ((0 0 1 2, 10 0 1 2, 10 10 1 2, 0 10 1 2, 0 0 1 2))',
  'MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 9 5, 9 9, 5 9, 5 5), (6 6, 6 7, 7 7, 7 6, 6 6)))',
  'GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 0)), GEOMETRYCOLLECTION (POLYGON ((5 5, 9 5, 9 9, 5 5))))',
];

describe('well-known binary', () => {
  it.skipIf(!hasModule('shapely'))(
    'is read in both flavours, byte orders and all dimensions',
    () => {
      const answer = askReferee<[string, string, number][]>(shapes, texts);
      expect(answer.length).toBe(texts.length * 13);
      for (const [text, hex, area] of answer) {
        const geometry = readWkb(Buffer.from(hex, 'hex'), context())!;
        expect(geometry.kind, text).toBe(text.includes('POINT') ? 'points' : 'polygons');
        expect(areaOf(geometry), `${text} ${hex}`).toBe(area);
        if (geometry.kind === 'points') expect(geometry.points[0], text).toEqual([1, 2]);
      }
    },
  );

  it('refuses counts beyond its bytes at once, deep nesting, curves and unknown kinds', () => {
    const read = (hex: string) => readWkb(Buffer.from(hex.replaceAll(' ', ''), 'hex'), context());
    const code = (hex: string): string => {
      try {
        read(hex);
        return 'read';
      } catch (error) {
        return error instanceof AppError ? error.code : 'other';
      }
    };
    expect(code('01 03000000 ffffffff')).toBe('corrupt');
    expect(code('01 03000000 01000000 ffffff0f')).toBe('corrupt');
    expect(code('01 07000000 01000000'.repeat(20))).toBe('corrupt');
    expect(code('01 0a000000 01000000')).toBe('unsupported');
    expect(code('01 63000000 01000000')).toBe('corrupt');
    expect(code('02 01000000')).toBe('corrupt');
    expect(code('')).toBe('corrupt');
  });

  it('survives a round trip through the header of a GeoPackage', () => {
    const geometry = { kind: 'points' as const, points: [[1.5, -2]] as const };
    const bytes = geoPackageBytes(geometry, 4326, { minX: 1.5, maxX: 1.5, minY: -2, maxY: -2 });
    expect(readGeoPackageGeometry(bytes, context())).toEqual(geometry);
    for (let length = 0; length < bytes.length; length++)
      expect(() => readGeoPackageGeometry(bytes.subarray(0, length), context())).toThrow(AppError);
    expect(() => readGeoPackageGeometry(bytes.with(0, 0), context())).toThrow(/header/);
    const empty = bytes.with(3, 0x13);
    const around = context();
    expect(readGeoPackageGeometry(empty, around)).toBeUndefined();
    expect([...around.skipped.counts.keys()]).toEqual(['objects without geometry']);
  });
});
