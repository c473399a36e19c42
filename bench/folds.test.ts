import { describe, expect, it } from 'vitest';
import { dataPresent, enmap, houston } from './accuracyData.ts';
import { tasksNamed } from './accuracyTasks.ts';
import { foldsOf } from './folds.ts';

const range = (from: number, to: number): Int32Array =>
  Int32Array.from({ length: to - from }, (_, i) => from + i);

describe('folds inside a training part', () => {
  const labels = range(0, 300).map((i) => (i % 10 === 0 ? 1 : 0));
  const split = { train: range(0, 200), validation: range(200, 220), test: range(220, 300) };

  it('hold every training sample out once, and nothing of the test part', () => {
    const folds = foldsOf(split, { labels, folds: 4, seed: 0 });
    expect(folds.flatMap(({ test }) => [...test]).sort((a, b) => a - b)).toEqual([...split.train]);
    for (const { train, test, validation } of folds) {
      expect([...train, ...test].sort((a, b) => a - b)).toEqual([...split.train]);
      expect(validation).toEqual(split.validation);
      expect(test.filter((i) => labels[i] === 1)).toHaveLength(5);
      expect(test).toHaveLength(50);
    }
    expect(foldsOf(split, { labels, folds: 4, seed: 0 })).toEqual(folds);
    expect(foldsOf(split, { labels, folds: 4, seed: 1 })).not.toEqual(folds);
  });

  it('keep units whole', () => {
    const units = labels.map((_, i) => Math.floor(i / 20));
    for (const { train, test } of foldsOf(split, { labels, units, folds: 5, seed: 0 })) {
      expect(test).toHaveLength(40);
      const held = new Set(test.map((i) => units[i]!));
      expect(train.some((i) => held.has(units[i]!))).toBe(false);
    }
  });
});

describe.skipIf(!dataPresent())('units of the labelled sets (../shared)', () => {
  it('Houston2013 has the 185 regions that scipy.ndimage.label finds; the stored split keeps them whole', async () => {
    const data = await houston();
    const units = data.units!;
    expect(new Set(units).size).toBe(185);
    for (const unit of new Set(units))
      expect(new Set(data.labels.filter((_, i) => units[i] === unit)).size).toBe(1);
    const { train, test } = tasksNamed('Houston2013, regions apart')[0]!.split(data);
    const learned = new Set(train.map((i) => units[i]!));
    expect(test.some((i) => learned.has(units[i]!))).toBe(false);
  });

  it('EnMAP has 18 tiles, each whole in one part', async () => {
    const { units, parts } = await enmap();
    expect(new Set(units).size).toBe(18);
    const pairs = new Set([...units!].map((unit, i) => `${unit} ${parts![i]}`));
    expect(pairs.size).toBe(18);
  });
});
