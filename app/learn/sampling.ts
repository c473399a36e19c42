import { AppError } from '../error.ts';
import { createRandom } from '../random.ts';

/** Samples a class, (classes). @param labels class index from 0, of all samples; `chosen` picks some of them */
export function countByClass(
  labels: ArrayLike<number>,
  chosen: ArrayLike<number>,
  classes: number,
): Int32Array {
  const counts = new Int32Array(classes);
  for (let i = 0; i < chosen.length; i++) {
    const label = labels[chosen[i]!] ?? -1;
    if (!(label >= 0 && label < classes)) {
      throw new AppError(
        'bad-labels',
        `Sample ${chosen[i]} has class ${label}; there are ${classes} classes.`,
        { sample: chosen[i], label, classes },
      );
    }
    counts[label]!++;
  }
  return counts;
}

/** Weights in the loss that let every class present count the same; their mean over the samples is 1. */
export function balancedWeights(counts: Int32Array): Float32Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const present = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  return Float32Array.from(counts, (count) => (count === 0 ? 0 : total / (present * count)));
}

/** What the order of samples in an epoch depends on. */
export type OrderOptions = {
  readonly sampling: 'natural' | 'balanced';
  readonly classes: number;
  readonly seed: number;
  readonly epoch: number;
};

/**
 * The samples of one epoch in training order: each once (`natural`), or as many draws, classes in turn (`balanced`; a small
 * class is gone through again in a new order before a sample of it repeats out of turn).
 */
export function epochOrder(
  labels: ArrayLike<number>,
  train: Int32Array,
  options: OrderOptions,
): Int32Array {
  const random = createRandom(options.seed, 'order', options.epoch);
  if (options.sampling === 'natural') return random.shuffle(Int32Array.from(train));
  const pools = Array.from({ length: options.classes }, (): number[] => []);
  for (const sample of train) pools[labels[sample]!]!.push(sample);
  const present = pools.filter((pool) => pool.length > 0);
  const next = present.map((pool) => ({ pool: random.shuffle(pool), at: 0 }));
  const order = new Int32Array(train.length);
  for (let i = 0; i < order.length; i++) {
    const turn = next[i % next.length]!;
    if (turn.at === turn.pool.length) {
      random.shuffle(turn.pool);
      turn.at = 0;
    }
    order[i] = turn.pool[turn.at++]!;
  }
  return random.shuffle(order);
}
