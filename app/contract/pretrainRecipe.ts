import { z } from 'zod';

const day = z.iso.date();

/** One stage of progressive pre-training: which scenes it sees, how, and for how long. What it leaves out is as in the call. */
export const pretrainStage = z.strictObject({
  /** Folder of scenes, from the recipe's own where it is no full path. */
  scenes: z.string().min(1).optional(),
  /** Pixels a side of a tile. */
  imageSize: z.int().min(8).max(1024).optional(),
  /** Metres a pixel; scenes of another size are resampled tile by tile. Their own where absent. */
  resolution: z.number().positive().max(100_000).optional(),
  /** Only scenes taken from the first to the last of two days. */
  dates: z.tuple([day, day]).optional(),
  /** Only tiles that begin inside west, south, east, north in degrees. */
  region: z
    .tuple([
      z.number().min(-180).max(180),
      z.number().min(-90).max(90),
      z.number().min(-180).max(180),
      z.number().min(-90).max(90),
    ])
    .optional(),
  epochs: z.int().min(1).max(100_000).optional(),
  tiles: z.int().min(1).max(10_000_000).optional(),
  batch: z.int().min(1).max(65_536).optional(),
  /** Learning rate for 256 tiles a step. */
  rate: z.number().positive().max(1).optional(),
});

/** Stages of pre-training, one after the other; each starts with the weights of the one before. */
export const pretrainRecipe = z.strictObject({ stages: z.array(pretrainStage).min(1).max(50) });

export type PretrainStage = z.infer<typeof pretrainStage>;
