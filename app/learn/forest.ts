import { AppError } from '../error.ts';
import { createRandom } from '../random.ts';
import { binEdges, binSamples, type ForestSamples } from './bins.ts';
import { growTree, type TreeNode } from './growTree.ts';

/**
 * A random forest (Breiman 2001) as flat tables, all trees behind one another. Node i is a leaf where `feature[i]` is −1;
 * otherwise a sample goes to `left[i]` if its value ≤ `threshold[i]`, else to `right[i]`; both come later than i.
 */
export type Forest = {
  readonly bands: number;
  readonly classes: number;
  readonly trees: number;
  /** First node of each tree, (trees). */
  readonly roots: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  /** For a leaf: its row in `shares`. */
  readonly right: Int32Array;
  /** Class shares of leaves, (rows, classes); equal leaves share a row. */
  readonly shares: Float32Array;
};

export type ForestOptions = {
  readonly trees: number;
  readonly seed: number;
  /** Bands looked at in a split; absent = the root of their number. */
  readonly bandsPerSplit?: number;
  /** Least samples of a leaf. */
  readonly leastLeaf?: number;
};

/**
 * Grows a forest tree by tree: each on a bootstrap sample, each split the best by Gini impurity among randomly chosen bands,
 * down to pure leaves. Values are put into at most 256 bins a band first, by quantiles of the training samples. A generator,
 * so that the caller can report progress and stop between trees.
 * @param train indices of the samples to learn from
 * @throws AppError `no-samples`, `bad-values`
 */
export function* growForest(
  samples: ForestSamples,
  train: Int32Array,
  options: ForestOptions,
): Generator<number, Forest> {
  checkSamples(samples, train);
  const edges = binEdges(samples, train);
  const binned = binSamples(samples, train, edges);
  const table = new ForestTable(samples.classes);
  for (let tree = 0; tree < options.trees; tree++) {
    const random = createRandom(options.seed, 'tree', tree);
    const drawn = new Int32Array(train.length);
    for (let i = 0; i < drawn.length; i++) drawn[i] = random.integer(train.length);
    const root = growTree(binned, drawn, random, {
      bandsPerSplit: options.bandsPerSplit ?? Math.max(1, Math.round(Math.sqrt(samples.bands))),
      leastLeaf: options.leastLeaf ?? 1,
    });
    table.add(root, edges);
    yield tree + 1;
  }
  return table.forest(samples.bands, options.trees);
}

/** Class probabilities of (count, bands) raw values: mean of the leaves that a sample falls into, (count, classes). */
export function forestProbabilities(forest: Forest, features: Float32Array): Float32Array {
  const { bands, classes, trees, feature, threshold, left, right, shares } = forest;
  const count = features.length / bands;
  const result = new Float32Array(count * classes);
  for (let tree = 0; tree < trees; tree++) {
    for (let i = 0; i < count; i++) {
      let node = forest.roots[tree]!;
      while (feature[node]! >= 0) {
        const value = features[i * bands + feature[node]!]!;
        node = value <= threshold[node]! ? left[node]! : right[node]!;
      }
      const row = right[node]! * classes;
      for (let c = 0; c < classes; c++) result[i * classes + c]! += shares[row + c]! / trees;
    }
  }
  return result;
}

function checkSamples({ features, bands, labels }: ForestSamples, train: Int32Array): void {
  const seen = new Set<number>();
  for (const sample of train) {
    seen.add(labels[sample]!);
    for (let band = 0; band < bands; band++) {
      if (Number.isFinite(features[sample * bands + band])) continue;
      throw new AppError(
        'bad-values',
        `Training sample ${sample} has no finite value in band ${band + 1}. Mark such pixels as nodata or leave the band out.`,
        { sample, band },
      );
    }
  }
  if (seen.size >= 2) return;
  throw new AppError(
    'no-samples',
    `A forest needs training samples of two classes or more; it was given ${seen.size}. Draw areas of further classes.`,
  );
}

/** Trees as they are laid out one after the other. */
class ForestTable {
  readonly #classes: number;
  readonly #roots: number[] = [];
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #shares: number[] = [];
  readonly #rows = new Map<string, number>();

  constructor(classes: number) {
    this.#classes = classes;
  }

  add(root: TreeNode, edges: readonly Float32Array[]): void {
    this.#roots.push(this.#feature.length);
    this.#node(root, edges);
  }

  #node(node: TreeNode, edges: readonly Float32Array[]): number {
    const at = this.#feature.length;
    const leaf = 'counts' in node;
    this.#feature.push(leaf ? -1 : node.band);
    this.#threshold.push(leaf ? 0 : thresholdOf(node, edges[node.band]!));
    this.#left.push(0);
    this.#right.push(leaf ? this.#row(node.counts) : 0);
    if (leaf) return at;
    this.#left[at] = this.#node(node.below, edges);
    this.#right[at] = this.#node(node.above, edges);
    return at;
  }

  #row(counts: Int32Array): number {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const shares = Array.from(counts, (count) => count / total);
    const key = shares.join();
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#shares.length / this.#classes;
    this.#rows.set(key, row);
    this.#shares.push(...shares);
    return row;
  }

  forest(bands: number, trees: number): Forest {
    return {
      bands,
      classes: this.#classes,
      trees,
      roots: Int32Array.from(this.#roots),
      feature: Int32Array.from(this.#feature),
      threshold: Float32Array.from(this.#threshold),
      left: Int32Array.from(this.#left),
      right: Int32Array.from(this.#right),
      shares: Float32Array.from(this.#shares),
    };
  }
}

/** Midway between the bins, and never so that a training sample changes sides. */
function thresholdOf(split: { readonly bin: number; readonly next: number }, edges: Float32Array) {
  const low = edges[split.bin]!;
  return low + (edges[split.next - 1]! - low) / 2;
}
