import { z } from 'zod';
import { batchSceneSummary } from '../batch.ts';
import { batchRecipe } from '../batchRecipe.ts';
import { call } from '../call.ts';
import { uri } from '../common.ts';

const count = z.int().nonnegative();

/** A scene of a batch in the window's list. */
const listedScene = batchSceneSummary.extend({
  /** The map in full, where there is one. */
  uri: z.string().optional(),
});

export type ListedScene = Readonly<z.infer<typeof listedScene>>;

export const batchCalls = {
  'batch.scenes': call(
    'scenes of a batch, as they are now where it runs in this desk, else as its summary has them; failed ones first',
    z.strictObject({
      /** Folder of the results. */
      out: uri,
      state: z.enum(['waiting', 'running', 'done', 'failed']).optional(),
      /** Part of the names wanted. */
      name: z.string().max(200).default(''),
      from: count.default(0),
      count: z.int().min(1).max(200).default(50),
    }),
    z.object({
      counts: z.object({ waiting: count, running: count, done: count, failed: count }),
      /** Scenes that the question is about, of which `scenes` is a part. */
      found: count,
      scenes: z.array(listedScene),
      /** Areas of each class over all scenes that are done. */
      areas: batchSceneSummary.shape.areas,
      /** Rasters over all maps. */
      mosaics: z.array(z.string()),
      /** Absent before the first summary is written. */
      report: z.string().optional(),
    }),
  ),
  'recipe.read': call(
    'what a recipe file says, defaults filled in and its paths in full',
    z.strictObject({ path: uri }),
    z.object({ recipe: batchRecipe }),
  ),
  'recipe.write': call(
    'writes a recipe as the file (YAML) that the command line takes',
    z.strictObject({ path: uri, recipe: batchRecipe, overwrite: z.boolean().default(false) }),
    z.object({ path: z.string() }),
  ),
} as const;
