import { AppError } from '../error.ts';
import type { SegmentationHead } from '../model/spectralGpt/configuration.ts';
import type { LearnedScaling } from './tileScaling.ts';

/** What a tile model is fine-tuned for. */
export type TileTaskKind = 'scene' | 'multilabel' | 'segmentation' | 'change';

/**
 * Changes to training tiles: labelled pixels of other tiles laid over them (Copy-Paste, Ghiasi et al. 2021); more or less light; a
 * random part enlarged; the symmetries of the square; a random rectangle erased (Zhong et al. 2020); tiles mixed in
 * proportion (mixup, Zhang et al. 2018) or by a rectangle (CutMix, Yun et al. 2019), with their labels.
 */
export type TileAugmentation =
  | 'crop'
  | 'flips'
  | 'light'
  | 'erasing'
  | 'mixup'
  | 'cutmix'
  | 'paste';

/** Changes that keep what a task's labels say. */
export const fittingAugmentation: Readonly<Record<TileTaskKind, readonly TileAugmentation[]>> = {
  scene: ['crop', 'flips', 'light', 'erasing', 'mixup', 'cutmix'],
  // A mixture of two sets of labels is no set of labels.
  multilabel: ['crop', 'flips', 'light', 'erasing'],
  // Labels of single pixels hold for what is seen there.
  segmentation: ['flips', 'light', 'paste'],
  change: ['flips', 'light'],
};

/** @throws AppError `usage` naming changes that would make the labels of a task untrue */
export function checkAugmentation(kind: TileTaskKind, augment: readonly TileAugmentation[]): void {
  const wrong = augment.filter((one) => !fittingAugmentation[kind].includes(one));
  if (wrong.length === 0) return;
  throw new AppError(
    'usage',
    `The change "${wrong.join('", "')}" to training tiles makes the labels of ${kind} untrue. Give --augment ${fittingAugmentation[kind].join(' --augment ')}, or --augment none.`,
    { found: wrong, possible: fittingAugmentation[kind] },
  );
}

/** How long and how fast a tile model is fine-tuned. */
export type FineTuningPlan = {
  readonly size: 'tiny' | 'base' | 'large' | 'huge';
  readonly imageSize: number;
  /** Pixels a side of a token; the published 8 where absent. */
  readonly patch?: number;
  /** Widths of the dense head; the published ones where absent. */
  readonly head?: SegmentationHead;
  readonly epochs: number;
  /** Tiles drawn an epoch; every tile of a data set once where absent. */
  readonly tiles?: number;
  /** Tiles of one step, and how many of them at a time. */
  readonly batch: number;
  readonly part: number;
  /** Blocks are run again for the gradient instead of being kept: less memory, more time. */
  readonly recomputeBlocks?: boolean;
  readonly rate: number;
  /** The rate goes with the batch (Goyal et al. 2017): half the batch, half the rate. */
  readonly rateByBatch?: boolean;
  readonly warmup: number;
  readonly weightDecay: number;
  /** Factor of the rate from layer to layer downwards; 1 = one rate. */
  readonly layerDecay: number;
  /** Largest probability of leaving out a branch. */
  readonly dropPath: number;
  readonly augment: readonly TileAugmentation[];
  /** Share of a target that goes to all classes alike. */
  readonly labelSmoothing: number;
  /** How values are brought to one range where no weights say it. */
  readonly scaling: LearnedScaling;
  /** The epoch that is kept where the user does not say; the best where absent. */
  readonly keep?: 'best' | 'last' | undefined;
};

/** A recipe as published, and the task that it is for. */
type PublishedRecipe = FineTuningPlan & { readonly task: TileTaskKind };

/** Ours, for some hundred labelled tiles, or networks of large tokens, and a processor. */
const tiny: FineTuningPlan = {
  size: 'tiny',
  imageSize: 64,
  head: {
    levels: [
      { hidden: 64, out: 32 },
      { hidden: 64, out: 64 },
      { hidden: 64, out: 64 },
    ],
    deepest: 128,
    fusion: 64,
  },
  epochs: 24,
  tiles: 192,
  batch: 8,
  part: 8,
  rate: 1.5e-3,
  warmup: 2,
  weightDecay: 0.05,
  layerDecay: 0.9,
  dropPath: 0.1,
  augment: ['flips'],
  labelSmoothing: 0,
  scaling: 'whitened',
};

/**
 * Ours, for a scene with ROIs and a processor. Roads and roofs are a pixel or two wide, and a token of 96 numbers cannot hold the spectra of
 * 8 × 8 or 4 × 4 pixels; of 2 × 2 it can. Small tiles are many in a second.
 */
