import { AppError } from '../../error.ts';

/** What the network is to give. */
export type SpectralGptTask = 'pretrain' | 'scene' | 'multilabel' | 'segmentation' | 'change';

/** One level of the pyramid of the segmentation head: 1×1 convolution to `hidden`, then transposed convolution to `out`. */
export type PyramidLevel = { readonly hidden: number; readonly out: number };

/** Widths of the segmentation and change head (UPerNet, Xiao et al. 2018, over one feature map). */
export type SegmentationHead = {
  /** Up-sampled by patch, patch / 2 and patch / 4, at least 1; the fourth, `deepest`, stays on the token grid. */
  readonly levels: readonly [PyramidLevel, PyramidLevel, PyramidLevel];
  readonly deepest: number;
  /** Channels of the pyramid pooling and of every fusion. */
  readonly fusion: number;
};

/**
 * Every size and choice of the network (Hong et al. 2024, "SpectralGPT: Spectral Remote Sensing Foundation Model").
 * Tokens: a cell of `spectralPatch` bands by `patch` × `patch` pixels; t spectral groups by g × g cells.
 */
export type SpectralGptConfig = {
  /** D */
  readonly embedDim: number;
  readonly depth: number;
  readonly heads: number;
  /** S, pixels a side */
  readonly imageSize: number;
  readonly bands: number;
  readonly spectralPatch: number;
  readonly patch: number;
  readonly task: SpectralGptTask;
  /** Classes; 0 for pre-training. */
  readonly classes: number;
  /** One table for space and one for spectrum, added; otherwise one table for all tokens. */
  readonly separablePositions: boolean;
  /** Which tokens the scene tasks average. The released code leaves out the first, as if it were a class token. */
  readonly pooling: 'all' | 'all-but-first';
  /** Largest probability of leaving out a block's branch in training; grows linearly from 0 at the first block. */
  readonly dropPath: number;
  /** Dropout of the segmentation head: in the pyramid and pooling, and in the fusions. */
  readonly headDropout: { readonly pyramid: number; readonly fusion: number };
  readonly head: SegmentationHead;
  readonly maskRatio: number;
  readonly decoder: { readonly embedDim: number; readonly depth: number; readonly heads: number };
  readonly reconstruction: Reconstruction;
};

/**
 * The reconstruction loss: mean squared error over removed tokens, plus weighted errors of what all spectral groups of a
 * place, or all places of a spectral group, come to (visible tokens included).
 */
export type Reconstruction = {
  readonly overGroups: { readonly of: 'sum' | 'mean'; readonly weight: number } | undefined;
  readonly overPlaces: { readonly of: 'sum' | 'mean'; readonly weight: number } | undefined;
  /** Whether a removed token's target is brought to mean 0 and variance 1 (divided by n − 1) first. */
  readonly normalisedTokens: boolean;
};

/** By name: the loss as released, and the one that an older version of the authors' code has. */
export const reconstructions = {
  /** Token to token + spectral to spectral (sums over groups). */
  'two-target': {
    overGroups: { of: 'sum', weight: 1 },
    overPlaces: undefined,
    normalisedTokens: false,
  },
  /** Token to token + spatial (means over groups) + spectral (means over places). */
  'three-target': {
    overGroups: { of: 'mean', weight: 0.5 },
    overPlaces: { of: 'mean', weight: 0.5 },
    normalisedTokens: false,
  },
} as const satisfies Readonly<Record<string, Reconstruction>>;

/** Sizes by name. `tiny` is for tests, samples and small data on a processor; it is not in the paper. */
export const spectralGptSizes = {
  tiny: { embedDim: 96, depth: 4, heads: 4 },
  base: { embedDim: 768, depth: 12, heads: 12 },
  large: { embedDim: 1024, depth: 24, heads: 16 },
  huge: { embedDim: 1280, depth: 32, heads: 16 },
} as const;

