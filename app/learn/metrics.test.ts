import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracyFigures,
  addToConfusion,
  confusionOf,
  confusionRows,
  createConfusion,
} from './metrics.ts';

/** The same plain sequence as in the script that made the golden figures. */
function sequence(length: number, below: number): number[] {
  let x = 12345;
  return Array.from({ length }, () => {
    x = Number((1103515245n * BigInt(x) + 12345n) % 2147483648n);
    return (x >>> 16) % below;
  });
}

describe('accuracyFigures', () => {
  it('gives the figures of scikit-learn 1.x', () => {
    const values = sequence(2000, 1000);
    const reference = values.filter((_, i) => i % 2 === 0).map((value) => (value % 6) + 1);
    const noise = values.filter((_, i) => i % 2 === 1);
    const map = reference
      .map((value, i) => (noise[i]! < 700 ? value : (noise[i]! % 6) + 1))
      .map((value) => (value === 5 ? 3 : value)); // class 5 is never mapped, class 7 is nowhere
    const confusion = createConfusion(7);
    addToConfusion(confusion, reference.slice(0, 333), map.slice(0, 333));
    addToConfusion(
      confusion,
      Uint8Array.from(reference.slice(333)),
      BigInt64Array.from(map.slice(333).map(BigInt)),
    );
    expect(confusionRows(confusion)).toEqual([
      [111, 7, 13, 11, 0, 11, 0],
      [7, 128, 12, 11, 0, 4, 0],
      [11, 7, 131, 8, 0, 10, 0],
      [5, 6, 17, 133, 0, 10, 0],
      [8, 4, 156, 11, 0, 6, 0],
      [9, 4, 13, 6, 0, 130, 0],
      [0, 0, 0, 0, 0, 0, 0],
    ]);
    const figures = accuracyFigures(confusion);
    expect(figures.n).toBe(1000);
    // accuracy_score, balanced_accuracy_score, cohen_kappa_score, jaccard_score(macro), f1_score(macro)
    expect(figures.oa).toBeCloseTo(0.633, 12);
    expect(figures.aa).toBeCloseTo(0.6467152840288921, 12);
    expect(figures.kappa).toBeCloseTo(0.5610200124636825, 12);
    expect(figures.miou).toBeCloseTo(0.4743100704258559, 12);
    expect(figures.f1).toBeCloseTo(0.5981074861863256, 12);
    const golden = {
      users: [
        0.7350993377483444,
        0.8205128205128205,
        0.3830409356725146,
        0.7388888888888889,
        undefined,
        0.7602339181286549,
        undefined,
      ],
      producers: [
        0.7254901960784313,
        0.7901234567901234,
        0.7844311377245509,
        0.7777777777777778,
        0,
        0.8024691358024691,
        undefined,
      ],
      f1: [
        0.7302631578947368,
        0.8050314465408805,
        0.5147347740667977,
        0.7578347578347578,
        0,
        0.7807807807807807,
        undefined,
      ],
      iou: [
        0.5751295336787565,
        0.6736842105263158,
        0.34656084656084657,
        0.6100917431192661,
        0,
        0.6403940886699507,
        undefined,
      ],
      support: [153, 162, 167, 171, 185, 162, 0],
    } as const;
    for (const [name, expected] of Object.entries(golden)) {
      const found = figures.perClass.map((figure) => figure[name as keyof typeof golden]);
      for (const [i, value] of expected.entries()) {
        if (value === undefined) expect(found[i]).toBeUndefined();
        else expect(found[i]).toBeCloseTo(value, 12);
      }
    }
  });

  it('repeats the worked example of Congalton 1991 (rows there are the map)', () => {
    const printed = [
      [65, 4, 22, 24],
      [6, 81, 5, 8],
      [0, 11, 85, 19],
      [4, 7, 3, 90],
    ];
    const transposed = printed.map((_, i) => printed.map((row) => row[i]!));
    const figures = accuracyFigures(confusionOf(transposed));
    const percent = (value: number | undefined) => Math.round(100 * value!);
    expect(figures.n).toBe(434);
    expect(percent(figures.oa)).toBe(74);
    expect(figures.perClass.map((figure) => percent(figure.producers))).toEqual([87, 79, 74, 64]);
    expect(figures.perClass.map((figure) => percent(figure.users))).toEqual([57, 81, 74, 87]);
    expect(percent(figures.kappa)).toBe(65);
  });

  it('leaves a figure undefined where its denominator is 0', () => {
    expect(accuracyFigures(createConfusion(2))).toEqual({
      n: 0,
      unmapped: 0,
      oa: undefined,
      aa: undefined,
      kappa: undefined,
      miou: undefined,
      f1: undefined,
      perClass: [1, 2].map((value) => ({
        value,
        producers: undefined,
        users: undefined,
        f1: undefined,
        iou: undefined,
        support: 0,
        mapped: 0,
      })),
    });
    // One class only, all right: chance agreement is 1, so kappa says nothing.
    expect(
      accuracyFigures(
        confusionOf([
          [5, 0],
          [0, 0],
        ]),
      ),
    ).toMatchObject({ oa: 1, aa: 1, kappa: undefined, miou: 1 });
  });

  it('is exact for counts whose products are above 2^53', () => {
    const big = 2 ** 50;
    const figures = accuracyFigures(
      confusionOf([
        [3 * big, big],
        [big, 3 * big],
      ]),
    );
    expect(figures.n).toBe(8 * big);
    expect(figures.oa).toBe(0.75);
    expect(figures.kappa).toBe(0.5);
  });

  it('does not depend on how classes are ordered', () => {
    const matrix = fc.array(fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(matrix, (rows) => {
        const order = [2, 0, 3, 1];
        const a = accuracyFigures(confusionOf(rows));
        const b = accuracyFigures(confusionOf(order.map((i) => order.map((j) => rows[i]![j]!))));
        for (const name of ['oa', 'aa', 'kappa', 'miou', 'f1'] as const) {
          if (a[name] === undefined) expect(b[name]).toBeUndefined();
          else expect(b[name]).toBeCloseTo(a[name], 10);
        }
        for (const figures of a.perClass) {
          for (const value of [figures.producers, figures.users, figures.f1, figures.iou]) {
            if (value !== undefined) expect(value >= 0 && value <= 1).toBe(true);
          }
        }
      }),
    );
  });
});

describe('addToConfusion', () => {
  it('leaves out pixels without reference or outside the mask and counts those without map', () => {
    const confusion = createConfusion([10, 20, 100000]);
    addToConfusion(
      confusion,
      [10, 0, 20, 20, 10, 7, 100000],
      [10, 10, 0, 20, 20, 10, 10],
      [1, 1, 1, 1, 0, 1, 1],
    );
    expect(confusionRows(confusion)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [1, 0, 0],
    ]);
    expect([...confusion.unmapped]).toEqual([0, 1, 0]);
    expect(accuracyFigures(confusion)).toMatchObject({ n: 3, unmapped: 1 });
  });

  it('refuses arrays of different lengths, repeated classes and counts that would not be exact', () => {
    expect(() => addToConfusion(createConfusion(2), [1, 2], [1])).toThrow(/equally many/);
    expect(() => createConfusion([1, 1])).toThrow(/only once/);
    expect(() => createConfusion(0)).toThrow(/at least one/);
    expect(() => confusionOf([[1, 2]])).toThrow(/1×1|needs/);
    const full = confusionOf([[Number.MAX_SAFE_INTEGER]]);
    expect(() => addToConfusion(full, [1], [1])).toThrow(/2\^53/);
  });
});