const tinyDense = {
  ...tiny,
  imageSize: 8,
  patch: 2,
  head: {
    levels: [
      { hidden: 64, out: 32 },
      { hidden: 64, out: 32 },
      { hidden: 64, out: 32 },
    ],
    deepest: 64,
    fusion: 32,
  },
  epochs: 16,
  tiles: 2048,
  batch: 32,
  part: 32,
  rate: 3e-3,
  warmup: 1,
  dropPath: 0,
  // Polygons lie inside fields: what they say is known early, and borders, which no polygon shows, late.
  keep: 'last',
} as const satisfies FineTuningPlan;

/** The larger networks on an analyst's own labels: the paper's optimiser with batches that a processor holds. */
const large = (size: FineTuningPlan['size']): FineTuningPlan => ({
  size,
  imageSize: 128,
  epochs: 50,
  tiles: 512,
  batch: 16,
  part: 2,
  rate: 2e-4,
  warmup: 3,
  weightDecay: 0.05,
  layerDecay: 0.75,
  dropPath: 0.1,
  augment: ['flips'],
  labelSmoothing: 0,
  scaling: 'whitened',
});

/**
 * What the released fine-tuning for scenes has in common. Its rule is 2e-4 for every 256 tiles of a step; the paper's steps
 * have 512.
 */
const publishedScenes = {
  size: 'base',
  imageSize: 128,
  epochs: 150,
  part: 4,
  rate: 4e-4,
  rateByBatch: true,
  warmup: 20,
  weightDecay: 0.05,
  layerDecay: 0.75,
  scaling: 'two-sigma',
} as const;

/** Plans by name; the last four are the recipes of the paper (Hong et al. 2024), the released code's values beside them. */
export const fineTuningPlans = {
  tiny,
  base: large('base'),
  large: large('large'),
  huge: large('huge'),
  /** Released code: 256 tiles a step, drop path 0.2, no erasing. */
  eurosat: {
    ...publishedScenes,
    task: 'scene',
    batch: 512,
    dropPath: 0.1,
    augment: ['crop', 'flips', 'erasing', 'mixup', 'cutmix'],
    labelSmoothing: 0.1,
  },
  /** The published loss takes no mixtures of tiles. */
  bigearthnet: {
    ...publishedScenes,
    task: 'multilabel',
    batch: 512,
    dropPath: 0.1,
    augment: ['crop', 'flips', 'erasing'],
    labelSmoothing: 0,
  },
  /** Epochs and warm-up of the released code, whose rate is 1e-4 for 64 tiles a step with polynomial decay. */
  segmunich: {
    size: 'base',
    task: 'segmentation',
    imageSize: 128,
    epochs: 250,
    batch: 96,
    part: 2,
    rate: 5e-4,
    warmup: 15,
    weightDecay: 1e-5,
    layerDecay: 1,
    dropPath: 0.5,
    augment: ['flips'],
    labelSmoothing: 0,
    scaling: 'two-sigma',
  },
  /** Released code: rate 1e-4, 32 pairs a step, 300 epochs, rate × 0.95 an epoch. */
  oscd: {
    size: 'base',
    task: 'change',
    imageSize: 128,
    epochs: 60,
    batch: 64,
    part: 2,
    rate: 1e-3,
    warmup: 0,
    weightDecay: 1e-5,
    layerDecay: 1,
    dropPath: 0.5,
    augment: ['flips'],
    labelSmoothing: 0,
    scaling: 'two-sigma',
  },
} as const satisfies Readonly<Record<string, FineTuningPlan | PublishedRecipe>>;

/**
 * The plan of a name for a task: `tiny` has one of its own for single pixels.
 * @param patch Pixels a side of a token where the network is given: large tokens need large tiles.
 */
export function fineTuningPlan(
  name: PlanName,
  task: TileTaskKind,
  patch: number = tinyDense.patch,
): FineTuningPlan {
  const whole = task === 'scene' || task === 'multilabel';
  if (name !== 'tiny' || whole || patch > tinyDense.patch) return fineTuningPlans[name];
  // A pair is two tiles.
  if (task === 'change') return { ...tinyDense, tiles: 1024 };
  return { ...tinyDense, augment: ['flips', 'light', 'paste'] };
}

export type PlanName = keyof typeof fineTuningPlans;

export const isPlanName = (name: string): name is PlanName => Object.hasOwn(fineTuningPlans, name);
