import { z } from 'zod';
import { api } from '../api.ts';
import { call } from '../call.ts';
import { uri } from '../common.ts';

const finite = z.number();
const count = z.int().nonnegative();
const job = z.string().min(1).max(64);
const done = z.object({});

/** What a message says in English, in parts that a window can say in its own language. */
const phrases = z
  .array(
    z.object({
      text: z.string(),
      values: z.record(z.string(), z.union([z.string(), finite])),
    }),
  )
  .optional();

/** Kinds of jobs: calls of the command line that last. */
export const jobKinds = [
  'train',
  'pretrain',
  'predict',
  'change',
  'batch',
  'evaluate',
  'sample',
] as const;
export type JobKind = (typeof jobKinds)[number];

export const jobRecord = z.object({
  id: job,
  kind: z.enum(jobKinds),
  title: z.string(),
  state: z.enum(['queued', 'running', 'paused', 'done', 'failed', 'cancelled']),
  created: z.string(),
  started: z.string().optional(),
  ended: z.string().optional(),
  /** Seconds of work so far, pauses left out. */
  elapsedSeconds: finite,
  stage: z.string().optional(),
  done: count.optional(),
  total: count.optional(),
  /** Range of what remains, seconds. */
  eta: z.tuple([finite, finite]).optional(),
  engine: z.string().optional(),
  device: z.string().optional(),
  input: z.record(z.string(), z.unknown()),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.string(), message: z.string(), phrases }).optional(),
  /** Loss and validation figures by epoch. */
  curve: z.array(
    z.object({
      epoch: count,
      epochs: count,
      network: z.string().optional(),
      loss: finite,
      validation: z.record(z.string(), finite).optional(),
    }),
  ),
});

export type JobRecord = z.infer<typeof jobRecord>;

/** What a finding is about, as it is shown. */
export const findingSubjects = [
  'Scene',
  'Coordinate system',
  'Data',
  'Model',
  'Bands',
  'Resolution',
  'Values',
  'ROIs',
  'Classes',
] as const;

/** What was found when a scene was held against a model card. */
const finding = z.object({
  level: z.enum(['green', 'amber', 'red']),
  subject: z.enum(findingSubjects),
  message: z.string(),
  phrases,
  /** A cure that the desk can apply by itself. */
  cure: z.enum(['skip-bands', 'force', 'choose-scene', 'add-rois']).optional(),
});

export type Finding = z.infer<typeof finding>;

const rois = z.literal('project').describe('the ROIs of the open project');

export const jobCalls = {
  'job.start': call(
    'queues a job; where its input names a file of areas, "project" stands for the ROIs of the open project and ' +
      '{ rois: [id, …] } for some of them; outputs without a folder, or none, go to the project folder',
    z.strictObject({
      kind: z.enum(jobKinds),
      title: z.string().max(200),
      input: z.record(z.string(), z.unknown()),
      /** Start before other queued jobs. */
      first: z.boolean().default(false),
    }),
    z.object({ job: jobRecord }),
  ),
  'job.list': call(
    'all jobs of the project, newest first',
    z.strictObject({}),
    z.object({ jobs: z.array(jobRecord) }),
  ),
  'job.cancel': call(
    'ends a job within a second; what it finished is kept',
    z.strictObject({ job }),
    done,
  ),
  'job.pause': call('stops a job so that it can go on later', z.strictObject({ job }), done),
  'job.resume': call(
    'goes on with a paused, failed or cancelled job',
    z.strictObject({ job }),
    done,
  ),
  'job.remove': call('forgets a job that has ended; its files stay', z.strictObject({ job }), done),
  'job.log': call(
    'what a job said, oldest first',
    z.strictObject({ job }),
    z.object({ lines: z.array(z.string()) }),
  ),
  preflight: call(
    'holds a scene against a model card, or the ROIs of the project against what training needs',
    z.strictObject({ scene: uri, model: uri.optional(), rois: rois.optional() }),
    z.object({ findings: z.array(finding) }),
  ),
  'cost.estimate': call(
    'what a job will take, from a short measured probe of a few seconds',
    z.strictObject({
      kind: z.enum(['train', 'predict', 'change']),
      input: z.record(z.string(), z.unknown()),
    }),
    z.object({
      samples: count.optional(),
      /** Least and most, seconds. */
      seconds: z.tuple([finite, finite]),
      memoryBytes: finite,
      diskBytes: finite,
      freeDiskBytes: finite.optional(),
      basis: z.string(),
      phrases,
    }),
  ),
  doctor: api.doctor,
} as const;
