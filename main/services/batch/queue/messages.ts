import { z } from 'zod';
import { api } from '../../../../app/contract/api.ts';
import type { SampleType } from '../../../../app/raster/samples.ts';
import type { BatchMapped } from '../../../workers/batchMap.ts';

const sampleTypes = [
  ...(['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64'] as const),
  ...(['float32', 'float64'] as const),
] as const satisfies readonly SampleType[];

const count = z.int().nonnegative();
/** A scene has no more parts. */
export const mostParts = 256;

/** A path that cannot leave the folder that it counts from, on any system. */
export const innerPath = z
  .string()
  .min(1)
  .max(4000)
  .refine(
    (path) =>
      !/^[\\/]|^[A-Za-z]:|[\0\\]/.test(path) &&
      path.split('/').every((part) => !['', '.', '..'].includes(part)),
    'a path inside the folder is needed',
  );

const outputs = z.strictObject({
  map: innerPath,
  score: innerPath.optional(),
  probabilities: innerPath.optional(),
  vector: innerPath.optional(),
  preview: innerPath.optional(),
});

export const jobId = z.string().regex(/^[0-9a-f]{8}(-[0-9a-z]+)+$/);

/** What a worker is asked to do. Paths count from the folders of the batch. */
export const jobMessage = z.strictObject({
  batch: z.uuid(),
  job: jobId,
  scene: innerPath,
  /** Of a scene that lies on a server. */
  address: z.url({ protocol: /^https?$/ }).optional(),
  stamp: z.string().max(1000),
  outputs,
  /** Only a share of the map is asked for. */
  part: z.strictObject({ index: count, of: z.int().min(2).max(mostParts) }).optional(),
  /** The map is put together from parts that workers made: their jobs, and the folders in which they put them. */
  parts: z
    .array(z.strictObject({ job: jobId, taken: z.uuid() }))
    .max(mostParts)
    .optional(),
});

export type JobMessage = z.infer<typeof jobMessage>;

const { areas, warnings } = api.predict.output.shape;

const mapped: z.ZodType<BatchMapped> = z.strictObject({
  files: z.array(
    z.strictObject({
      path: innerPath,
      bytes: count,
      modified: z.number(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  areas,
  nodataPixels: count,
  seconds: z.number(),
  engine: z.string(),
  warnings,
  date: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/)
    .exactOptional(),
  raster: z.strictObject({
    grid: z.strictObject({
      width: count,
      height: count,
      crs: z.string().exactOptional(),
      transform: z
        .tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()])
        .exactOptional(),
    }),
    bands: count,
    type: z.enum(sampleTypes),
    block: z.strictObject({ width: count, height: count }),
  }),
});

/** How a worker answers: where the results lie, or why there are none. */
export const answerMessage = z.strictObject({
  batch: z.uuid(),
  job: jobId,
  /** Folder of the results under that of the job: each worker that takes a job writes into one of its own. */
  taken: z.uuid(),
  result: z.union([
    z.strictObject({ mapped }),
    /** A part is done. */
    z.strictObject({ part: z.literal(true) }),
    z.strictObject({ failed: z.strictObject({ code: z.string(), message: z.string() }) }),
  ]),
});

export type AnswerMessage = z.infer<typeof answerMessage>;
