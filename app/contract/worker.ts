import { z } from 'zod';
import { call } from './call.ts';
import { computeOptions, queue, uri } from './common.ts';
import { summaries } from './summaries.ts';

const count = z.int().nonnegative();

/** Maps scenes for batches that were started elsewhere. */
export const worker = call(
  summaries.worker,
  z.strictObject({
    queue: queue.describe('Redis server of the batch: redis://[:PASSWORD@]HOST:PORT[/DATABASE]'),
    folder: uri
      .optional()
      .describe('where the folder of scenes lies here, if elsewhere than for the batch'),
    out: uri
      .optional()
      .describe('where the folder of results lies here, if elsewhere than for the batch'),
    model: uri.optional().describe('where the model lies here, if elsewhere than for the batch'),
    jobs: z.int().min(1).max(64).default(1).describe('scenes that are mapped at a time'),
    lease: z
      .number()
      .min(1)
      .max(3600)
      .default(30)
      .describe('seconds without a sign of this worker after which another takes its scenes'),
    idle: z
      .number()
      .min(1)
      .max(86_400)
      .optional()
      .describe('end after so many seconds without work'),
    timeout: z
      .int()
      .min(1)
      .max(86_400)
      .default(1800)
      .describe('seconds without a sign of progress after which a scene is given up'),
    threads: computeOptions.threads,
    metrics: z
      .string()
      .regex(/^(\[?[\w.:-]+\]?:)?\d{1,5}$/, 'PORT or HOST:PORT is needed')
      .optional()
      .describe('answer Prometheus on this port, PORT (of this machine only) or HOST:PORT'),
  }),
  z.object({
    /** Scenes, and parts of large ones, that were mapped here. */
    done: count,
    failed: count,
    /** Results that came too late: another worker had taken the scene. */
    late: count,
    seconds: z.number(),
  }),
);
