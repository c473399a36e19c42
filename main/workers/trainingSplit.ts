import { open, readFile } from 'node:fs/promises';
import type { Input } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { blockSplit } from '../../app/learn/blockSplit.ts';
import { fixedSplit } from '../../app/learn/fixedSplit.ts';
import { rasterSplit } from '../../app/learn/rasterSplit.ts';
import { randomSplit, type Split } from '../../app/learn/split.ts';
import type { Window } from '../../app/raster/grid.ts';
import { openScene } from '../raster/formats.ts';
import type { TrainingData } from './trainingData.ts';

/** Divides the samples as `--split` says: spatial blocks (default), random, or a file. */
export async function splitSamples(data: TrainingData, input: Input<'train'>): Promise<Split> {
  const { pixels, classes, patch } = data;
  const options = { fraction: input.validation, seed: input.splitSeed ?? input.seed };
  if (input.split === 'random') return randomSplit(pixels, options);
  if (input.split === 'block') {
    // One pixel more than the patch reaches, so that no pixel of a training patch is a validation pixel.
    return blockSplit(pixels, {
      ...options,
      buffer: patch === 3 ? 3 : 2,
      classNames: classes.map(({ name }) => name),
    });
  }
  return await splitFromFile(data, input.split);
}

/** A published split: lists of pixels as JSON or CSV, or a raster of 1 = train, 2 = validation, 3 = test. */
async function splitFromFile({ pixels, scenes }: TrainingData, path: string): Promise<Split> {
  const head = await readHead(path);
  if (/^[\s\uFEFF]*[{[\w"#-]/.test(head) && !head.includes('\0')) {
    return fixedSplit(pixels, await readFile(path, 'utf8'), path, { width: scenes[0]!.grid.width });
  }
  const source = await openScene(path);
  try {
    const read = async (window: Window): Promise<ArrayLike<number>> =>
      Int32Array.from((await source.read({ window, bands: [0] })).bands[0]! as Uint8Array, Number);
    return await rasterSplit(pixels, { grid: source.description.grid, read }, path);
  } finally {
    await source.close();
  }
}

async function readHead(path: string): Promise<string> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new AppError(
      'not-found',
      `The split ${path} could not be read (${(error as Error).message}). Give "block", "random" or a file with a fixed split.`,
    );
  }
}
