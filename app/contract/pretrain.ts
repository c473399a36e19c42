import { z } from 'zod';
import { call } from './call.ts';
import { computeOptions, uri } from './common.ts';
import { summaries } from './summaries.ts';

/** Masked pre-training of a tile model. */
export const pretrain = call(
  summaries.pretrain,
  z.strictObject({
    scenes: uri.describe('folder of scenes; those in it are found'),
    model: z.enum(['spectralgpt']).default('spectralgpt').describe('kind of model'),
    preset: z
      .enum(['tiny', 'base', 'large', 'huge'])
      .default('tiny')
      .describe('size and plan; tiny is for a processor'),
    setting: z
      .enum(['prismap', 'official'])
      .default('prismap')
      .describe('official = as the released code, oddities included'),
    scaling: z
      .enum(['standard', 'whitened'])
      .optional()
      .describe(
        'how values are brought to one range: standard where absent, or whitened, as train has it; as its weights have it with --init',
      ),
    out: uri.describe('folder of the model'),
    recipe: uri
      .optional()
      .describe('stages one after the other: sizes, resolutions, dates, regions (YAML or JSON)'),
    init: uri.optional().describe('model or checkpoint to go on from'),
    epochs: z.int().min(1).max(100_000).optional().describe('rounds over the tiles'),
    tiles: z.int().min(1).max(10_000_000).optional().describe('tiles drawn an epoch'),
    batch: z.int().min(1).max(65_536).optional().describe('tiles of one step'),
    imageSize: z.int().min(8).max(1024).optional().describe('pixels a side of a tile'),
    patch: z.int().min(1).max(64).optional().describe('pixels a side of one token'),
    spectralPatch: z.int().min(1).max(1000).optional().describe('bands of one token'),
    maskRatio: z.number().gt(0).lt(1).default(0.9).describe('share of the tokens taken out'),
    loss: z
      .enum(['two-target', 'three-target'])
      .default('two-target')
      .describe('reconstruction targets'),
    resume: z.boolean().default(false).describe('continue a run that was stopped'),
    ...computeOptions,
  }),
  z.object({
    weights: z.string(),
    epochs: z.int().positive(),
    loss: z.number(),
    scenes: z.int().positive(),
    /** Of the removed tokens: share of the variance inside each band that the reconstruction explains. */
    explained: z.array(z.object({ band: z.string(), share: z.number() })),
    report: z.string(),
    seconds: z.number(),
    samplesPerSecond: z.number(),
    engine: z.string(),
    warnings: z.array(z.string()),
    manifest: z.string(),
  }),
);
