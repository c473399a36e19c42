import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocatePoints } from './samplingDesign.ts';

const strata = (...pixels: number[]) => pixels.map((count, i) => ({ value: i + 1, pixels: count }));
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('allocation of points', () => {
  it('as in Olofsson et al. 2014: 640 points, at least 75, the rest in proportion', () => {
    // Their classes of 2, 1.5, 32 and 64.5 %: 75 and 75 for the small ones, the remaining 490 as 32 : 64.5.
    const given = allocatePoints(strata(200_000, 150_000, 3_200_000, 6_450_000), {
      design: 'stratified',
      points: 640,
      least: 75,
    });
    expect(given).toEqual([75, 75, 162, 328]);
  });

  it('equalised gives all the same, small classes what they have', () => {
    const design = { design: 'equalised', points: 100, least: 0 } as const;
    expect(allocatePoints(strata(1000, 50, 9000, 700), design)).toEqual([25, 25, 25, 25]);
    expect(allocatePoints(strata(1000, 4, 9000, 700), design)).toEqual([32, 4, 32, 32]);
  });

  it('refuses fewer points than classes', () => {
    const design = { design: 'stratified', points: 2, least: 10 } as const;
    expect(() => allocatePoints(strata(5, 5, 5), design)).toThrow('cannot cover 3 classes');
  });

  it('always spends the points, within what there is and the least', () => {
    const pixels = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        pixels,
        fc.integer({ min: 12, max: 3000 }),
        fc.integer({ max: 60, min: 0 }),
        fc.constantFrom('stratified' as const, 'equalised' as const),
        (counts, points, least, design) => {
          const given = allocatePoints(strata(...counts), { design, points, least });
          expect(given.every((n, i) => n >= 0 && n <= counts[i]! && Number.isInteger(n))).toBe(
            true,
          );
          expect(sum(given)).toBe(Math.min(points, sum(counts)));
          const enough = least * counts.length <= points;
          if (design === 'stratified' && enough)
            expect(given.every((n, i) => n >= Math.min(least, counts[i]!))).toBe(true);
        },
      ),
    );
  });
});
