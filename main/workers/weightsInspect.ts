import { readFile } from 'node:fs/promises';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { readSafetensors, type SafetensorsFile } from '../engines/safetensors.ts';

/** Lists the tensors of a weights file. */
export async function weightsInspect(
  input: Input<'weights inspect'>,
): Promise<Output<'weights inspect'>> {
  const { tensors, metadata } = await readTensorFile(input.file);
  return {
    tensors: [...tensors].map(([name, tensor]) => ({
      name,
      dtype: tensor.type,
      shape: [...tensor.shape],
    })),
    metadata: { ...metadata },
  };
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
