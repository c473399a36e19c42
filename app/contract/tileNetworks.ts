import { z } from 'zod';

const size = z.int().min(1).max(1_000_000);
const finite = z.number();
const part = z.strictObject({ of: z.enum(['sum', 'mean']), weight: finite }).optional();
const level = z.strictObject({ hidden: size, out: size });
const share = finite.min(0).max(0.95);
const headDropout = z.strictObject({ pyramid: share, fusion: share });
const head = z.strictObject({
  levels: z.tuple([level, level, level]),
  deepest: size,
  fusion: size,
});
const tasks = ['scene', 'multilabel', 'segmentation', 'change'] as const;

/** What all networks over tiles state. */
const common = {
  imageSize: size,
  bands: size,
  classes: z.int().min(0).max(65_535),
  headDropout,
};

const transformer = {
  embedDim: size,
  depth: size,
  heads: size,
  patch: size,
  dropPath: share,
  head,
};

/** Every field of a SpectralGPT network (app/model/spectralGpt/configuration.ts). */
export const spectralGptNetwork = z.strictObject({
  ...common,
  ...transformer,
  spectralPatch: size,
  task: z.enum(['pretrain', ...tasks]),
  separablePositions: z.boolean(),
  pooling: z.enum(['all', 'all-but-first']),
  maskRatio: finite.gt(0).lt(1),
  decoder: z.strictObject({ embedDim: size, depth: size, heads: size }),
  reconstruction: z.strictObject({
    overGroups: part,
    overPlaces: part,
    normalisedTokens: z.boolean(),
  }),
});

/** Every field of a plain vision transformer or SatMAE (app/model/baselines/vit.ts). */
export const vitNetwork = z.strictObject({
  ...common,
  ...transformer,
  task: z.enum(tasks),
  groups: z.array(z.array(z.int().nonnegative()).min(1)).min(1).optional(),
  groupEmbedding: z.int().nonnegative().max(1_000_000),
});

/** Every field of a ResNet-50 (app/model/baselines/resnet.ts). */
export const resnetNetwork = z.strictObject({ ...common, task: z.enum(tasks), fusion: size });
