import { expect, test } from 'vitest';
import { type ChangeCells, splitPairs } from './changeCells.ts';

const cells = (changed: number): ChangeCells => ({
  ...{ size: 8, columns: 2, rows: 1 },
  changed: Int32Array.of(changed, 0),
  unchanged: Int32Array.of(64 - changed, 64),
});
const pairs = [cells(5), cells(9), cells(2)];
const options = { fraction: 0.3, seed: 1 };

test('pairs that are named are held back whole, whatever share and seed', () => {
  const { uses, settings } = splitPairs(pairs, options, [2]);
  expect(uses.map((use) => [...use])).toEqual([
    [0, 0],
    [1, 1],
    [0, 0],
  ]);
  expect(settings).toMatchObject({ validationPairs: [1] });
  expect(splitPairs(pairs, { fraction: 0.8, seed: 9 }, [2]).uses).toEqual(uses);
  expect(splitPairs(pairs, options, [3, 1]).settings).toMatchObject({ validationPairs: [0, 2] });
});

test('without names some are drawn, and one is left to learn from', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { uses } = splitPairs(pairs, { fraction: 0.85, seed });
    const held = uses.filter(([use]) => use === 1).length;
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(pairs.length);
  }
});

test('a pair that is not there, or all of them, cannot be held back', () => {
  expect(() => splitPairs(pairs, options, [4])).toThrow(/no pair 4 to hold back: 3 were given/);
  expect(() => splitPairs(pairs, options, [0])).toThrow(/no pair 0/);
  expect(() => splitPairs(pairs, options, [1, 2, 3])).toThrow(/leave one to learn from/);
});
