import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dashOf, domainOf, markersAt, type Series, spreadLabels } from './series.ts';

const line = (points: Series['points']): Series => {
  return { id: 'a', name: 'A', kind: 'line', pattern: 0, points };
};

test('labels keep their distance, their order and their place inside the plot', () => {
  const height = 200;
  const gap = 12;
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: height, noNaN: true }), { maxLength: 16 }),
      (wishes) => {
        const places = spreadLabels(wishes, gap, height);
        const order = wishes.map((_, i) => i).sort((a, b) => wishes[a]! - wishes[b]!);
        order.forEach((index, rank) => {
          expect(places[index]!).toBeLessThanOrEqual(height + 1e-9);
          expect(places[index]!).toBeGreaterThanOrEqual(-1e-9);
          if (rank > 0)
            expect(places[index]! - places[order[rank - 1]!]!).toBeGreaterThanOrEqual(gap - 1e-9);
        });
      },
    ),
  );
});

test('labels that do not overlap stay beside their lines', () => {
  expect(spreadLabels([150, 20, 80], 12, 200)).toEqual([150, 20, 80]);
});

test('the range of an axis takes in the spread and leaves out gaps', () => {
  const series = [
    line([
      { x: 400, y: 3, low: 1, high: 5 },
      { x: 500, y: null },
      { x: 600, y: 7, low: 6, high: 9 },
    ]),
  ];
  expect(domainOf(series, 'y')).toEqual([1, 9]);
  expect(domainOf(series, 'x')).toEqual([400, 600]);
});

test('a single value, and none, get an axis all the same', () => {
  expect(domainOf([line([{ x: 1, y: 4 }])], 'y')).toEqual([2, 6]);
  expect(domainOf([line([{ x: 1, y: 0 }])], 'y')).toEqual([-0.5, 0.5]);
  expect(domainOf([], 'y')).toEqual([0, 1]);
});

test('no two of the first 56 series look alike without their colours', () => {
  const looks = Array.from(
    { length: 56 },
    (_, pattern) => `${dashOf(pattern)} ${markersAt(pattern, [[0, 0]], 3)}`,
  );
  expect(new Set(looks).size).toBe(56);
});
