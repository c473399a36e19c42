import { describe, expect, it } from 'vitest';
import { BlockCache } from './blockCache.ts';

/** Misses of a scan over 10 × 10 blocks of 100 bytes in windows of one block with one block of halo. */
function misses(budget: number, scanning: boolean): number {
  const cache = new BlockCache(budget);
  cache.scanning = scanning;
  let count = 0;
  for (let y = 0; y < 10; y++) {
    for (let x = 0; x < 10; x++) {
      for (let row = Math.max(0, y - 1); row <= Math.min(9, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(9, x + 1); column++) {
          const key = row * 10 + column;
          if (cache.get(key) !== undefined) continue;
          count++;
          cache.set(key, new Uint8Array(100), key);
        }
      }
    }
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
