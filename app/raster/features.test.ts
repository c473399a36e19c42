import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extractFeatures } from './features.ts';
import type { RasterBlock } from './scene.ts';

const block = (
  width: number,
  height: number,
  bands: readonly number[][],
  masks: readonly (Uint8Array | undefined)[] = [],
): RasterBlock => ({
  window: { x: 0, y: 0, width, height },
  width,
  height,
  bands: bands.map((values) => Uint16Array.from(values)),
  masks: bands.map((_, i) => masks[i]),
});

test('pixels are physical values, band after band', () => {
  const features = extractFeatures(
    block(2, 1, [
      [1, 2],
      [30, 40],
    ]),
    [
      { scale: 0.5, offset: 0 },
      { scale: 1, offset: -10 },
    ],
    Int32Array.of(1, 0),
    1,
  );
  expect([...features]).toEqual([1, 30, 0.5, 20]);
});

test('a patch is its neighbourhood, the edge repeated', () => {
  const features = extractFeatures(
    block(3, 2, [[1, 2, 3, 4, 5, 6]]),
    [{ scale: 1, offset: 0 }],
    Int32Array.of(0, 4),
    3,
  );
  expect([...features]).toEqual([1, 1, 2, 1, 1, 2, 4, 4, 5, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
});

test('a neighbour without data takes the value of the centre', () => {
  const mask = Uint8Array.of(0, 1, 1, 1);
  const features = extractFeatures(
    block(2, 2, [[9, 2, 3, 4]], [mask]),
    [{ scale: 1, offset: 0 }],
    Int32Array.of(3),
    3,
  );
  expect([...features]).toEqual([4, 2, 2, 3, 4, 4, 3, 4, 4]);
});

test('the centre of a patch is the pixel', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      (width, height, seed) => {
        const values = Array.from({ length: width * height }, (_, i) => (i * 7919 + seed) % 60000);
        const all = Int32Array.from(values.keys());
        const scaling = [{ scale: 1, offset: 0 }];
        const pixels = extractFeatures(block(width, height, [values]), scaling, all, 1);
        const patches = extractFeatures(block(width, height, [values]), scaling, all, 3);
        return pixels.every((value, i) => value === patches[i * 9 + 4]);
      },
    ),
  );
});