/** Widths of the published head. */
export const officialHead: SegmentationHead = {
  levels: [
    { hidden: 512, out: 256 },
    { hidden: 512, out: 512 },
    { hidden: 1024, out: 1024 },
  ],
  deepest: 2048,
  fusion: 256,
};

type Chosen = Partial<SpectralGptConfig> & Pick<SpectralGptConfig, 'task' | 'classes'>;

/** The network of the released code (Base, 12 bands, 128 pixels) with any field replaced. */
export function officialSpectralGpt(chosen: Chosen): SpectralGptConfig {
  const { task } = chosen;
  const scene = task === 'scene' || task === 'multilabel';
  return {
    ...spectralGptSizes.base,
    imageSize: 128,
    bands: 12,
    spectralPatch: 3,
    patch: 8,
    separablePositions: !scene,
    pooling: 'all-but-first',
    dropPath: task === 'pretrain' ? 0 : scene ? 0.2 : 0.5,
    headDropout: { pyramid: task === 'change' ? 0 : 0.5, fusion: 0.5 },
    head: officialHead,
    maskRatio: 0.9,
    decoder: { embedDim: 512, depth: 4, heads: 16 },
    reconstruction: reconstructions['two-target'],
    ...chosen,
  };
}

/** Prismap's own setting: separable positions and all tokens pooled whatever the task, drop path as the only dropout. */
export function prismapSpectralGpt(chosen: Chosen): SpectralGptConfig {
  return officialSpectralGpt({
    separablePositions: true,
    pooling: 'all',
    dropPath: chosen.task === 'pretrain' ? 0 : 0.1,
    headDropout: { pyramid: 0, fusion: 0 },
    ...chosen,
  });
}

/** Spectral groups and cells a side. */
export function tokenGrid(config: SpectralGptConfig): {
  readonly groups: number;
  readonly side: number;
  readonly tokens: number;
} {
  const groups = config.bands / config.spectralPatch;
  const side = config.imageSize / config.patch;
  return { groups, side, tokens: groups * side * side };
}

/** @throws AppError `usage` for sizes that make no network, naming the first that does not fit */
export function checkSpectralGptConfig(config: SpectralGptConfig): void {
  const problem = problemOf(config);
  if (problem === undefined) return;
  throw new AppError('usage', `This SpectralGPT cannot be built: ${problem}.`, { config });
}

function problemOf(config: SpectralGptConfig): string | undefined {
  const { embedDim, heads, bands, spectralPatch, imageSize, patch, depth } = config;
  const sizes = { embedDim, heads, bands, spectralPatch, imageSize, patch, depth };
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isSafeInteger(size) || size < 1)
      return `${name} is ${size}, not a whole number from 1`;
  if (embedDim % heads !== 0) return `width ${embedDim} is no multiple of ${heads} heads`;
  if (bands % spectralPatch !== 0)
    return `${bands} bands are no multiple of the spectral patch of ${spectralPatch}`;
  if (imageSize % patch !== 0)
    return `${imageSize} pixels a side are no multiple of the patch of ${patch}`;
  return config.task === 'pretrain' ? decoderProblem(config) : taskProblem(config);
}

function decoderProblem({ decoder, maskRatio }: SpectralGptConfig): string | undefined {
  if (decoder.embedDim % decoder.heads !== 0)
    return `the decoder's width ${decoder.embedDim} is no multiple of ${decoder.heads} heads`;
  return maskRatio > 0 && maskRatio < 1
    ? undefined
    : `the mask ratio is ${maskRatio}, not between 0 and 1`;
}

function taskProblem({ task, classes, patch }: SpectralGptConfig): string | undefined {
  if (!Number.isSafeInteger(classes) || classes < 2) return `${classes} classes; two are needed`;
  const dense = task === 'segmentation' || task === 'change';
  return dense && patch > 2 && patch % 4 !== 0
    ? `the pyramid of ${task} needs a patch of 1, 2 or a multiple of 4, not ${patch}`
    : undefined;
}
