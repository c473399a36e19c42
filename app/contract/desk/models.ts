import { z } from 'zod';
import { call } from '../call.ts';
import { uri } from '../common.ts';

const finite = z.number();
const count = z.int().nonnegative();

/** What a model is for; `pretrain`: nothing yet, fine-tuning starts from it. */
const modelTask = z.enum(['pixel', 'pretrain', 'scene', 'multilabel', 'segmentation', 'change']);

/** A model, or imported weights, as a gallery shows it. */
const galleryModel = z.object({
  /** Folder of a model; file of imported weights. What `--model` and `--init` take. */
  path: z.string(),
  kind: z.enum(['model', 'weights']),
  name: z.string(),
  title: z.string(),
  family: z.string(),
  task: modelTask,
  preset: z.string().optional(),
  created: z.string().optional(),
  bands: count,
  classes: z.array(z.object({ value: z.int(), name: z.string() })),
  figures: z.record(z.string(), finite),
  /** Of the weights. */
  bytes: finite.optional(),
  /** Metres a pixel in the training scenes. */
  resolution: finite.optional(),
  /** Pixels a side of a tile. */
  tile: count.optional(),
  /** Of a model of change: the probability from which a pixel is changed. */
  threshold: finite.optional(),
  /** Where its weights started: a model, a checkpoint. */
  start: z.string().optional(),
  licence: z.string(),
});

export type GalleryModel = z.infer<typeof galleryModel>;

/** What a weights file holds, before anything of it is kept. */
const weightsFound = z.object({
  file: z.string(),
  format: z.string(),
  tensors: count,
  parameters: count,
  /** Absent where the file holds no network that is known: `problem` says what was looked for. */
  network: z
    .object({
      family: z.enum(['spectralgpt', 'resnet50', 'vit', 'satmae']),
      /** `tiny`, `base`, `large`, `huge` of SpectralGPT; absent for sizes that have no name. */
      size: z.string().optional(),
      width: count,
      depth: count,
      bands: count,
      /** Bands of one token, of SpectralGPT. */
      spectralPatch: count.optional(),
      /** Pixels a side of a tile; absent where the network takes any. */
      tile: count.optional(),
      /** The part that reconstructs, which only pre-training has. */
      decoder: z.boolean(),
      /** Classes of the last layer; absent where there is none. */
      classes: count.optional(),
      /** Tensors of the file that are not the network's: optimiser, running averages. */
      elsewhere: count,
    })
    .optional(),
  problem: z.string().optional(),
});

export type WeightsFound = z.infer<typeof weightsFound>;

export const modelCalls = {
  'model.list': call(
    'models and imported weights of the project folder, those named before, and those of other folders; newest first',
    z.strictObject({
      /** Folders of models that the user added. */
      also: z.array(uri).max(1000).default([]),
    }),
    z.object({ models: z.array(galleryModel) }),
  ),
  'model.card': call(
    'everything that the card of a model says',
    z.strictObject({ path: uri }),
    z.object({ card: z.record(z.string(), z.unknown()) }),
  ),
  'weights.look': call(
    'what a weights file holds; nothing of it is run or kept',
    z.strictObject({ file: uri }),
    weightsFound,
  ),
  'weights.import': call(
    'converts the network of a weights file to safetensors in the project folder, for fine-tuning to start from',
    z.strictObject({ file: uri, name: z.string().trim().min(1).max(80) }),
    z.object({
      path: z.string(),
      tensors: count,
      leftOut: z.array(z.object({ name: z.string(), reason: z.string() })),
    }),
  ),
} as const;
