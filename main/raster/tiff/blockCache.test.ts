import { describe, expect, it } from 'vitest';
import { BlockCache } from './blockCache.ts';

/** Misses of a scan over 10 × 10 blocks of 100 bytes in windows of one block with one block of halo. */
function misses(budget: number, scanning: boolean): number {
  const cache = new BlockCache(budget);
  cache.scanning = scanning;
  let count = 0;
  const touch = (row: number, column: number): void => {
    const key = row * 10 + column;
    if (row < 0 || row > 9 || column < 0 || column > 9 || cache.get(key) !== undefined) return;
    count++;
    cache.set(key, new Uint8Array(100), key);
  };
  for (let window = 0; window < 100; window++) {
    const [y, x] = [Math.floor(window / 10), window % 10];
    for (let i = 0; i < 9; i++) touch(y - 1 + Math.floor(i / 3), x - 1 + (i % 3));
  }
  return count;
}

describe('BlockCache', () => {
  it('decodes every block of a scan once with little more than two rows', () => {
    expect(misses(2500, true)).toBe(100);
    expect(misses(2500, false)).toBeGreaterThan(150);
  });

  it('drops the least recently used of random reads, and keeps one block whatever its size', () => {
    const cache = new BlockCache(250);
    cache.set(1, new Uint8Array(100), 1);
    cache.set(2, new Uint8Array(100), 2);
    cache.get(1);
    cache.set(3, new Uint8Array(100), 3);
    expect([1, 2, 3].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true]);
    cache.set(4, new Uint8Array(1000), 4);
    expect([1, 3, 4].map((key) => cache.get(key) !== undefined)).toEqual([false, false, true]);
  });
});
