import { z } from 'zod';
import { call } from './call.ts';
import { uri } from './common.ts';
import { summaries } from './summaries.ts';

/** A recorded run again. */
export const replay = call(
  summaries.replay,
  z.strictObject({
    manifest: uri.describe(
      'record of a run: MAP.tif.json, the map itself, the folder of a model, or REPORT.html.json',
    ),
    out: uri
      .optional()
      .describe('folder to keep the new results in; thrown away after comparing where absent'),
  }),
  z.object({
    identical: z.boolean(),
    /** What is not the same, the inputs first. */
    differences: z.array(
      z.object({
        kind: z.enum(['input', 'output', 'figure']),
        name: z.string(),
        /** What is different in it, in words. */
        message: z.string(),
      }),
    ),
    command: z.string(),
    /** What the machine and the program had in common or not: no difference by itself. */
    notes: z.array(z.string()),
    /** Files that were compared, byte by byte. */
    compared: z.array(z.string()),
    seconds: z.number(),
  }),
);
