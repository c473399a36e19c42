import type { Random } from '../random.ts';
import type { BinnedSamples } from './bins.ts';

/**
 * A node of a growing tree: a split between two bins of a band, or a leaf with counts by class. `bin` is the last below,
 * `next` the first above that the node's samples have: the threshold lies in the middle between them.
 */
export type TreeNode =
  | {
      readonly band: number;
      readonly bin: number;
      readonly next: number;
      readonly below: TreeNode;
      readonly above: TreeNode;
    }
  | { readonly counts: Int32Array };

type GrowOptions = { readonly bandsPerSplit: number; readonly leastLeaf: number };

/** One decision tree down to pure leaves. @param drawn bootstrap sample, indices into `data`; its order is changed */
export function growTree(
  data: BinnedSamples,
  drawn: Int32Array,
  random: Random,
  options: GrowOptions,
): TreeNode {
  const histogram = new Int32Array(256 * data.classes);
  const bands = Int32Array.from({ length: data.bands }, (_, i) => i);
  return growNode({ data, random, options, bands, histogram }, drawn);
}

function growNode(tree: Tree, drawn: Int32Array): TreeNode {
  const { data, options } = tree;
  const counts = countsOf(data, drawn);
  if (pure(counts) || drawn.length < 2 * options.leastLeaf) return { counts };
  const split = bestSplit({ ...tree, drawn, counts });
  if (split === undefined) return { counts };
  const middle = partition(data, drawn, split);
  return {
    ...split,
    below: growNode(tree, drawn.subarray(0, middle)),
    above: growNode(tree, drawn.subarray(middle)),
  };
}

function countsOf({ classes, labels }: BinnedSamples, drawn: Int32Array): Int32Array {
  const counts = new Int32Array(classes);
  for (let i = 0; i < drawn.length; i++) counts[labels[drawn[i]!]!]!++;
  return counts;
}

function pure(counts: Int32Array): boolean {
  return counts.filter((count) => count > 0).length <= 1;
}

type Tree = {
  readonly data: BinnedSamples;
  readonly random: Random;
  readonly options: GrowOptions;
  /** All bands, in any order; scratch. */
  readonly bands: Int32Array;
  /** (256, classes); scratch, zero before and after. */
  readonly histogram: Int32Array;
};

type Node = Tree & { readonly drawn: Int32Array; readonly counts: Int32Array };

type Split = { readonly band: number; readonly bin: number; readonly next: number };

/**
 * The split with the least Gini impurity over bands drawn one by one without return, `bandsPerSplit` of them, and more
 * only as long as none of them splits at all (as scikit-learn does).
 */
function bestSplit(node: Node): Split | undefined {
  const { bands, random, options } = node;
  let best: (Split & { readonly score: number }) | undefined;
  for (let tried = 0; tried < bands.length; tried++) {
    if (tried >= options.bandsPerSplit && best !== undefined) break;
    const pick = tried + random.integer(bands.length - tried);
    const band = bands[pick]!;
    bands[pick] = bands[tried]!;
    bands[tried] = band;
    const found = splitOfBand(node, band);
    if (found !== undefined && (best === undefined || found.score > best.score)) best = found;
  }
  return best === undefined ? undefined : { band: best.band, bin: best.bin, next: best.next };
}

/** The best split of one band. */
function splitOfBand(node: Node, band: number): (Split & { readonly score: number }) | undefined {
  const { data, drawn, histogram } = node;
  const { classes, labels, bins, count } = data;
  const start = band * count;
  let lowest = 255;
  let highest = 0;
  for (let i = 0; i < drawn.length; i++) {
    const sample = drawn[i]!;
    const bin = bins[start + sample]!;
    if (bin < lowest) lowest = bin;
    if (bin > highest) highest = bin;
    histogram[bin * classes + labels[sample]!]!++;
  }
  const best = bestBin(node, lowest, highest);
  histogram.fill(0, lowest * classes, (highest + 1) * classes);
  return best.bin < 0 ? undefined : { band, ...best };
}

/** Score Σ below²/n_below + Σ above²/n_above: the greater, the purer. `bin` is −1 where no split leaves enough samples. */
function bestBin(
  { data: { classes }, drawn, counts, histogram, options }: Node,
  lowest: number,
  highest: number,
): { readonly bin: number; readonly next: number; readonly score: number } {
  const best = { bin: -1, next: highest, score: -1 };
  const below = new Int32Array(classes);
  let total = 0;
  let belowSquares = 0;
  let aboveSquares = 0;
  for (let c = 0; c < classes; c++) aboveSquares += counts[c]! * counts[c]!;
  for (let bin = lowest; bin < highest; bin++) {
    const before = total;
    for (let c = 0; c < classes; c++) {
      const n = histogram[bin * classes + c]!;
      if (n === 0) continue;
      belowSquares += n * (2 * below[c]! + n);
      aboveSquares -= n * (2 * (counts[c]! - below[c]!) - n);
      below[c]! += n;
      total += n;
    }
    if (total === before) continue; // an empty bin
    if (best.next < 0) best.next = bin;
    const rest = drawn.length - total;
    if (total < options.leastLeaf || rest < options.leastLeaf) continue;
    const score = belowSquares / total + aboveSquares / rest;
    if (score <= best.score) continue;
    best.bin = bin;
    best.next = -1;
    best.score = score;
  }
  return best.next < 0 ? { ...best, next: highest } : best;
}

/** Moves the samples of the lower side to the front; how many these are. */
function partition(
  { bins, count }: BinnedSamples,
  drawn: Int32Array,
  { band, bin }: Split,
): number {
  let front = 0;
  for (let i = 0; i < drawn.length; i++) {
    const sample = drawn[i]!;
    if (bins[band * count + sample]! > bin) continue;
    drawn[i] = drawn[front]!;
    drawn[front++] = sample;
  }
  return front;
}
