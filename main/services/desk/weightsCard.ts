import { z } from 'zod';

/** Name of the file that says what imported weights are. */
export const weightsCardName = 'weights.json';

const count = z.int().nonnegative();

/** Lies beside imported weights, which have no model card: nobody knows what they were trained on. */
export const weightsCard = z.strictObject({
  format: z.literal('prismap-weights'),
  version: z.literal(1),
  name: z.string(),
  /** The file that they came from. */
  source: z.string(),
  /** ISO 8601. */
  imported: z.string(),
  licence: z.string(),
  network: z.strictObject({
    /** Absent in cards of before 2026-11-23, which are all of SpectralGPT. */
    family: z.enum(['spectralgpt', 'resnet50', 'vit', 'satmae']).default('spectralgpt'),
    size: z.string().optional(),
    width: count,
    depth: count,
    bands: count,
    spectralPatch: count.optional(),
    tile: count.optional(),
    decoder: z.boolean(),
    classes: count.optional(),
    elsewhere: count,
  }),
});

export type WeightsCard = z.infer<typeof weightsCard>;
