import { expect, test } from 'vitest';
import { resampleSquare } from './resampleSquare.ts';

const values = Float32Array.from({ length: 49 }, (_, i) => (i * 37) % 101);
const valid = new Uint8Array(49).fill(1);
const close = (found: Float32Array, wanted: readonly number[]): void => {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 3);
};

test('shrinks as rasterio does with Resampling.average', () => {
  const small = resampleSquare({ values, valid }, 7, 3);
  close(
    small.values,
    [46.5306, 40.4082, 52.8367, 42.8367, 55.2653, 55.3265, 51.5102, 57.7551, 39.2653],
  );
  expect([...small.valid]).toEqual(Array(9).fill(1));
});

test("grows as PyTorch's bilinear interpolation between centres", () => {
  const large = resampleSquare({ values, valid }, 7, 10);
  close(
    large.values.subarray(0, 20),
    [
      0, 20.35, 46.25, 72.15, 32.4, 22.95, 48.85, 74.75, 55.2, 20, 31.35, 51.7, 63.7125, 50.7275,
      44.3075, 34.8575, 24.65, 50.55, 55.9975, 51.35,
    ],
  );
});

test('pixels without data do not count, and half of them are too many', () => {
  const holes = new Uint8Array([1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0]);
  const plane = Float32Array.from({ length: 16 }, (_, i) => (holes[i] === 1 ? i : Number.NaN));
  const small = resampleSquare({ values: plane, valid: holes }, 4, 2);
  expect([...small.valid]).toEqual([1, 0, 1, 0]);
  close(small.values.subarray(0, 1), [3]);
  close(small.values.subarray(2, 3), [12.5]);
});

test('several bands keep apart', () => {
  const two = Float32Array.from([...values, ...values.map((value) => value + 1000)]);
  const small = resampleSquare({ values: two, valid }, 7, 3);
  for (let i = 0; i < 9; i++) expect(small.values[9 + i]! - small.values[i]!).toBeCloseTo(1000, 3);
});
