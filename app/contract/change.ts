import { z } from 'zod';
import { call } from './call.ts';
import { computeOptions, uri } from './common.ts';
import { summaries } from './summaries.ts';

const integer = z.int().nonnegative();

/** How the two dates lie over each other and how their light compares; what could not be measured is absent. */
const alignment = z.object({
  resampled: z.string().optional(),
  overlap: z.number(),
  registration: z
    .object({ x: z.number(), y: z.number(), spread: z.number(), windows: integer })
    .optional(),
  radiometry: z
    .object({
      unchanged: z.number(),
      bands: z.array(
        z.object({
          name: z.string(),
          gain: z.number(),
          offset: z.number(),
          difference: z.number(),
          correlation: z.number(),
        }),
      ),
    })
    .optional(),
  normalised: z.boolean(),
});

/** Change between two dates. */
export const change = call(
  summaries.change,
  z.strictObject({
    model: uri.describe('folder made by train --task change'),
    before: uri.describe('scene of the earlier date; the map lies on its grid'),
    after: uri.describe('scene of the later date; resampled where it lies on another grid'),
    out: uri.describe('map of changed and unchanged pixels to write (COG)'),
    probability: uri
      .optional()
      .describe('probability of change to write; beside the map where absent'),
    threshold: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe('probability from which a pixel is changed; that of the model where absent'),
    minimumArea: z
      .number()
      .nonnegative()
      .default(0)
      .describe('hectares (pixels where the scene has no place) below which a patch is left out'),
    vector: uri.optional().describe('also write changed patches as polygons (GeoPackage)'),
    beforeMap: uri.optional().describe('class map of the earlier date, for from-to classes'),
    afterMap: uri.optional().describe('class map of the later date'),
    classesModel: uri
      .optional()
      .describe('model that maps the classes of both dates, instead of maps'),
    flips: z
      .boolean()
      .default(false)
      .describe('mean over all flips and rotations of each tile: steadier, eight times the work'),
    report: uri.optional().describe('HTML report to write'),
    window: z
      .tuple([integer, integer, z.int().positive(), z.int().positive()])
      .optional()
      .describe('only this window: X Y WIDTH HEIGHT in pixels of the earlier date'),
    within: uri.optional().describe('only inside the polygons of this file'),
    resampling: z
      .enum(['nearest', 'bilinear', 'cubic'])
      .default('bilinear')
      .describe('how a later date on another grid is resampled'),
    normalise: z
      .boolean()
      .default(false)
      .describe('bring the light of the later date to that of the earlier; as in training'),
    compression: z
      .enum(['deflate', 'zstd', 'none'])
      .default('deflate')
      .describe('compression of the rasters'),
    resume: z.boolean().default(false).describe('continue a run that was stopped'),
    engine: computeOptions.engine,
    threads: computeOptions.threads,
  }),
  z.object({
    map: z.string(),
    probability: z.string(),
    threshold: z.number(),
    changedPixels: integer,
    unchangedPixels: integer,
    nodataPixels: integer,
    changedHectares: z.number().optional(),
    polygons: integer.optional(),
    /** Changed pixels by their classes on the two dates. */
    transitions: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        pixels: integer,
        hectares: z.number().optional(),
      }),
    ),
    /** Share of the unchanged pixels to which the two class maps give different classes. */
    disagreement: z.number().optional(),
    alignment,
    /** Step of probability across joins of tiles beside that elsewhere: 1 = no seam. */
    seam: z.number().optional(),
    tiles: integer,
    seconds: z.number(),
    peakRssBytes: z.number(),
    engine: z.string(),
    warnings: z.array(z.string()),
    report: z.string().optional(),
    manifest: z.string(),
  }),
);
