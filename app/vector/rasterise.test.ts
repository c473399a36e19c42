import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askReferee, python } from '../../main/vector/testing/referee.ts';
import { createRandom, type Random } from '../random.ts';
import type { Window } from '../raster/grid.ts';
import type { Geometry, Position, Ring } from './geometry.ts';
import { prepareShape, rasterise } from './rasterise.ts';

const SIZE = 24;
const whole: Window = { x: 0, y: 0, width: SIZE, height: SIZE };

/** One random geometry: stars, self-intersecting rings, holes, parts; some with vertices on pixel centres or corners. */
function randomGeometry(random: Random): Geometry {
  const snap = [0, 0, 1, 2, 4][random.integer(5)]!;
  const position = (): Position => {
    const [x, y] = [random.uniform() * (SIZE + 8) - 4, random.uniform() * (SIZE + 8) - 4];
    return snap === 0 ? [x, y] : [Math.round(x * snap) / snap, Math.round(y * snap) / snap];
  };
  const ring = (): Ring => Array.from({ length: 3 + random.integer(9) }, position);
  const polygon = () => ({
    outer: ring(),
    holes: Array.from({ length: random.integer(3) }, ring),
  });
  if (random.uniform() < 0.1)
    return { kind: 'points', points: Array.from({ length: 1 + random.integer(5) }, position) };
  return { kind: 'polygons', polygons: Array.from({ length: 1 + random.integer(3) }, polygon) };
}

function geoJson(geometry: Geometry, sign: number): unknown {
  const flip = (ring: Ring) => ring.map(([x, y]) => [x, sign * y]);
  const close = (ring: Ring) => flip([...ring, ring[0]!]);
  if (geometry.kind === 'points') return { type: 'MultiPoint', coordinates: flip(geometry.points) };
  return {
    type: 'MultiPolygon',
    coordinates: geometry.polygons.map(({ outer, holes }) => [outer, ...holes].map(close)),
  };
}

const script = `
import sys, json
from rasterio.features import rasterize
from rasterio.transform import Affine
q = json.load(sys.stdin)
out = []
for g in q['geometries']:
    a = rasterize([(g, 1)], out_shape=(q['size'], q['size']), transform=Affine(1, 0, 0, 0, q['sign'], 0), dtype='uint8')
    out.append(''.join(map(str, a.ravel().tolist())))
print(json.dumps(out))
`;

const burn = (geometry: Geometry, window = whole, northUp = true): Uint8Array =>
  rasterise([{ shape: prepareShape(geometry, northUp), value: 1 }], window).values;

describe('rasterise', () => {
  it.skipIf(python === undefined).for([
    { orientation: 'north-up', northUp: true },
    { orientation: 'south-up', northUp: false },
  ])('sets the pixels that GDAL sets, over 5,000 random shapes, $orientation', ({ northUp }) => {
    const random = createRandom(11, 'shapes', String(northUp));
    const geometries = Array.from({ length: 5000 }, () => randomGeometry(random));
    const expected = askReferee<string[]>(script, {
      size: SIZE,
      sign: northUp ? -1 : 1,
      geometries: geometries.map((geometry) => geoJson(geometry, northUp ? -1 : 1)),
    });
    const wrong = geometries.filter((g, i) => burn(g, whole, northUp).join('') !== expected[i]);
    expect(wrong.length, JSON.stringify(wrong[0])).toBe(0);
  });

  it('gives the same pixels window by window as in one piece', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (seed, w, h) => {
          const geometry = randomGeometry(createRandom(seed, 'windows'));
          const expected = burn(geometry);
          const found = new Uint8Array(SIZE * SIZE);
          for (let y = 0; y < SIZE; y += h)
            for (let x = 0; x < SIZE; x += w) {
              const window = { x, y, width: Math.min(w, SIZE - x), height: Math.min(h, SIZE - y) };
              const part = burn(geometry, window);
              for (let row = 0; row < window.height; row++)
                for (let column = 0; column < window.width; column++)
                  found[(y + row) * SIZE + x + column] = part[row * window.width + column]!;
            }
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('covers earlier shapes by later ones and says which shape set a pixel', () => {
    const square = (from: number, to: number, value: number) => ({
      shape: prepareShape({
        kind: 'polygons',
        polygons: [
          {
            outer: [
              [from, from],
              [to, from],
              [to, to],
              [from, to],
            ],
            holes: [],
          },
        ],
      }),
      value,
    });
    const burnt = rasterise([square(0, 4, 7), square(2, 6, 9)], {
      x: 0,
      y: 0,
      width: 6,
      height: 6,
    });
    const values = (row: number) => [...burnt.values.slice(row * 6, row * 6 + 6)];
    expect(values(0)).toEqual([7, 7, 7, 7, 0, 0]);
    expect(values(3)).toEqual([7, 7, 9, 9, 9, 9]);
    expect([...burnt.shapes.slice(18, 24)]).toEqual([0, 0, 1, 1, 1, 1]);
  });

  it('ignores coordinates that are not numbers or beyond any scene', () => {
    for (const bad of [NaN, Infinity, -Infinity, 1e300]) {
      const outer: Ring = [
        [bad, 1],
        [5, bad],
        [bad, bad],
        [2, 2],
      ];
      const values = burn({ kind: 'polygons', polygons: [{ outer, holes: [] }] });
      expect(values.length).toBe(SIZE * SIZE);
    }
  });
});
