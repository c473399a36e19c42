import { z } from 'zod';
import { call } from './call.ts';
import { accuracy, classFigures, computeOptions, uri } from './common.ts';
import { summaries } from './summaries.ts';

const integer = z.int().nonnegative();

/** Training of a model of any kind, on ROIs, on tiles with labels, or on two dates. */
export const train = call(
  summaries.train,
  z.strictObject({
    scene: z.array(uri).default([]).describe('scene to train on; may repeat'),
    before: z.array(uri).default([]).describe('earlier date of a pair of scenes; may repeat'),
    after: z.array(uri).default([]).describe('later date, in the order of --before; may repeat'),
    rois: uri
      .optional()
      .describe('GeoJSON, GeoPackage, Shapefile or label raster; for change what changed'),
    dataset: uri.optional().describe('folder of tiles with labels, instead of scenes and ROIs'),
    layout: z
      .enum(['auto', 'folder', 'eurosat', 'bigearthnet', 'segmunich', 'oscd'])
      .default('auto')
      .describe('how the files of --dataset lie'),
    classField: z.string().optional().describe('field of the ROIs that names the class'),
    layer: z.string().optional().describe('layer of the ROI file'),
    model: z
      .enum(['spectralmamba', 'spectralgpt', 'resnet50', 'vit', 'satmae', 'forest'])
      .default('spectralmamba')
      .describe('kind of model'),
    out: uri.describe('folder of the model'),
    task: z
      .enum(['pixel', 'segmentation', 'scene', 'multilabel', 'change'])
      .optional()
      .describe('kind of task; what the model is for where absent'),
    preset: z
      .enum([
        'prismap',
        'paper',
        'tiny',
        'base',
        'large',
        'huge',
        'eurosat',
        'bigearthnet',
        'segmunich',
        'oscd',
      ])
      .default('prismap')
      .describe('prismap or published settings; of spectralgpt its size or a published recipe'),
    batch: z.int().min(1).max(65536).optional().describe('tiles of one step'),
    tiles: z.int().min(1).max(10_000_000).optional().describe('tiles drawn an epoch'),
    scaling: z
      .enum(['two-sigma', 'standard', 'whitened'])
      .optional()
      .describe(
        'of tile models: how values are brought to one range; as the preset says where absent, with --init as its weights have it',
      ),
    imageSize: z
      .int()
      .min(8)
      .max(1024)
      .optional()
      .describe('of tile models: pixels a side of a tile'),
    rate: z.number().gt(0).max(1).optional().describe('highest learning rate'),
    augment: z
      .array(z.enum(['crop', 'flips', 'light', 'erasing', 'mixup', 'cutmix', 'paste', 'none']))
      .default([])
      .describe('change to training tiles instead of those of the recipe; may repeat'),
    tune: z
      .string()
      .regex(/^(all|head|last:[1-9]\d*|lora:[1-9]\d*)$/)
      .default('all')
      .describe('what learns: all, head, last:N blocks, or lora:RANK'),
    resampling: z
      .enum(['nearest', 'bilinear', 'cubic'])
      .default('bilinear')
      .describe('of change: how a second date on another grid is brought onto the first'),
    normalise: z
      .boolean()
      .default(false)
      .describe('of change: bring the light of the second date to that of the first'),
    changed: z
      .array(z.string())
      .default([])
      .describe('of change: class or value of the labels that means change; may repeat'),
    unlabelled: z
      .enum(['auto', 'unchanged', 'ignore'])
      .default('auto')
      .describe(
        'of change: what unlabelled pixels are; auto = unchanged if all polygons are change',
      ),
    changeWeights: z
      .enum(['published', 'balanced', 'none'])
      .default('published')
      .describe('of change: weights of changed and unchanged pixels in the loss'),
    patch: z
      .union([z.literal(1), z.literal(3)])
      .optional()
      .describe('1 = pixel-wise, 3 = with the 3 x 3 neighbourhood (GSSM)'),
    epochs: z.int().min(1).max(100000).optional().describe('passes over the training pixels'),
    split: z
      .string()
      .default('block')
      .describe(
        'block, random, or a file with a fixed split; of change block, pair, or pair:2 to hold back the second',
      ),
    splitSeed: z
      .int()
      .nonnegative()
      .max(0xffffffff)
      .optional()
      .describe('seed of the split alone; that of the run where absent'),
    validation: z
      .number()
      .gt(0)
      .lt(0.9)
      .default(0.25)
      .describe('share of the ROI pixels held back for validation'),
    maxSamples: z
      .int()
      .min(10)
      .default(200000)
      .describe('most training pixels a class; more are thinned at random'),
    baseline: z.boolean().default(true).describe('train a random forest beside the network'),
    keep: z
      .enum(['best', 'last'])
      .optional()
      .describe(
        'of tile models: the epoch best on the validation part, or the last, whose figures chose nothing; as the preset says where absent',
      ),
    skipBands: z
      .array(z.string())
      .default([])
      .describe('band to leave out, by name; auto = bands without information; may repeat'),
    init: uri.optional().describe('weights to start from'),
    resume: z.boolean().default(false).describe('continue a run that was stopped'),
    ...computeOptions,
  }),
  z.object({
    model: z.string(),
    epochs: integer,
    bestEpoch: integer.optional(),
    validation: accuracy,
    baseline: accuracy.extend({ name: z.string() }).optional(),
    perClass: z.array(classFigures),
    samples: z.object({ training: integer, validation: integer }),
    seconds: z.number(),
    samplesPerSecond: z.number(),
    engine: z.string(),
    warnings: z.array(z.string()),
    manifest: z.string(),
  }),
);
