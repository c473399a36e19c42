import { expect, test } from 'vitest';
import {
  type Color,
  classColor,
  classPalette,
  colorsFor,
  formatColor,
  lab,
  parseColor,
} from './palette.ts';

// Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
const blindness = {
  protan: [
    0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
  ],
  deutan: [
    0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881,
  ],
  tritan: [
    1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039,
  ],
};

function seenBy(matrix: readonly number[], color: Color): Color {
  const linear = color.map((part) => {
    const v = part / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return [0, 3, 6].map((row) => {
    const v = linear.reduce((sum, part, i) => sum + part * matrix[row + i]!, 0);
    const clipped = Math.min(1, Math.max(0, v));
    return 255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055);
  }) as unknown as Color;
}

const pairs = (n: number): [number, number][] =>
  Array.from({ length: n }, (_, i) => i).flatMap((i) =>
    Array.from({ length: i }, (_, j): [number, number] => [i, j]),
  );
const difference = (a: Color, b: Color): number => {
  const [p, q] = [lab(a), lab(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
};

test('lightness as CSS Color 4 gives it', () => {
  expect(lab([255, 255, 255])[0]).toBeCloseTo(100, 3);
  expect(lab([255, 0, 0])[0]).toBeCloseTo(53.24, 1);
  expect(lab([0, 0, 255])[2]).toBeCloseTo(-107.86, 1);
});

test('eight classes can be told apart in grey', () => {
  for (const [i, j] of pairs(8)) {
    const contrast = Math.abs(lab(classColor(i))[0] - lab(classColor(j))[0]);
    expect(contrast, `${i} and ${j}`).toBeGreaterThan(9);
  }
});

test('24 classes can be told apart by every kind of eye', () => {
  for (const [i, j] of pairs(24)) {
    expect(difference(classColor(i), classColor(j))).toBeGreaterThan(15);
    for (const matrix of Object.values(blindness)) {
      const [a, b] = [seenBy(matrix, classColor(i)), seenBy(matrix, classColor(j))];
      expect(difference(a, b), `${i} and ${j}`).toBeGreaterThan(15);
    }
  }
});

test('names that say what they are get a colour that says it too, and no colour is given twice', () => {
  const names = ['Water', 'Deciduous forest', 'Grass', 'Roof', 'Class 5', 'Bare soil', 'Road'];
  const colors = colorsFor(names);
  const [water, forest, grass, roof] = colors as [Color, Color, Color, Color];
  expect(water[2]).toBeGreaterThan(water[0]);
  expect(forest[1]).toBeGreaterThan(forest[2]);
  expect(grass[1]).toBeGreaterThan(grass[0]);
  expect(roof[0]).toBeGreaterThan(2 * roof[2]);
  expect(new Set(colors.map(formatColor)).size).toBe(names.length);
  expect(colorsFor(names)).toEqual(colors);
  const many = colorsFor(Array.from({ length: 60 }, (_, i) => `water ${i}`));
  expect(new Set(many.map(formatColor)).size).toBe(60);
});

test('colours as text and back', () => {
  expect(formatColor(parseColor('#0a10ff'))).toBe('#0a10ff');
  expect(() => parseColor('#12345')).toThrow(RangeError);
  expect(classPalette([{ value: 3, color: [1, 2, 3] }])).toEqual(
    new Map([
      [0, [0, 0, 0, 0]],
      [3, [1, 2, 3, 255]],
    ]),
  );
});
