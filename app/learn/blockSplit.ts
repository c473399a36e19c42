import { AppError } from '../error.ts';
import { createRandom, type Random } from '../random.ts';
import type { LabelledPixels } from '../vector/labelledPixels.ts';
import { checkFraction, Side, type Split, splitOf } from './split.ts';
import { dropNearValidation } from './splitBuffer.ts';
import { splitUnits, type Unit } from './splitUnits.ts';

export type BlockSplitOptions = {
  /** Share of the pixels of each class wanted for validation, 0 to 1. */
  readonly fraction: number;
  readonly seed: number;
  /** Training pixels this near (columns or rows) to a validation pixel are dropped. At least the reach of the model. */
  readonly buffer: number;
  /** Side of a block in pixels. Absent: the largest that leaves enough blocks to choose from. */
  readonly blockSize?: number;
  /** Names of the classes, for warnings. */
  readonly classNames?: readonly string[];
};

/**
 * Splits by spatial blocks: pixels of one block are on one side, and training pixels near validation ones are dropped, so
 * that validation measures other places, not neighbours. ROIs stay whole unless a class has only one (then it is cut into
 * strips). Every class is on both sides where its pixels permit; where not, all of it is for training and a warning says so.
 * The result depends on the positions of pixels and the seed, not on their order.
 * @throws AppError `usage` for a fraction outside 0 to 1 or a block size below 1
 */
export function blockSplit(pixels: LabelledPixels, options: BlockSplitOptions): Split {
  checkFraction(options.fraction);
  const buffer = Math.max(0, Math.floor(options.buffer));
  const blockSize = options.blockSize ?? defaultBlockSize(pixels, buffer);
  if (!(blockSize >= 1))
    throw new AppError('usage', `The block size must be 1 pixel or more; it is ${blockSize}.`);
  const units = splitUnits(pixels, blockSize);
  const totals = countAll(units);
  const chosen = chooseUnits(units, totals, options);
  const warnings: string[] = [];
  const name = (classIndex: number): string =>
    options.classNames?.[classIndex] ?? `class ${classIndex + 1}`;
  const sides = settle(pixels, units, chosen, { buffer, totals });
  const split = splitOf(pixels, sides, {
    kind: 'block',
    settings: { fraction: options.fraction, seed: options.seed, buffer, blockSize },
    warnings,
  });
  const unlearned = split.classes.filter(({ train }) => train === 0);
  if (unlearned.length > 0)
    warnings.push(
      `No training pixel is left of ${unlearned.map(({ classIndex }) => name(classIndex)).join(', ')}: all lie within ${buffer} pixels of validation pixels. Use a smaller buffer or draw more ROIs.`,
    );
  const starved = split.classes.filter(({ train, total }) => train > 0 && train < 0.15 * total);
  if (starved.length > 0)
    warnings.push(
      `Little is left to learn ${starved.map(({ classIndex }) => name(classIndex)).join(', ')} from, most of it lying near validation pixels. Draw more ROIs, apart from each other.`,
    );
  const unmeasured = split.classes.filter(({ validation }) => validation === 0);
  if (unmeasured.length > 0)
    warnings.push(
      `Too few separate pixels to validate ${unmeasured.map(({ classIndex }) => name(classIndex)).join(', ')}: all are used for training and no figure is given. Draw more ROIs, apart from each other.`,
    );
  if (split.dropped.length > split.train.length)
    warnings.push(
      `The buffer of ${buffer} pixels drops ${split.dropped.length} of ${pixels.x.length} labelled pixels, more than remain for training. Use a smaller buffer or larger blocks.`,
    );
  return split;
}

/**
 * Chooses units for validation class by class, the class with the fewest units first: among a few drawn units the one that
 * brings all classes nearest to their share, until the class has its share. A class keeps at least one unit for training.
 */
