import { z } from 'zod';
import { batch } from './batch.ts';
import { call } from './call.ts';
import { change } from './change.ts';
import { accuracy, area, classFigures, computeOptions, uri } from './common.ts';
import { compare } from './compare.ts';
import { diagnostics } from './diagnostics.ts';
import { pretrain } from './pretrain.ts';
import { queue } from './queue.ts';
import { replay } from './replay.ts';
import { keyCreate, sign, verify } from './sign.ts';
import { summaries } from './summaries.ts';
import { train } from './train.ts';
import { worker } from './worker.ts';

const integer = z.int().nonnegative();
const window = z.tuple([integer, integer, z.int().positive(), z.int().positive()]);

const doctor = call(
  summaries.doctor,
  z.strictObject({ engine: computeOptions.engine, threads: computeOptions.threads }),
  z.object({
    engine: z.string(),
    device: z.string(),
    versions: z.record(z.string(), z.string()),
    cores: integer,
    memoryBytes: z.number(),
    matmulGflops: z.number(),
    fused: z.array(z.string()),
    problems: z.array(z.object({ part: z.string(), message: z.string(), cure: z.string() })),
  }),
);

const info = call(
  summaries.info,
  z.strictObject({
    scene: uri.describe(
      'file, SAFE folder, ENVI header, URL of a COG, or band files joined by commas',
    ),
    stats: z.boolean().default(false).describe('compute statistics of every band'),
    sample: z
      .array(z.tuple([integer, integer]))
      .default([])
      .describe('pixel column X and row Y whose values are wanted'),
  }),
  z.object({
    format: z.string(),
    width: integer,
    height: integer,
    bands: z.array(
      z.object({
        name: z.string(),
        wavelengthNm: z.number().optional(),
        fwhmNm: z.number().optional(),
        dtype: z.string(),
        nodata: z.union([z.number(), z.literal('nan')]).optional(),
        scale: z.number(),
        offset: z.number(),
        unit: z.string().optional(),
        bad: z.boolean().optional(),
        min: z.number().optional(),
        max: z.number().optional(),
        mean: z.number().optional(),
        std: z.number().optional(),
        validPercent: z.number().optional(),
      }),
    ),
    crs: z.string().optional(),
    geotransform: z.array(z.number()).length(6).optional(),
    overviews: z.array(z.object({ width: integer, height: integer })),
    classes: z.array(z.object({ value: z.number(), name: z.string() })).optional(),
    metadata: z.record(z.string(), z.string()),
    samples: z
      .array(z.object({ x: integer, y: integer, values: z.array(z.number().nullable()) }))
      .optional(),
  }),
);

const sample = call(
  summaries.sample,
  z.strictObject({
    dir: uri.describe('folder to write into'),
    kind: z
      .enum(['hyperspectral', 'sentinel2', 'pair'])
      .default('hyperspectral')
      .describe('kind of scene'),
    size: z.int().min(64).max(20000).optional().describe('width and height in pixels'),
    seed: computeOptions.seed,
  }),
  z.object({
    scene: z.string(),
    rois: z.string(),
    reference: z.string(),
    second: z.string().optional(),
    change: z.string().optional(),
  }),
);

const predict = call(
  summaries.predict,
  z.strictObject({
    model: uri.describe('folder made by train'),
    scene: uri.describe('scene to map'),
    out: uri.describe('class map to write (COG)'),
    window: window.optional().describe('only this window: X Y WIDTH HEIGHT in pixels'),
    within: uri.optional().describe('only inside the polygons of this file'),
    probabilities: uri.optional().describe('also write the score of every class'),
    score: uri.optional().describe('also write the score of the class chosen'),
    vector: uri.optional().describe('also write the map as polygons (GeoPackage)'),
    preview: uri.optional().describe('also write a small PNG'),
    flips: z
      .boolean()
      .default(false)
      .describe('mean over all flips and rotations of each tile: steadier, eight times the work'),
    stride: z
      .int()
      .min(1)
      .max(65536)
      .optional()
      .describe(
        'pixels from tile to tile, for a model that names whole tiles; their side where absent',
      ),
    compression: z
      .enum(['deflate', 'zstd', 'none'])
      .default('deflate')
      .describe('compression of the rasters'),
    resume: z.boolean().default(false).describe('continue a run that was stopped'),
    force: z
      .boolean()
      .default(false)
      .describe('map although the bands do not meet the model card; recorded'),
    engine: computeOptions.engine,
    threads: computeOptions.threads,
  }),
  z.object({
    map: z.string(),
    tiles: integer,
    seconds: z.number(),
    peakRssBytes: z.number(),
    seam: z.number().optional(),
    areas: z.array(area),
    nodataPixels: integer,
    engine: z.string(),
    warnings: z.array(z.string()),
    manifest: z.string(),
  }),
);

