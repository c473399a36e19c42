import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../app/error.ts';
import type { ForestSamples } from '../../app/learn/bins.ts';
import { type Forest, type ForestOptions, growForest } from '../../app/learn/forest.ts';
import type { WeightData } from '../../app/model/weights.ts';

export type { Forest } from '../../app/learn/forest.ts';

export type FitForestOptions = Partial<ForestOptions> & {
  readonly train: Int32Array;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: { readonly trees: number; readonly of: number }) => void;
};

/**
 * Trains the baseline. 200 trees where `trees` is absent.
 * @throws AppError `no-samples`, `bad-values`, `cancelled`
 */
export async function fitForest(
  samples: ForestSamples,
  options: FitForestOptions,
): Promise<Forest> {
  const { train, signal, onProgress, trees = 200, seed = 0, ...rest } = options;
  const growth = growForest(samples, train, { ...rest, trees, seed });
  for (;;) {
    const step = growth.next();
    if (step.done === true) return step.value;
    onProgress?.({ trees: step.value, of: trees });
    await setImmediate();
    if (signal?.aborted === true)
      throw new AppError('cancelled', 'Training the random forest was cancelled.');
  }
}

/** The tables of a forest as float32 tensors; whole numbers stay exact up to 2²⁴. */
export function forestTensors(forest: Forest): WeightData {
  const vector = (values: ArrayLike<number>) => ({
    shape: [values.length],
    values: Float32Array.from(values),
  });
  return new Map([
    ['sizes', vector([forest.bands, forest.classes, forest.trees])],
    ['roots', vector(forest.roots)],
    ['feature', vector(forest.feature)],
    ['threshold', vector(forest.threshold)],
    ['left', vector(forest.left)],
    ['right', vector(forest.right)],
    [
      'shares',
      { shape: [forest.shares.length / forest.classes, forest.classes], values: forest.shares },
    ],
  ]);
}

/**
 * The forest of such tensors, checked so that no walk can leave the tables or go round.
 * @throws AppError `bad-weights`
 */
export function forestOfTensors(tensors: WeightData, path: string): Forest {
  const refuse = (why: string): AppError =>
    new AppError('bad-weights', `${path} holds no usable forest: ${why}. Train it again.`, {
      path,
    });
  const values = (name: string): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw refuse(`no table "${name}"`);
    return tensor.values;
  };
  const whole = (name: string): Int32Array => {
    const numbers = values(name);
    if (!numbers.every((x) => Number.isInteger(x) && x >= -1 && x <= 2 ** 24))
      throw refuse(`table "${name}" is not of whole numbers`);
    return Int32Array.from(numbers);
  };
  const [bands = 0, classes = 0, trees = 0] = whole('sizes');
  const forest: Forest = {
    bands,
    classes,
    trees,
    roots: whole('roots'),
    feature: whole('feature'),
    threshold: values('threshold'),
    left: whole('left'),
    right: whole('right'),
    shares: values('shares'),
  };
  checkTables(forest, refuse);
  return forest;
}

function checkTables(forest: Forest, refuse: (why: string) => AppError): void {
  const { bands, classes, trees, roots, feature, threshold, left, right, shares } = forest;
  const nodes = feature.length;
  if (bands < 1 || classes < 2 || trees < 1 || roots.length !== trees) throw refuse('wrong sizes');
  if ([threshold, left, right].some((table) => table.length !== nodes))
    throw refuse('tables of different lengths');
  if (!shares.every((share) => share >= 0 && share <= 1)) throw refuse('shares beyond 0 to 1');
  if (!roots.every((root) => root >= 0 && root < nodes)) throw refuse('a root beyond its table');
  checkNodes(forest, refuse);
}

function checkNodes(forest: Forest, refuse: (why: string) => AppError): void {
  const { bands, feature, threshold, left, right } = forest;
  const nodes = feature.length;
  const rows = forest.shares.length / forest.classes;
  for (let i = 0; i < nodes; i++) {
    const below = left[i]!;
    const above = right[i]!;
    const leaf = feature[i] === -1;
    const fine = leaf
      ? above >= 0 && above < rows
      : feature[i]! < bands && below > i && above > i && below < nodes && above < nodes;
    if (!fine || !Number.isFinite(threshold[i])) throw refuse(`node ${i} leads nowhere`);
  }
}
