import type { SpectralGptConfig } from '../model/spectralGpt/configuration.ts';

/** How long and how fast masked pre-training goes, by the name of its network. */
export type PretrainingPlan = {
  readonly size: 'tiny' | 'base' | 'large' | 'huge';
  readonly imageSize: number;
  /** Pixels a side of a token; the published 8 where absent. */
  readonly patch?: number;
  readonly decoder: SpectralGptConfig['decoder'];
  readonly epochs: number;
  /** Tiles drawn an epoch. */
  readonly tiles: number;
  /** Tiles of one step, and how many of them at a time. */
  readonly batch: number;
  readonly part: number;
  /** For 256 tiles a step; in proportion for others. */
  readonly baseRate: number;
  readonly warmup: number;
};

const officialDecoder = { embedDim: 512, depth: 4, heads: 16 } as const;

/**
 * Plans by name. The large ones follow the released recipe (rate, warm-up, epochs, 4,096 tiles a step made of parts); `tiny`
 * is ours, for a few scenes and a processor.
 */
export const pretrainingPlans: Readonly<Record<PretrainingPlan['size'], PretrainingPlan>> = {
  tiny: {
    size: 'tiny',
    // As the plan `tiny` of fine-tuning for single pixels.
    imageSize: 8,
    patch: 2,
    decoder: { embedDim: 64, depth: 2, heads: 4 },
    epochs: 20,
    tiles: 1024,
    batch: 64,
    part: 64,
    baseRate: 8e-3,
    warmup: 2,
  },
  base: released('base'),
  large: released('large'),
  huge: released('huge'),
};

function released(size: 'base' | 'large' | 'huge'): PretrainingPlan {
  return {
    size,
    imageSize: 96,
    decoder: officialDecoder,
    epochs: 200,
    tiles: 65_536,
    batch: 4096,
    part: 8,
    baseRate: 2e-4,
    warmup: 20,
  };
}
