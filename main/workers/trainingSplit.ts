import { readFile } from 'node:fs/promises';
import type { Input } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { blockSplit } from '../../app/learn/blockSplit.ts';
import { fixedSplit } from '../../app/learn/fixedSplit.ts';
import { randomSplit, type Split } from '../../app/learn/split.ts';
import type { TrainingData } from './trainingData.ts';

/** Divides the samples as `--split` says: spatial blocks (default), random, or a file. */
export async function splitSamples(data: TrainingData, input: Input<'train'>): Promise<Split> {
  const { pixels, classes, patch } = data;
  const options = { fraction: input.validation, seed: input.seed };
  if (input.split === 'random') return randomSplit(pixels, options);
  if (input.split === 'block') {
    // One pixel more than the patch reaches, so that no pixel of a training patch is a validation pixel.
    return blockSplit(pixels, {
      ...options,
      buffer: patch === 3 ? 3 : 2,
      classNames: classes.map(({ name }) => name),
    });
  }
  const text = await readFile(input.split, 'utf8').catch((error: unknown) => {
    throw new AppError(
      'not-found',
      `The split ${input.split} could not be read (${(error as Error).message}). Give "block", "random" or a file with a fixed split.`,
    );
  });
  return fixedSplit(pixels, text, input.split, { width: data.scenes[0]!.grid.width });
}
