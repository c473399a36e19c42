import { createRandom } from '../random.ts';
import { groupBy } from './groupBy.ts';

/** How samples are dealt out to folds. */
export type FoldOptions = {
  readonly folds: number;
  readonly seed: number;
  /** Group of every sample, e.g. its ROI or block: a group is never torn apart. Absent = each sample by itself. */
  readonly groups?: ArrayLike<number>;
};

/**
 * The fold, from 0, of each chosen sample, (chosen.length). Class by class the groups are dealt out in random order, the
 * next always to the fold that has least of the class: folds have about the same share of every class.
 */
export function dealFolds(
  labels: ArrayLike<number>,
  chosen: Int32Array,
  { folds, seed, groups }: FoldOptions,
): Int32Array {
  const result = new Int32Array(chosen.length);
  const random = createRandom(seed, 'folds');
  const places = Array.from(chosen.keys());
  for (const members of groupBy(places, (place) => labels[chosen[place]!]!).values()) {
    const units = [...groupBy(members, (place) => groups?.[chosen[place]!] ?? place).values()];
    const sizes = new Array<number>(folds).fill(0);
    let from = random.integer(folds); // so that the odd samples of small classes do not all go to the first fold
    for (const unit of shuffled(units, random.integer(2 ** 31))) {
      let least = from;
      for (let k = 1; k < folds; k++) {
        const fold = (from + k) % folds;
        if (sizes[fold]! < sizes[least]!) least = fold;
      }
      sizes[least]! += unit.length;
      for (const place of unit) result[place] = least;
      from = (least + 1) % folds;
    }
  }
  return result;
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const order = createRandom(seed, 'order').shuffle(values.map((_, i) => i));
  return order.map((i) => values[i]!);
}
