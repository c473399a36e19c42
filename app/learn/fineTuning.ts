import type { SegmentationHead } from '../model/spectralGpt/configuration.ts';

/** How long and how fast a tile model is fine-tuned, by the name of its network. */
export type FineTuningPlan = {
  readonly size: 'tiny' | 'base' | 'large' | 'huge';
  readonly imageSize: number;
  /** Widths of the dense head; the published ones where absent. */
  readonly head?: SegmentationHead;
  readonly epochs: number;
  /** Tiles drawn an epoch. */
  readonly tiles: number;
  readonly batch: number;
  readonly rate: number;
  readonly warmup: number;
  readonly weightDecay: number;
  /** Factor of the rate from layer to layer downwards; 1 = one rate. */
  readonly layerDecay: number;
};

/** Segmentation of SegMunich as the paper has it; the released code takes rate 1e-4, 250 epochs and 32 tiles a step. */
const published = {
  imageSize: 128,
  epochs: 200,
  tiles: 2400,
  batch: 96,
  rate: 5e-4,
  warmup: 15,
  weightDecay: 1e-5,
  layerDecay: 1,
} as const;

/** Plans by name; `tiny` is ours, for a scene with ROIs and a processor. */
export const fineTuningPlans: Readonly<Record<FineTuningPlan['size'], FineTuningPlan>> = {
  tiny: {
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
    rate: 1.5e-3,
    warmup: 2,
    weightDecay: 0.05,
    layerDecay: 0.9,
  },
  base: { size: 'base', ...published },
  large: { size: 'large', ...published },
  huge: { size: 'huge', ...published },
};

/** Names of the plans. */
export const isPlanName = (name: string): name is FineTuningPlan['size'] =>
  Object.hasOwn(fineTuningPlans, name);