const evaluate = call(
  summaries.evaluate,
  z.strictObject({
    map: uri.describe('class map'),
    reference: uri.describe('reference: label raster or polygons'),
    classField: z.string().optional().describe('field of the reference that names the class'),
    layer: z.string().optional().describe('layer of the reference file'),
    baseline: uri.optional().describe('map of another model, to show beside it in the report'),
    exclude: uri.optional().describe('ROIs whose pixels are left out, as those used in training'),
    report: uri.optional().describe('HTML report to write'),
    csv: uri.optional().describe('confusion matrix as CSV'),
  }),
  z.object({
    confusion: z.object({
      classes: z.array(z.string()),
      rows: z.literal('reference'),
      columns: z.literal('map'),
      matrix: z.array(z.array(integer)),
    }),
    ...accuracy.shape,
    perClass: z.array(classFigures),
    areaAdjusted: z
      .array(z.object({ class: z.string(), hectares: z.number(), confidence95: z.number() }))
      .optional(),
    excludedPixels: integer,
    report: z.string().optional(),
    /** Record of the run, beside the report or the CSV. */
    manifest: z.string().optional(),
    warnings: z.array(z.string()),
  }),
);

const modelRun = call(
  summaries['model run'],
  z.strictObject({
    config: uri.describe('CONFIG.json'),
    weights: uri.describe('weights: .safetensors, or a checkpoint (.pth)'),
    input: uri.describe('input tensors: .safetensors or .pth'),
    out: uri.describe('output tensors, safetensors'),
    outputs: z.array(z.string()).default([]).describe('names of the outputs wanted'),
    engine: computeOptions.engine,
    threads: computeOptions.threads,
  }),
  z.object({ outputs: z.array(z.object({ name: z.string(), shape: z.array(integer) })) }),
);

const tensorList = z.array(
  z.object({ name: z.string(), dtype: z.string(), shape: z.array(integer) }),
);

const weightsInspect = call(
  summaries['weights inspect'],
  z.strictObject({ file: uri.describe('.pth or .safetensors file') }),
  z.object({
    format: z.string(),
    tensors: tensorList,
    metadata: z.record(z.string(), z.string()),
  }),
);

const weightsConvert = call(
  summaries['weights convert'],
  z.strictObject({
    file: uri.describe('.pth or .safetensors file'),
    out: uri.describe('.safetensors file to write'),
    model: z
      .enum(['spectralgpt', 'resnet50', 'vit', 'satmae'])
      .optional()
      .describe('only the tensors of this network, under its published names'),
  }),
  z.object({
    file: z.string(),
    bytes: integer,
    tensors: tensorList,
    leftOut: z.array(z.object({ name: z.string(), reason: z.string() })),
  }),
);

/** Every call of the application. */
export const api = {
  doctor,
  info,
  sample,
  train,
  predict,
  change,
  batch,
  worker,
  queue,
  evaluate,
  compare,
  pretrain,
  replay,
  sign,
  verify,
  'key create': keyCreate,
  diagnostics,
  'model run': modelRun,
  'weights inspect': weightsInspect,
  'weights convert': weightsConvert,
} as const;

export type Api = typeof api;
export type CallName = keyof Api;
export type Input<Name extends CallName> = z.output<Api[Name]['input']>;
export type Output<Name extends CallName> = z.output<Api[Name]['output']>;
