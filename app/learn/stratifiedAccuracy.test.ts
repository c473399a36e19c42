import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { confusionOf } from './metrics.ts';
import { areaAdjusted, type Estimate } from './metricsArea.ts';
import { type LabelledPoint, stratifiedAccuracy } from './stratifiedAccuracy.ts';

const letters = (text: string): number[] => [...text].map((letter) => 'ABCD'.indexOf(letter));

describe('stratified accuracy', () => {
  it('repeats the example of Stehman 2014 (table 2, section 4)', () => {
    // ten points a stratum
    const map = letters('AAAAAAABBBABBBBBBBBBBBCCCCCCBBDDDDDDDDDD');
    const reference = letters('AAAAACBABCABBBBBAABBCCCCCDDBBADDDDDDDCCB');
    const points = map.map((value, i) => ({
      stratum: Math.floor(i / 10),
      map: value,
      reference: reference[i]!,
    }));
    const sizes = [40_000, 30_000, 20_000, 10_000];
    const { oa, perClass } = stratifiedAccuracy(points, sizes, sizes)!;
    const printed = ({ value, margin }: Estimate, scale = 1) => [
      Number((value / scale).toFixed(3)),
      Number((margin! / scale / 1.96).toFixed(3)),
    ];
    expect(printed(oa)).toEqual([0.63, 0.085]);
    expect(printed(perClass[0]!.area, 100_000)).toEqual([0.35, 0.082]);
    expect(printed(perClass[2]!.area, 100_000)).toEqual([0.2, 0.064]);
    expect(printed(perClass[1]!.users!)).toEqual([0.574, 0.125]);
    // Printed: 0.114. The paper takes the variance of x in stratum D for 0 there, against 0.1 in its own table 3.
    expect(printed(perClass[1]!.producers!)).toEqual([0.794, 0.117]);
  });

  it('equals Olofsson et al. 2014 where the strata are the classes of the map', () => {
    const random = createRandom(3, 'points');
    const areas = [500, 2500, 90_000, 7000];
    const points: LabelledPoint[] = areas.flatMap((_, stratum) =>
      Array.from({ length: 30 }, () => ({
        stratum,
        map: stratum,
        reference: random.uniform() < 0.7 ? stratum : random.integer(4),
      })),
    );
    const counts = areas.map((_, reference) =>
      areas.map(
        (_, map) => points.filter((p) => p.reference === reference && p.map === map).length,
      ),
    );
    const wanted = areaAdjusted(confusionOf(counts), areas)!;
    const got = stratifiedAccuracy(points, areas, areas)!;
    const close = (a: Estimate | undefined, b: Estimate | undefined): void => {
      expect(a!.value).toBeCloseTo(b!.value, 9);
      expect(a!.margin).toBeCloseTo(b!.margin!, 9);
    };
    close(got.oa, wanted.oa);
    got.perClass.forEach((figures, k) => {
      close(figures.area, wanted.perClass[k]!.area);
      close(figures.users, wanted.perClass[k]!.users);
      close(figures.producers, wanted.perClass[k]!.producers);
    });
  });

  it('estimates nothing where a stratum has no point, and no interval from a single one', () => {
    const points = [
      { stratum: 0, map: 0, reference: 0 },
      { stratum: 0, map: 0, reference: 1 },
    ];
    expect(stratifiedAccuracy(points, [5, 5], [5, 5])).toBeUndefined();
    const single = [...points, { stratum: 1, map: 1, reference: 1 }];
    expect(stratifiedAccuracy(single, [5, 5], [5, 5])!.oa).toEqual({
      value: 0.75,
      margin: undefined,
    });
  });
});
