import { expect, test } from 'vitest';
import { shareOfPeak } from './peaks.ts';

const peaks = { gemm: 200, memory: 10, write: 100, read: 100 };

test('the share of the peak is that of the products done', () => {
  expect(shareOfPeak(100e9, 1, peaks)).toBeCloseTo(0.5);
  expect(shareOfPeak(100e9, 2, peaks)).toBeCloseTo(0.25);
});

test('where nothing is known of the work or of the machine there is no share', () => {
  expect(shareOfPeak(undefined, 1, peaks)).toBeUndefined();
  expect(shareOfPeak(1, 1, undefined)).toBeUndefined();
});
