import { expect, test } from 'vitest';
import { createRandom } from '../../../app/random.ts';
import { bestThreshold } from './validateChange.ts';

/** F1 of pixels from a step on, one pixel at a time. */
function f1From(step: number, pixels: readonly { step: number; changed: boolean }[]): number {
  const found = pixels.filter((one) => one.step >= step);
  const hits = found.filter(({ changed }) => changed).length;
  return (2 * hits) / (found.length + pixels.filter(({ changed }) => changed).length);
}

test('the threshold is the one of the highest F1, by counting pixels', () => {
  const random = createRandom(3, 'threshold');
  for (let round = 0; round < 20; round++) {
    const pixels = Array.from({ length: 400 }, () => {
      const changed = random.uniform() < 0.2;
      const probability = 1 / (1 + Math.exp(-(random.normal() + (changed ? 2 : -0.5))));
      return { changed, step: Math.min(99, Math.floor(100 * probability)) };
    });
    const counts = (wanted: boolean): Float64Array => {
      const result = new Float64Array(100);
      for (const { changed, step } of pixels) if (changed === wanted) result[step]! += 1;
      return result;
    };
    const best = bestThreshold(counts(false), counts(true));
    const highest = Math.max(...Array.from({ length: 99 }, (_, i) => f1From(i + 1, pixels)));
    expect(f1From(best, pixels)).toBeCloseTo(highest, 12);
  }
});

test('of equally good ones the nearest to a half; a half where nothing changed', () => {
  const at = (step: number): Float64Array =>
    Float64Array.from({ length: 100 }, (_, i) => Number(i === step));
  expect(bestThreshold(at(10), at(90))).toBe(50);
  expect(bestThreshold(at(10), at(30))).toBe(30);
  expect(bestThreshold(at(70), at(90))).toBe(71);
  expect(bestThreshold(at(10), new Float64Array(100))).toBe(50);
});
