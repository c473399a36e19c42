import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanWindows, withHalo } from './tiling.ts';

const size = fc.integer({ min: 1, max: 700 });

test('windows cover an area once and only once', () => {
  const area = fc.record({ x: fc.nat(50), y: fc.nat(50), width: size, height: size });
  fc.assert(
    fc.property(
      area,
      size,
      size,
      fc.integer({ min: 1, max: 90000 }),
      (window, width, height, pixels) => {
        const seen = new Uint8Array((window.x + window.width) * (window.y + window.height));
        for (const piece of scanWindows(window, { width, height }, pixels)) {
          for (let y = piece.y; y < piece.y + piece.height; y++) {
            for (let x = piece.x; x < piece.x + piece.width; x++)
              seen[y * (window.x + window.width) + x]! += 1;
          }
        }
        let covered = 0;
        for (let y = window.y; y < window.y + window.height; y++) {
          for (let x = window.x; x < window.x + window.width; x++) {
            if (seen[y * (window.x + window.width) + x] !== 1) return false;
            covered++;
          }
        }
        return covered === window.width * window.height;
      },
    ),
    { numRuns: 60 },
  );
});

test('edges follow the tiles of the file', () => {
  const windows = scanWindows(
    { x: 0, y: 0, width: 2000, height: 1500 },
    { width: 256, height: 256 },
  );
  for (const window of windows) expect([window.x % 256, window.y % 256]).toEqual([0, 0]);
  expect(windows[0]).toEqual({ x: 0, y: 0, width: 256, height: 256 });
  const large = scanWindows(
    { x: 0, y: 0, width: 2000, height: 1500 },
    { width: 512, height: 512 },
    100 * 100,
  );
  expect(large[1]).toEqual({ x: 128, y: 0, width: 128, height: 128 });
});

test('large tiles are finished one after the other', () => {
  const windows = scanWindows(
    { x: 0, y: 0, width: 1024, height: 1024 },
    { width: 512, height: 512 },
  );
  const tiles = windows.map(({ x, y }) => Math.floor(y / 512) * 2 + Math.floor(x / 512));
  expect(tiles).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
});

test('strips are read whole', () => {
  const windows = scanWindows({ x: 0, y: 0, width: 3000, height: 100 }, { width: 3000, height: 7 });
  for (const window of windows) expect([window.width, window.y % 7]).toEqual([3000, 0]);
});

test('a halo stays within the grid', () => {
  expect(withHalo({ x: 0, y: 5, width: 10, height: 5 }, 1, { width: 11, height: 10 })).toEqual({
    x: 0,
    y: 4,
    width: 11,
    height: 6,
  });
});
