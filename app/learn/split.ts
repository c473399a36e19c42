import { AppError } from '../error.ts';
import { createRandom } from '../random.ts';
import type { LabelledPixels } from '../vector/labelledPixels.ts';

/** How a class was divided. Counts of pixels. */
export type ClassSplit = {
  readonly classIndex: number;
  readonly total: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** In neither: too near to the other side. */
  readonly dropped: number;
};

/** Which labelled pixels are learned from and which measure. All lists hold indices of pixels, ascending. */
export type Split = {
  readonly kind: 'block' | 'random' | 'fixed';
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
  readonly dropped: Int32Array;
  readonly classes: readonly ClassSplit[];
  /** How it was made, for the run manifest. */
  readonly settings: Readonly<Record<string, number | string>>;
  /** What to keep in mind when reading figures, one plain sentence each. */
  readonly warnings: readonly string[];
};

/** The side a pixel is on. */
export const Side = { train: 0, validation: 1, test: 2, dropped: 3 } as const;

/** A split from the side of each pixel. */
export function splitOf(
  pixels: LabelledPixels,
  sides: Uint8Array,
  about: Pick<Split, 'kind' | 'settings' | 'warnings'>,
): Split {
  const lists: [number[], number[], number[], number[]] = [[], [], [], []];
  const counts = new Map<number, [number, number, number, number]>();
  for (let i = 0; i < sides.length; i++) {
    const side = sides[i] as 0 | 1 | 2 | 3;
    lists[side].push(i);
    const classIndex = pixels.classIndex[i]!;
    let count = counts.get(classIndex);
    if (count === undefined) counts.set(classIndex, (count = [0, 0, 0, 0]));
    count[side]++;
  }
  const classes = [...counts]
    .sort((a, b) => a[0] - b[0])
    .map(([classIndex, [train, validation, test, dropped]]): ClassSplit => {
      const total = train + validation + test + dropped;
      return { classIndex, total, train, validation, test, dropped };
    });
  const [train, validation, test, dropped] = lists.map((list) => Int32Array.from(list));
  return {
    train: train!,
    validation: validation!,
    test: test!,
    dropped: dropped!,
    classes,
    ...about,
  };
}

export type RandomSplitOptions = { readonly fraction: number; readonly seed: number };

/**
 * Draws `fraction` of the pixels of each class for validation, at least one and never all. Which pixels are drawn depends
 * on their positions and the seed, not on their order.
 */
export function randomSplit(pixels: LabelledPixels, options: RandomSplitOptions): Split {
  checkFraction(options.fraction);
  const sides = new Uint8Array(pixels.x.length);
  for (const members of byClass(pixels)) {
    sortByPosition(pixels, members);
    createRandom(options.seed, 'split', 'random', pixels.classIndex[members[0]!]!).shuffle(members);
    const wanted = Math.max(1, Math.round(members.length * options.fraction));
    const taken = Math.min(members.length - 1, wanted);
    for (const index of members.slice(0, taken)) sides[index] = Side.validation;
  }
  return splitOf(pixels, sides, {
    kind: 'random',
    settings: { fraction: options.fraction, seed: options.seed },
    warnings: [
      'Random split: validation pixels lie beside training pixels, so the figures are higher than those on new places. Use the block split to judge a model.',
    ],
  });
}

/** @throws AppError `usage` */
export function checkFraction(fraction: number): void {
  if (fraction > 0 && fraction < 1) return;
  throw new AppError('usage', `The validation share must lie between 0 and 1; it is ${fraction}.`);
}

/** Indices of the pixels of each class, classes in order. */
export function byClass(pixels: LabelledPixels): number[][] {
  const lists = new Map<number, number[]>();
  for (let i = 0; i < pixels.classIndex.length; i++) {
    const list = lists.get(pixels.classIndex[i]!);
    if (list === undefined) lists.set(pixels.classIndex[i]!, [i]);
    else list.push(i);
  }
  return [...lists].sort((a, b) => a[0] - b[0]).map(([, list]) => list);
}

/** Sorts indices by row, then column, so that results do not depend on the order of pixels. */
export function sortByPosition(pixels: LabelledPixels, indices: number[]): void {
  indices.sort((a, b) => pixels.y[a]! - pixels.y[b]! || pixels.x[a]! - pixels.x[b]!);
}