function chooseUnits(
  units: readonly Unit[],
  totals: ReadonlyMap<number, number>,
  { fraction, seed }: BlockSplitOptions,
): Set<Unit> {
  const chosen = new Set<Unit>();
  const taken = new Map<number, number>();
  const left = new Map<number, number>();
  for (const unit of units)
    for (const classIndex of unit.counts.keys())
      left.set(classIndex, (left.get(classIndex) ?? 0) + 1);
  const order = [...left].sort((a, b) => a[1] - b[1] || a[0] - b[0]).map(([index]) => index);
  for (const classIndex of order) {
    const random = createRandom(seed, 'split', 'block', classIndex);
    const candidates = units.filter((unit) => unit.counts.has(classIndex) && !chosen.has(unit));
    const free = random.shuffle([...candidates.keys()]).map((index) => candidates[index]!);
    const wanted = fraction * totals.get(classIndex)!;
    while ((taken.get(classIndex) ?? 0) < wanted && free.length > 0) {
      const best = drawBest(free, random, (unit) =>
        [...unit.counts.keys()].some((index) => left.get(index)! <= 1)
          ? Infinity
          : misfit(unit, taken, totals, fraction),
      );
      if (best === undefined) break;
      const worth = best.misfit < 0 || (taken.get(classIndex) ?? 0) === 0;
      if (!worth) break;
      chosen.add(best.unit);
      free.splice(free.indexOf(best.unit), 1);
      for (const [index, count] of best.unit.counts) {
        taken.set(index, (taken.get(index) ?? 0) + count);
        left.set(index, left.get(index)! - 1);
      }
    }
  }
  return chosen;
}

/** Units compared for each choice: few enough that seeds differ, enough that shares are met; all of a very few. */
const drawnOf = (free: number): number => (free <= 3 ? free : Math.min(12, Math.ceil(free / 2)));

function drawBest(
  free: readonly Unit[],
  random: Random,
  rate: (unit: Unit) => number,
): { unit: Unit; misfit: number } | undefined {
  let best: { unit: Unit; misfit: number } | undefined;
  const start = random.integer(free.length);
  const drawn = drawnOf(free.length);
  let seen = 0;
  for (let i = 0; i < free.length && seen < drawn; i++) {
    const unit = free[(start + i) % free.length]!;
    const value = rate(unit);
    if (value === Infinity) continue;
    seen++;
    if (best === undefined || value < best.misfit) best = { unit, misfit: value };
  }
  return best;
}

/** How much further (above 0) or nearer (below) all shares get to `fraction` by taking a unit. */
function misfit(
  unit: Unit,
  taken: ReadonlyMap<number, number>,
  totals: ReadonlyMap<number, number>,
  fraction: number,
): number {
  let sum = 0;
  for (const [classIndex, count] of unit.counts) {
    const total = totals.get(classIndex)!;
    const before = (taken.get(classIndex) ?? 0) / total - fraction;
    sum += Math.abs(before + count / total) - Math.abs(before);
  }
  return sum;
}

type Settling = { readonly buffer: number; readonly totals: ReadonlyMap<number, number> };

/**
 * Sides with the buffer applied. A class whose training pixels the buffer would take away entirely goes back to training
 * with all its pixels, for a class that is not learned is worse than one that is not measured; taking its pixels out of
 * validation only frees others, so this ends.
 */
function settle(
  pixels: LabelledPixels,
  units: readonly Unit[],
  chosen: ReadonlySet<Unit>,
  { buffer, totals }: Settling,
): Uint8Array {
  const unvalidated = new Set<number>();
  for (;;) {
    const sides = new Uint8Array(pixels.x.length);
    for (const unit of units) {
      if (!chosen.has(unit)) continue;
      for (const index of unit.indices)
        if (!unvalidated.has(pixels.classIndex[index]!)) sides[index] = Side.validation;
    }
    dropNearValidation(pixels, sides, buffer);
    const trained = new Set<number>();
    for (let i = 0; i < sides.length; i++)
      if (sides[i] === Side.train) trained.add(pixels.classIndex[i]!);
    const lost = [...totals.keys()].filter(
      (classIndex) => !trained.has(classIndex) && !unvalidated.has(classIndex),
    );
    if (lost.length === 0) return sides;
    for (const classIndex of lost) unvalidated.add(classIndex);
  }
}

function countAll(units: readonly Unit[]): ReadonlyMap<number, number> {
  const totals = new Map<number, number>();
  for (const { counts } of units)
    for (const [classIndex, count] of counts)
      totals.set(classIndex, (totals.get(classIndex) ?? 0) + count);
  return totals;
}

/**
 * The largest of a ladder of sides at which labelled pixels occupy at least 40 blocks, but not so small that the buffer
 * eats most of a block. Counts occupied blocks only, so gaps between scenes do not matter.
 */
export function defaultBlockSize(pixels: LabelledPixels, buffer: number): number {
  const smallest = Math.max(8, 4 * buffer);
  const sides = [512, 384, 256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8];
  for (const side of sides) {
    if (side <= smallest) break;
    const cells = new Set<number>();
    for (let i = 0; i < pixels.x.length; i++) {
      cells.add(Math.floor(pixels.y[i]! / side) * 2 ** 24 + Math.floor(pixels.x[i]! / side));
      if (cells.size >= 40) return side;
    }
  }
  return smallest;
}
