import { readFile } from 'node:fs/promises';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { readSafetensors, type SafetensorsFile } from '../engines/safetensors.ts';
import { openTensorFile } from '../weights/openTensorFile.ts';

/** Lists the tensors of a weights file, and what else it says. Nothing of it is run, and no numbers are read. */
export async function weightsInspect(
  input: Input<'weights inspect'>,
): Promise<Output<'weights inspect'>> {
  const file = await openTensorFile(input.file);
  try {
    const { format, tensors, metadata } = file;
    return {
      format,
      tensors: [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] })),
      metadata: { ...metadata },
    };
  } finally {
    await file.close();
  }
}

/** Reads a safetensors file. @throws AppError `not-found`, `bad-weights` */
export async function readTensorFile(path: string): Promise<SafetensorsFile> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new AppError(
      'not-found',
      `${path} could not be read (${(error as Error).message}). Give a .safetensors file.`,
    );
  });
  return readSafetensors(bytes, path);
}
