import { z } from 'zod';
import { call } from './call.ts';
import { computeOptions, uri } from './common.ts';
import { summaries } from './summaries.ts';

/** One task of a comparison: a name, and what `train` is given beside model, seed and folder. */
export const comparedTask = z.looseObject({ name: z.string().min(1).max(80) });

/** The file that names the tasks of a comparison. */
export const comparison = z.strictObject({ tasks: z.array(comparedTask).min(1).max(50) });

/** Several models on the same tasks and the same splits, with several seeds. */
export const compare = call(
  summaries.compare,
  z.strictObject({
    tasks: uri.describe(
      'tasks to compare on: a list "tasks", each with a name and options of train',
    ),
    model: z
      .array(z.string().min(1))
      .min(1)
      .max(50)
      .describe('kind of model, or KIND@WEIGHTS to start from weights; may repeat'),
    out: uri.describe('folder of the models and the table'),
    seeds: z.int().min(1).max(100).default(3).describe('runs of each model, with seeds from 0'),
    splitBySeed: z
      .boolean()
      .default(false)
      .describe('each seed divides the samples anew, alike for all models: where they are few'),
    resume: z.boolean().default(false).describe('keep what was finished, and go on'),
    engine: computeOptions.engine,
    threads: computeOptions.threads,
  }),
  z.object({
    rows: z.array(
      z.object({
        task: z.string(),
        model: z.string(),
        /** What is compared: oa, miou, f1, mapMacro. */
        metric: z.string(),
        values: z.array(z.number()),
        mean: z.number(),
        /** Sample standard deviation; absent for one run. */
        deviation: z.number().optional(),
        /** Seconds of one run, on average. */
        seconds: z.number(),
      }),
    ),
    failed: z.array(
      z.object({
        task: z.string(),
        model: z.string(),
        seed: z.number(),
        code: z.string(),
        message: z.string(),
      }),
    ),
    table: z.string(),
    report: z.string(),
  }),
);
