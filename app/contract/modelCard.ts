import { z } from 'zod';

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const positive = z.int().min(1).max(1_000_000);
const finite = z.number();
const figure = finite.min(-1).max(1).optional();

/** A band that the model reads, in order, and how its samples become the physical values it was trained on. */
export const cardBand = z.strictObject({
  name: z.string(),
  wavelengthNm: finite.positive().optional(),
  fwhmNm: finite.positive().optional(),
  /** Physical value = sample · scale + offset in the training scene. */
  scale: finite,
  offset: finite,
  unit: z.string().optional(),
  /** Range of physical values seen in training, to tell a scene in other units. */
  range: z.tuple([finite, finite]).optional(),
});

export const cardClass = z.strictObject({
  value: z.int().min(1).max(65535),
  name: z.string(),
  color: z.tuple([z.int(), z.int(), z.int()]),
  macroclass: z.string().optional(),
});

const normalisation = z.strictObject({
  views: z
    .array(
      z.strictObject({
        view: z.enum(['value', 'shape', 'slope']),
        mean: z.array(finite),
        std: z.array(finite.positive()),
      }),
    )
    .min(1)
    .max(8),
});

const spectralMambaNetwork = z.strictObject({
  bands: positive,
  classes: positive,
  patch: z.union([z.literal(1), z.literal(3)]),
  pieces: positive,
  width: positive,
  depth: positive,
  expand: positive,
  states: positive,
  kernel: positive,
  timeRank: positive,
  gssm: z.enum(['sum', 'mean']),
  pooling: z.enum(['mean', 'last']),
  direction: z.enum(['forward', 'both']),
  views: positive,
  dropout: finite.min(0).max(0.95),
});

/** A file that a model was made of. */
export const file = z.strictObject({ path: z.string(), sha256: sha256.optional() });

/** On the validation part, fractions of 1. */
export const cardFigures = z.strictObject({
  oa: figure,
  aa: figure,
  kappa: figure,
  miou: figure,
  f1: figure,
  precision: figure,
  recall: figure,
  mapMacro: figure,
  mapMicro: figure,
  f1Micro: figure,
});

/** Everything about a trained model but its numbers: what it needs, what it was made of, how good it is. */
export const modelCard = z.strictObject({
  format: z.literal('prismap-model'),
  version: z.literal(1),
  name: z.string(),
  /** As shown to people, e.g. `SpectralMamba (re-implementation)`. */
  title: z.string(),
  family: z.enum(['spectralmamba', 'forest']),
  preset: z.string().optional(),
  config: z.union([spectralMambaNetwork, z.strictObject({ bands: positive, classes: positive })]),
  /** Networks whose probabilities are averaged; their weights are called `member.i.…` where there are several. */
  members: z.int().min(1).max(32),
  bands: z.array(cardBand).min(1).max(65535),
  classes: z.array(cardClass).min(2).max(65535),
  normalisation,
  /** Metres a pixel in the training scene. */
  resolution: finite.positive().optional(),
  training: z.strictObject({
    scenes: z.array(file),
    /** Bands of the training scene, those included that the model leaves out. */
    sceneBands: z.int().optional(),
    rois: z.array(file),
    samples: z.strictObject({ training: z.int(), validation: z.int() }),
    /** By class, in the order of `classes`. */
    trainingByClass: z.array(z.int()).optional(),
    split: z.string(),
    settings: z.record(z.string(), z.unknown()),
    seed: z.int(),
    epochs: z.int(),
    bestEpoch: z.int(),
  }),
  figures: cardFigures,
  engine: z.strictObject({
    engine: z.string(),
    device: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
  licence: z.string(),
  created: z.string().optional(),
  /** SHA-256 of the weights file beside the card. */
  weightsSha256: sha256,
});

export type ModelCard = z.infer<typeof modelCard>;
export type CardBand = z.infer<typeof cardBand>;
