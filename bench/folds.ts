import { createRandom } from '../app/random.ts';
import type { Split } from './accuracyTasks.ts';

export type FoldOptions = {
  /** Class of every sample of the set, from 0. */
  readonly labels: Int32Array;
  /** What stays together (a region, a tile), by sample of the set; absent = every sample by itself. */
  readonly units?: Int32Array | undefined;
  readonly folds: number;
  readonly seed: number;
};

/**
 * Divides the training part of a split into folds, each in turn the test part of a split of its own; the test part itself
 * is not touched, and the validation part keeps its task. Units go in random order, the largest share of a class first, to
 * the fold that has least of that class: where every sample is a unit, that is a stratified draw.
 */
export function foldsOf({ train, validation }: Split, options: FoldOptions): Split[] {
  const { labels, units, folds, seed } = options;
  const members = new Map<number, number[]>();
  for (const sample of train) {
    const unit = units?.[sample] ?? sample;
    const list = members.get(unit);
    if (list === undefined) members.set(unit, [sample]);
    else list.push(sample);
  }
  const all = [...members.values()];
  const drawn = createRandom(seed, 'folds').shuffle([...all.keys()]);
  const known = drawn.map((i) => ({ samples: all[i]!, ...mainClass(all[i]!, labels) }));
  known.sort((a, b) => b.count - a.count); // keeps the drawn order of equals
  const parts = Array.from({ length: folds }, () => ({
    samples: [] as number[],
    counts: new Map<number, number>(),
  }));
  for (const { samples, label } of known) {
    const least = parts.reduce((a, b) =>
      load(b, label) < load(a, label) ||
      (load(b, label) === load(a, label) && b.samples.length < a.samples.length)
        ? b
        : a,
    );
    least.samples.push(...samples);
    for (const sample of samples) {
      const own = labels[sample]!;
      least.counts.set(own, (least.counts.get(own) ?? 0) + 1);
    }
  }
  return parts.map(({ samples }) => {
    const held = new Set(samples);
    return {
      train: train.filter((sample) => !held.has(sample)),
      validation,
      test: Int32Array.from(samples).sort(),
    };
  });
}

const load = ({ counts }: { counts: ReadonlyMap<number, number> }, label: number): number =>
  counts.get(label) ?? 0;

/** The class that a unit has most samples of. */
function mainClass(
  samples: readonly number[],
  labels: Int32Array,
): { readonly label: number; readonly count: number } {
  const counts = new Map<number, number>();
  for (const sample of samples) counts.set(labels[sample]!, (counts.get(labels[sample]!) ?? 0) + 1);
  const [label, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  return { label, count };
}
