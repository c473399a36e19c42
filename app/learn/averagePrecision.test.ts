import { expect, test } from 'vitest';
import { averagePrecision, multiLabelFigures } from './averagePrecision.ts';

/** Scores with many ties, and five labels of which the last never occurs; made by the same formulas in Python. */
function example(): { scores: Float32Array; truth: Uint8Array } {
  const [samples, labels] = [60, 5];
  const scores = Float32Array.from(
    { length: samples * labels },
    (_, i) => Math.round((((i * i * 31 + i * 17) % 97) / 97) * 100) / 100,
  );
  const limits = [3, 9, 12, 1, 0];
  const truth = Uint8Array.from(scores, (score, i) => {
    const [sample, label] = [Math.floor(i / labels), i % labels];
    if (label === 2) return score + ((sample * 5) % 7) / 10 > 0.7 ? 1 : 0;
    return (i * i * 13 + i * 7) % 23 < limits[label]! ? 1 : 0;
  });
  return { scores, truth };
}

test('figures are those of scikit-learn', () => {
  const { scores, truth } = example();
  const figures = multiLabelFigures(scores, truth, 5);
  // scikit-learn 1.9.1: average_precision_score a column, of the four that occur (macro) and of all pairs (micro).
  expect(figures.perLabel.map(({ support }) => support)).toEqual([11, 20, 32, 6, 0]);
  for (const [label, value] of [
    0.24100975724001383, 0.30670897230991784, 0.9027408237513601, 0.29110971874129765,
  ].entries())
    expect(figures.perLabel[label]!.averagePrecision).toBeCloseTo(value, 12);
  expect(figures.perLabel[4]!.averagePrecision).toBeUndefined();
  expect(figures.mapMacro).toBeCloseTo(0.4353923180106474, 12);
  expect(figures.mapMicro).toBeCloseTo(0.2813859899639434, 12);
  // f1_score(zero_division=0), precision_score, recall_score of the scores from 0.5 on.
  expect(figures.f1Macro).toBeCloseTo(0.2878099404731063, 12);
  expect(figures.f1Micro).toBeCloseTo(0.3492063492063492, 12);
  expect(figures.perLabel[2]!.precision).toBeCloseTo(0.86363636, 8);
  expect(figures.perLabel[2]!.recall).toBeCloseTo(0.59375, 8);
});

test('equal scores count at once: their order does not matter', () => {
  expect(averagePrecision([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 1])).toBe(0.5);
  expect(averagePrecision([0.5, 0.5, 0.5, 0.5], [0, 1, 1, 0])).toBe(0.5);
  expect(averagePrecision([0.9, 0.1], [0, 0])).toBeUndefined();
});
