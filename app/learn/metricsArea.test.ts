import { describe, expect, it } from 'vitest';
import { confusionOf } from './metrics.ts';
import { areaAdjusted } from './metricsArea.ts';

/** Table 8 of Olofsson et al. 2014: rows = map, columns = reference; deforestation, forest gain, stable forest, stable non-forest. */
const printed = [
  [66, 0, 5, 4],
  [0, 55, 8, 12],
  [1, 0, 153, 11],
  [2, 1, 9, 313],
];
const confusion = confusionOf(printed.map((_, i) => printed.map((row) => row[i]!)));
const hectaresPerPixel = 0.09;
const mapped = [200_000, 150_000, 3_200_000, 6_450_000].map((pixels) => pixels * hectaresPerPixel);

describe('areaAdjusted', () => {
  it('repeats the published example (Olofsson et al. 2014, section 5.2)', () => {
    const figures = areaAdjusted(confusion, mapped)!;
    const rounded = (value: number | undefined) => Number(value!.toFixed(2));
    expect(figures.perClass.map((c) => Math.round(c.area.value))).toEqual([
      21158, 11686, 285770, 581386,
    ]);
    const margins = figures.perClass.map((c) => c.area.margin!);
    // The paper rounds standard errors on the way: half widths agree within a hectare.
    for (const [i, expected] of [6158, 3756, 15510, 16282].entries()) {
      expect(Math.abs(margins[i]! - expected)).toBeLessThanOrEqual(1);
    }
    expect(rounded(figures.oa.value)).toBe(0.95);
    expect(rounded(figures.oa.margin)).toBe(0.02);
    expect(figures.perClass.map((c) => rounded(c.users!.value))).toEqual([0.88, 0.73, 0.93, 0.96]);
    expect(figures.perClass.map((c) => rounded(c.users!.margin))).toEqual([0.07, 0.1, 0.04, 0.02]);
    expect(figures.perClass.map((c) => rounded(c.producers!.value))).toEqual([
      0.75, 0.85, 0.93, 0.96,
    ]);
    // Printed: 0.21, 0.23, 0.03, 0.01. The second and fourth contradict the paper's own equation 7 (0.254 and 0.018).
    expect(figures.perClass.map((c) => rounded(c.producers!.margin))).toEqual([
      0.21, 0.25, 0.03, 0.02,
    ]);
  });

  it('gives areas that add up to the map and scales with the unit', () => {
    const hectares = areaAdjusted(confusion, mapped)!;
    const total = hectares.perClass.reduce((sum, c) => sum + c.area.value, 0);
    expect(total).toBeCloseTo(900_000, 4);
    const squareMetres = areaAdjusted(
      confusion,
      mapped.map((area) => area * 10_000),
    )!;
    expect(squareMetres.oa).toEqual(hectares.oa);
    expect(squareMetres.perClass[0]!.area.value / hectares.perClass[0]!.area.value).toBeCloseTo(
      10_000,
      6,
    );
  });

  it('estimates nothing where a mapped class has no sample, and no interval from one pixel', () => {
    expect(
      areaAdjusted(
        confusionOf([
          [5, 0],
          [1, 0],
        ]),
        [10, 10],
      ),
    ).toBeUndefined();
    expect(
      areaAdjusted(
        confusionOf([
          [5, 0],
          [1, 1],
        ]),
        [10, 10],
      )!.oa,
    ).toEqual({ value: (5 / 6 + 1) / 2, margin: undefined });
    // A class that is nowhere on the map takes no part.
    const absent = areaAdjusted(
      confusionOf([
        [5, 0],
        [1, 0],
      ]),
      [10, 0],
    )!;
    expect(absent.oa.value).toBeCloseTo(5 / 6, 12);
    expect(absent.perClass[1]!.users).toBeUndefined();
    expect(absent.perClass[1]!.area.value).toBeCloseTo(10 / 6, 12);
    expect(() => areaAdjusted(confusion, [1])).toThrow(/one mapped area/);
  });
});
