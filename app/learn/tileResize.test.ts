import { expect, test } from 'vitest';
import { type Plane, resizePlane } from './tileResize.ts';

/** i-th value of a plane: (7 i² + 13 i) mod 101. */
const plane = (width: number, height: number): Plane => ({
  width,
  height,
  values: Float32Array.from({ length: width * height }, (_, i) => (i * i * 7 + i * 13) % 101),
});

/** By PyTorch 2.15: interpolate(…, mode='bilinear', align_corners=False, antialias=True) of the same plane in float64. */
const expected = [
  {
    width: 3,
    height: 3,
    side: 7,
    values: [
      0.0, 2.8571, 11.4286, 20.0, 34.5714, 49.1429, 54.0, 0.1429, 3.8571, 15.0, 26.1429, 37.102,
      48.0612, 51.7143, 0.5714, 6.8571, 25.7143, 44.5714, 44.6939, 44.8163, 44.8571, 1.0, 9.8571,
      36.4286, 63.0, 52.2857, 41.5714, 38.0, 12.1429, 17.3878, 33.1224, 48.8571, 45.8571, 42.8571,
      41.8571, 23.2857, 24.9184, 29.8163, 34.7143, 39.4286, 44.1429, 45.7143, 27.0, 27.4286,
      28.7143, 30.0, 37.2857, 44.5714, 47.0,
    ],
  },
  {
    width: 12,
    height: 12,
    side: 5,
    values: [
      32.7388, 41.5359, 44.1164, 41.7624, 49.05, 57.4851, 46.1356, 45.2318, 53.6386, 49.4529,
      58.4989, 38.1695, 48.5982, 57.7228, 52.8632, 48.6508, 43.2496, 45.3762, 44.8147, 45.842,
      39.9696, 45.6224, 45.5646, 42.9922, 44.984,
    ],
  },
  {
    width: 6,
    height: 9,
    side: 4,
    values: [
      24.3893, 40.9619, 46.3429, 51.6536, 47.8872, 36.0054, 42.1084, 47.5579, 40.9604, 47.9648,
      44.8482, 43.7287, 69.8857, 73.9937, 44.5016, 36.7464,
    ],
  },
];

test.each(expected)('$width × $height pixels become $side², as in PyTorch', (reference) => {
  const { values } = resizePlane(plane(reference.width, reference.height), reference.side);
  for (const [i, value] of values.entries())
    expect(Math.abs(value - reference.values[i]!)).toBeLessThan(1e-4);
});

test('pixels without data take no part, and what is mostly without stays without', () => {
  const values = new Float32Array(64).fill(5);
  const valid = new Uint8Array(64).fill(1);
  for (let i = 0; i < 32; i++) if (i % 8 < 4) [values[i], valid[i]] = [Number.NaN, 0];
  const small = resizePlane({ width: 8, height: 8, values, valid }, 4);
  expect([...small.valid]).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  for (const [i, one] of small.valid.entries())
    if (one === 1) expect(small.values[i]).toBeCloseTo(5, 5);
});

test('a region is what cutting it out and resizing gives, away from its edges', () => {
  const whole = plane(24, 24);
  const cut = new Float32Array(12 * 6);
  for (let i = 0; i < cut.length; i++)
    cut[i] = whole.values[(6 + Math.floor(i / 12)) * 24 + 4 + (i % 12)]!;
  const region = { x: 4 / 24, y: 6 / 24, width: 12 / 24, height: 6 / 24 };
  const here = resizePlane(whole, 24, region).values;
  const there = resizePlane({ width: 12, height: 6, values: cut }, 24).values;
  for (let row = 4; row < 20; row++)
    for (let column = 4; column < 20; column++)
      expect(here[row * 24 + column]).toBeCloseTo(there[row * 24 + column]!, 3);
});
