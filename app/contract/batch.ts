import { z } from 'zod';
import { call } from './call.ts';
import { computeOptions, queue, uri } from './common.ts';
import { summaries } from './summaries.ts';

const count = z.int().nonnegative();
const globs = z.array(z.string().min(1).max(300)).max(100).default([]);

/** What is known of a scene of a batch: in its summary, and while it runs. */
export const batchSceneSummary = z.object({
  /** Path from the folder of scenes, with `/`. */
  scene: z.string(),
  /** A summary knows no running ones: it is written when nothing runs. */
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  error: z.object({ code: z.string(), message: z.string() }).readonly().optional(),
  /** `YYYY-MM-DD` */
  date: z.string().optional(),
  /** Path from the folder of results. */
  map: z.string().optional(),
  areas: z
    .array(
      z
        .object({ class: z.string(), pixels: z.number(), hectares: z.number().optional() })
        .readonly(),
    )
    .readonly(),
  nodataPixels: z.number(),
  seconds: z.number(),
});

export type BatchSceneSummary = Readonly<z.infer<typeof batchSceneSummary>>;

/** One recipe over a folder of scenes. */
export const batch = call(
  summaries.batch,
  z.strictObject({
    folder: uri.describe(
      'folder of scenes; folders in it count; or a text file with one http(s):// or s3:// address of a GeoTIFF in each line',
    ),
    recipe: uri.describe('how each scene is mapped: model, settings, post-processing, outputs'),
    out: uri.optional().describe('folder of the results; FOLDER/prismap-maps where absent'),
    pattern: globs.describe('only scenes whose path matches, as "2024/**/*.tif"; may repeat'),
    exclude: globs.describe('leave out what matches; may repeat'),
    first: globs.describe('what matches is mapped before the rest; may repeat, the first wins'),
    jobs: z.int().min(1).max(64).default(1).describe('scenes that are mapped at a time'),
    onError: z
      .enum(['skip', 'stop'])
      .default('skip')
      .describe('what a scene that fails does to the others'),
    retries: z
      .int()
      .min(0)
      .max(10)
      .default(1)
      .describe('further tries where a process died or the network failed'),
    timeout: z
      .int()
      .min(1)
      .max(86_400)
      .default(1800)
      .describe('seconds without a sign of progress after which a scene is given up'),
    watch: z.boolean().default(false).describe('wait for more scenes until Ctrl+C'),
    settle: z
      .number()
      .min(0)
      .max(3600)
      .default(10)
      .describe('seconds that a new file must not change before it is taken, with --watch'),
    check: z.boolean().default(false).describe('only check all scenes and say what would be done'),
    fresh: z.boolean().default(false).describe('map all scenes anew'),
    queue: queue
      .optional()
      .describe('let workers map, on any machines, that take scenes from this Redis server'),
    split: z
      .number()
      .min(0.001)
      .max(1e6)
      .default(64)
      .describe('megapixels from which workers share a scene, with --queue'),
    engine: computeOptions.engine,
    threads: computeOptions.threads,
  }),
  z.object({
    /** Scenes mapped by this start. */
    done: count,
    failed: z.array(z.object({ scene: z.string(), code: z.string(), message: z.string() })),
    /** Scenes that an earlier start had mapped. */
    skipped: count,
    /** Scenes that were not come to: checked only, or the batch was stopped. */
    waiting: count,
    seconds: z.number(),
    report: z.string(),
    summary: z.string(),
    table: z.string(),
    collection: z.string().optional(),
    mosaics: z.array(z.string()),
    warnings: z.array(z.string()),
  }),
);
