import { expect, test } from 'vitest';
import { shareOfPeak } from './peaks.ts';

const peaks = { gemm: 200, memory: 10, write: 100, read: 100 };

test('the share of the peak is that of whichever part of the machine is the bottleneck', () => {
  expect(shareOfPeak({ flops: 100e9 }, 1, peaks)).toBeCloseTo(0.5);
  expect(shareOfPeak({ bytes: 5e9 }, 2, peaks)).toBeCloseTo(0.25);
  expect(shareOfPeak({ flops: 100e9, bytes: 9e9 }, 1, peaks)).toBeCloseTo(0.9);
});

test('where nothing is known of the work or of the machine there is no share', () => {
  expect(shareOfPeak(undefined, 1, peaks)).toBeUndefined();
  expect(shareOfPeak({}, 1, peaks)).toBeUndefined();
  expect(shareOfPeak({ flops: 1 }, 1, undefined)).toBeUndefined();
});
