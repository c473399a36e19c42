import fc from 'fast-check';
import { difference, union } from 'polyclip-ts';
import { expect, test } from 'vitest';
import { areaOf, type Geometry, type Position } from '../../app/vector/geometry.ts';
import { brushStroke, splitBy, unionOf, without } from './polygons.ts';

const box = (x: number, y: number, width: number, height: number): Geometry => ({
  kind: 'polygons',
  polygons: [
    {
      outer: [
        [x, y],
        [x + width, y],
        [x + width, y + height],
        [x, y + height],
      ],
      holes: [],
    },
  ],
});

const boxes = fc
  .tuple(
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 40 }),
  )
  .map(([x, y, width, height]) => box(x, y, width, height));

test('areas add up: what a union holds is what one holds and what the other adds', () => {
  fc.assert(
    fc.property(boxes, boxes, (a, b) => {
      const rest = without(b, [a]);
      const whole = areaOf(unionOf([a, b])!);
      expect(whole).toBeCloseTo(areaOf(a) + (rest === undefined ? 0 : areaOf(rest)), 6);
    }),
  );
});

/** Many areas, some apart and some hanging together, as the clipping library sees them without our short cuts. */
const scattered = fc.array(
  fc
    .tuple(
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
    )
    .map(([x, y, width, height]) => box(x, y, width, height)),
  { minLength: 1, maxLength: 30 },
);
const asClip = (geometry: Geometry): [number, number][][][] =>
  geometry.kind === 'points'
    ? []
    : geometry.polygons.map(({ outer }) => [outer.map(([x, y]): [number, number] => [x, y])]);
const clippedArea = (clipped: readonly [number, number][][][]): number =>
  areaOf({
    kind: 'polygons',
    polygons: clipped.map(([outer, ...holes]) => ({ outer: outer!, holes })),
  });

test('areas that lie apart are joined and cut out as the clipping library would', () => {
  fc.assert(
    fc.property(scattered, (areas) => {
      const [first, ...rest] = areas.map(asClip);
      expect(areaOf(unionOf(areas)!)).toBeCloseTo(clippedArea(union(first!, ...rest)), 6);
      const whole = box(20, 20, 60, 60);
      const left = without(whole, areas);
      expect(left === undefined ? 0 : areaOf(left)).toBeCloseTo(
        clippedArea(difference(asClip(whole), first!, ...rest)),
        6,
      );
    }),
  );
});

test('ten thousand areas inside one are cut out', () => {
  const areas = Array.from({ length: 10_000 }, (_, i) =>
    box(10 * (i % 100), 10 * Math.floor(i / 100), 6, 6),
  );
  const left = without(box(-1, -1, 1010, 1010), areas);
  expect(areaOf(left!)).toBeCloseTo(1010 ** 2 - 10_000 * 36, 3);
});

test('a line that crosses divides a polygon into two that make it up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 19 }), fc.integer({ min: 1, max: 19 }), (left, right) => {
      const parts = splitBy(box(0, 0, 20, 20), [
        [-1, left],
        [21, right],
      ])!;
      expect(parts).toHaveLength(2);
      expect(areaOf(parts[0]!) + areaOf(parts[1]!)).toBeCloseTo(400, 6);
    }),
  );
});

test('a line beside a polygon divides nothing', () => {
  expect(splitBy(box(0, 0, 10, 10), [[20, 0] as Position, [20, 10] as Position])).toBeUndefined();
});

test('a line that ends inside, or would cross only if it were longer, divides nothing', () => {
  const inside: Position[] = [
    [-1, 5],
    [5, 5],
  ];
  const short: Position[] = [
    [-5, 5],
    [-1, 5],
  ];
  expect(splitBy(box(0, 0, 10, 10), inside)).toBeUndefined();
  expect(splitBy(box(0, 0, 10, 10), short)).toBeUndefined();
});

test('a stroke covers a capsule', () => {
  const area = areaOf(brushStroke([0, 0], [10, 0], 2));
  expect(area).toBeGreaterThan(0.97 * (40 + Math.PI * 4));
  expect(area).toBeLessThan(40 + Math.PI * 4);
});

test('a hole cut out stays a hole', () => {
  const ring = without(box(0, 0, 10, 10), [box(4, 4, 2, 2)])!;
  expect(ring.kind === 'polygons' && ring.polygons[0]!.holes.length).toBe(1);
  expect(areaOf(ring)).toBeCloseTo(96, 9);
});
