import { z } from 'zod';
import { cardBand, cardClass, cardFigures, file, sha256 } from './modelCard.ts';

const size = z.int().min(1).max(1_000_000);
const finite = z.number();
const part = z.strictObject({ of: z.enum(['sum', 'mean']), weight: finite }).optional();
const level = z.strictObject({ hidden: size, out: size });

/** Every field of a SpectralGPT network (app/model/spectralGpt/configuration.ts). */
export const spectralGptNetwork = z.strictObject({
  embedDim: size,
  depth: size,
  heads: size,
  imageSize: size,
  bands: size,
  spectralPatch: size,
  patch: size,
  task: z.enum(['pretrain', 'scene', 'multilabel', 'segmentation', 'change']),
  classes: z.int().min(0).max(65_535),
  separablePositions: z.boolean(),
  pooling: z.enum(['all', 'all-but-first']),
  dropPath: finite.min(0).max(0.95),
  headDropout: z.strictObject({
    pyramid: finite.min(0).max(0.95),
    fusion: finite.min(0).max(0.95),
  }),
  head: z.strictObject({ levels: z.tuple([level, level, level]), deepest: size, fusion: size }),
  maskRatio: finite.gt(0).lt(1),
  decoder: z.strictObject({ embedDim: size, depth: size, heads: size }),
  reconstruction: z.strictObject({
    overGroups: part,
    overPlaces: part,
    normalisedTokens: z.boolean(),
  }),
});

const tileScaling = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('two-sigma'),
    mean: z.array(finite),
    std: z.array(finite.positive()),
  }),
  z.strictObject({ kind: z.literal('min-max'), epsilon: finite.min(0) }),
]);

/** The card of a model that sees tiles: what it needs, what it was made of, how good it is. */
export const tileModelCard = z.strictObject({
  format: z.literal('prismap-model'),
  version: z.literal(1),
  name: z.string(),
  title: z.string(),
  family: z.literal('spectralgpt'),
  /** `official` reproduces the released code, oddities included. */
  setting: z.enum(['official', 'prismap']),
  preset: z.string(),
  config: spectralGptNetwork,
  bands: z.array(cardBand).min(1).max(65_535),
  /** Empty for a model that was only pre-trained. */
  classes: z.array(cardClass).max(65_535),
  scaling: tileScaling,
  /** Metres a pixel in the training scenes. */
  resolution: finite.positive().optional(),
  /** Of a model that names whole tiles: pixels a side that they had in the training data. */
  tileSide: size.optional(),
  training: z.strictObject({
    scenes: z.array(file),
    labels: z.array(file),
    samples: z.strictObject({ training: z.int(), validation: z.int() }),
    split: z.string(),
    settings: z.record(z.string(), z.unknown()),
    seed: z.int(),
    epochs: z.int(),
    bestEpoch: z.int(),
    /** Where the weights started: a model, a checkpoint, or nothing. */
    start: z.string().optional(),
  }),
  figures: cardFigures,
  engine: z.strictObject({
    engine: z.string(),
    device: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
  licence: z.string(),
  weightsSha256: sha256,
});

export type TileModelCard = z.infer<typeof tileModelCard>;
