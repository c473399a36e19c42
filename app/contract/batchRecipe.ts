import { z } from 'zod';
import { computeOptions, uri } from './common.ts';

/** Settings of `predict` that a recipe may fix. */
const settings = z.strictObject({
  window: z
    .tuple([z.int().nonnegative(), z.int().nonnegative(), z.int().positive(), z.int().positive()])
    .optional(),
  within: uri.optional(),
  flips: z.boolean().default(false),
  stride: z.int().min(1).max(65536).optional(),
  compression: z.enum(['deflate', 'zstd', 'none']).default('deflate'),
  force: z.boolean().default(false),
  engine: computeOptions.engine,
  threads: computeOptions.threads,
});

/** What is done to a class map before it is written, in this order. */
const postprocess = z.strictObject({
  /** Side of the square window whose most frequent class a pixel takes; odd. */
  majority: z
    .int()
    .min(3)
    .max(31)
    .refine((side) => side % 2 === 1, 'an odd number is needed, as 3 or 5')
    .optional(),
  /** Patches of fewer pixels take the class of the largest beside them. */
  sieve: z.int().min(2).max(1_000_000).optional(),
  /** The same by hectares; needs a scene with a coordinate system. */
  minimumArea: z.number().positive().max(1e6).optional(),
});

export type Postprocess = z.output<typeof postprocess>;

const template = z.string().min(1).max(300);

/** Names by template, under the folder of results. `map` is always written, the others where they are named. */
const outputs = z.strictObject({
  map: template.default('{folder}/{name}.tif'),
  score: template.optional(),
  probabilities: template.optional(),
  /** Polygons of the finished map, GeoPackage. */
  vector: template.optional(),
  preview: template.optional(),
});

export type OutputTemplates = z.output<typeof outputs>;

/** The file that says how each scene of a batch is mapped. */
export const batchRecipe = z.strictObject({
  model: uri,
  settings: settings.prefault({}),
  postprocess: postprocess.prefault({}),
  outputs: outputs.prefault({}),
  /** STAC items and a collection. */
  stac: z.boolean().default(true),
  /** A VRT over all maps. */
  mosaic: z.boolean().default(true),
});

export type BatchRecipe = z.output<typeof batchRecipe>;
