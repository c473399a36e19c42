import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { type LabelledPixels, selectPixels } from '../vector/labelledPixels.ts';
import { fixedSplit } from './fixedSplit.ts';
import { randomSplit } from './split.ts';

const grid = (width: number, height: number, classes: number): LabelledPixels => ({
  x: Int32Array.from({ length: width * height }, (_, i) => i % width),
  y: Int32Array.from({ length: width * height }, (_, i) => Math.floor(i / width)),
  classIndex: Uint8Array.from({ length: width * height }, (_, i) => i % classes),
  roiIndex: new Int32Array(width * height).fill(-1),
});

describe('randomSplit', () => {
  it('draws the share of each class, names itself random and warns', () => {
    const split = randomSplit(grid(30, 40, 3), { fraction: 0.2, seed: 4 });
    expect(split.kind).toBe('random');
    expect(split.warnings.join()).toMatch(/beside training pixels/);
    for (const { total, train, validation } of split.classes)
      expect([total, validation, train]).toEqual([400, 80, 320]);
  });

  it('keeps one pixel of a class for training and does not depend on the order of pixels', () => {
    const pixels = grid(9, 9, 4);
    const order = createRandom(1, 'order').shuffle([...pixels.x.keys()]);
    const shuffled = selectPixels(pixels, order);
    const split = randomSplit(pixels, { fraction: 0.99, seed: 4 });
    for (const { train } of split.classes) expect(train).toBe(1);
    const back = randomSplit(shuffled, { fraction: 0.99, seed: 4 }).train;
    expect([...back].map((i) => order[i]!).sort((a, b) => a - b)).toEqual([...split.train]);
  });
});

describe('fixedSplit', () => {
  const pixels = grid(4, 3, 2);

  it('reads lists of labelled pixels in row-major order, whatever the order of pixels here', () => {
    const reversed = selectPixels(pixels, [...pixels.x.keys()].reverse());
    const split = fixedSplit(reversed, '{"n": 12, "train": [0, 5], "val": [11]}', 'a.json');
    expect([...split.train].map((i) => [reversed.x[i], reversed.y[i]])).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(split.validation.length).toBe(1);
    expect(split.test.length).toBe(9);
    expect(split.kind).toBe('fixed');
  });

  it('reads tables of positions and leaves out pixels that a complete file does not name', () => {
    const table = 'x,y,set\n0,0,train\n3,2,test\n1,1,validation\n';
    const split = fixedSplit(pixels, table, 'a.csv');
    expect([[...split.train], [...split.validation], [...split.test]]).toEqual([[0], [5], [11]]);
    expect(split.dropped.length).toBe(9);
  });

  it('reads pixel numbers of the whole scene', () => {
    const some = selectPixels(pixels, [1, 6, 7]);
    const text = '{"index": "pixel", "train": [6], "test": [7]}';
    const split = fixedSplit(some, text, 'a.json', { width: 4 });
    expect([[...split.train], [...split.test], [...split.dropped]]).toEqual([[1], [2], [0]]);
  });

  it.for([
    ['no list', '{"test": [1]}', /no list "train"/],
    ['broken JSON', '{"train": [1,', /not valid JSON/],
    ['negative', '{"train": [-1]}', /whole numbers/],
    ['beyond the last', '{"train": [12]}', /no labelled pixel/],
    ['twice', '{"train": [1], "test": [1]}', /more than once/],
    ['other count', '{"n": 5, "train": [1]}', /made for 5/],
    ['empty', '{"train": []}', /empty/],
    ['no columns', 'a,b\n1,2\n', /columns/],
    ['bad cell', 'x,y,set\n1,x,train\n', /line 2/],
    ['unknown set', 'x,y,set\n1,1,other\n', /line 2/],
    ['inherited name', 'x,y,set\n1,1,constructor\n', /line 2/],
  ] as const)('refuses a file with %s', ([, text, message]) => {
    expect(() => fixedSplit(pixels, text, 'a')).toThrow(
      expect.objectContaining({
        code: 'bad-labels',
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  const folder = join(
    import.meta.dirname,
    '..',
    '..',
    '..',
    'shared',
    'fixtures',
    'spectralmamba',
    'splits',
  );

  it.skipIf(!existsSync(folder))('reads the published benchmark splits (needs ../shared)', () => {
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    const cases = [
      ['enmap_random10.json', grid(5672, 1, 6), 566],
      ['houston_random10.json', grid(2832, 1, 15), 283],
      ['houston_roi.json', grid(2832, 1, 15), 1599],
      ['jasper_random1.json', grid(100, 100, 4), 102],
    ] as const;
    for (const [name, labelled, count] of cases) {
      const split = fixedSplit(labelled, read(name), name, { width: labelled.x.at(-1)! + 1 });
      expect(split.train.length, name).toBe(count);
      expect(split.test.length, name).toBe(labelled.x.length - count);
    }
  });
});
