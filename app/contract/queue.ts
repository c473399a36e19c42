import { z } from 'zod';
import { call } from './call.ts';
import { queue as address } from './common.ts';
import { summaries } from './summaries.ts';

const count = z.int().nonnegative();

/** A queue of several machines, seen from any of them. */
export const queue = call(
  summaries.queue,
  z.strictObject({
    address: address.describe('Redis server: redis://[:PASSWORD@]HOST:PORT[/DATABASE]'),
    pause: z
      .boolean()
      .default(false)
      .describe('workers take nothing new; what they are at is finished'),
    resume: z.boolean().default(false).describe('workers take scenes again'),
    cancel: z
      .boolean()
      .default(false)
      .describe('take the batch out of the queue; started again, it goes on'),
  }),
  z.object({
    queue: z.string(),
    /** The batch that is there: its folder of results and the machine that it was started on. */
    batch: z.object({ out: z.string(), host: z.string() }).optional(),
    paused: z.boolean(),
    workers: count,
    waiting: count,
    running: count,
    /** Answered, and not yet seen by the batch. */
    answered: count,
    /** Was taken out just now. */
    cancelled: z.boolean(),
  }),
);
