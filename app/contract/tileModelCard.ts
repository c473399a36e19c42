import { z } from 'zod';
import { cardBand, cardClass, cardFigures, file, sha256 } from './modelCard.ts';
import { resnetNetwork, spectralGptNetwork, vitNetwork } from './tileNetworks.ts';

const size = z.int().min(1).max(1_000_000);
const finite = z.number();

const tileScaling = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['two-sigma', 'standard']),
    mean: z.array(finite),
    std: z.array(finite.positive()),
  }),
  z.strictObject({
    kind: z.literal('whitened'),
    mean: z.array(finite),
    std: z.array(finite.positive()),
    mixing: z.array(z.array(finite)),
  }),
  z.strictObject({ kind: z.literal('min-max'), epsilon: finite.min(0) }),
]);

const common = {
  format: z.literal('prismap-model'),
  version: z.literal(1),
  name: z.string(),
  title: z.string(),
  /** `official` reproduces the released code, oddities included. */
  setting: z.enum(['official', 'prismap']),
  preset: z.string(),
  bands: z.array(cardBand).min(1).max(65_535),
  /** Empty for a model that was only pre-trained. */
  classes: z.array(cardClass).max(65_535),
  scaling: tileScaling,
  /** Metres a pixel in the training scenes. */
  resolution: finite.positive().optional(),
  /** Of a model that names whole tiles: pixels a side that they had in the training data. */
  tileSide: size.optional(),
  /** Of a model of change: the probability from which a pixel is changed that was best on the validation part. */
  threshold: finite.gt(0).lt(1).optional(),
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
};

/** The card of a model that sees tiles: what it needs, what it was made of, how good it is. */
export const tileModelCard = z.discriminatedUnion('family', [
  z.strictObject({ ...common, family: z.literal('spectralgpt'), config: spectralGptNetwork }),
  z.strictObject({ ...common, family: z.literal('vit'), config: vitNetwork }),
  z.strictObject({ ...common, family: z.literal('satmae'), config: vitNetwork }),
  z.strictObject({ ...common, family: z.literal('resnet50'), config: resnetNetwork }),
]);

export type TileModelCard = z.infer<typeof tileModelCard>;
