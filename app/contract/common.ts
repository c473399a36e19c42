import { z } from 'zod';

/** A path or URL, as the user wrote it. */
export const uri = z.string().min(1);

/** Address of a Redis server: redis://[:PASSWORD@]HOST:PORT[/DATABASE]; rediss:// for an encrypted line. */
export const queue = z.string().min(1).max(1000);

const count = z.int().nonnegative();

/** Options that every command which computes has. */
export const computeOptions = {
  seed: z.int().nonnegative().max(0xffffffff).default(0).describe('seed of everything random'),
  engine: z
    .enum(['tensorflow', 'webgpu', 'onnx', 'wasm', 'cpu'])
    .optional()
    .describe('numerical engine; the fastest present where absent'),
  threads: z.int().min(1).max(256).optional().describe('threads of the engine'),
};

export const classFigures = z.object({
  name: z.string(),
  producers: z.number().optional(),
  users: z.number().optional(),
  f1: z.number().optional(),
  iou: z.number().optional(),
  /** Of several labels. */
  averagePrecision: z.number().optional(),
  support: count,
});

/** Accuracy figures; a figure whose denominator is zero is absent. */
export const accuracy = z.object({
  oa: z.number().optional(),
  aa: z.number().optional(),
  kappa: z.number().optional(),
  miou: z.number().optional(),
  f1: z.number().optional(),
  /** Of change: precision and recall of what changed. */
  precision: z.number().optional(),
  recall: z.number().optional(),
  /** Mean average precision of several labels: over classes, and over all pairs of tile and class. */
  mapMacro: z.number().optional(),
  mapMicro: z.number().optional(),
  /** F1 over all pairs of tile and class. */
  f1Micro: z.number().optional(),
});

export const area = z.object({ class: z.string(), pixels: count, hectares: z.number().optional() });
