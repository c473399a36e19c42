import { resolve } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { checkOutput, convertTensorFile } from '../weights/convertTensorFile.ts';
import type { TaskContext } from './task.ts';

/** Writes the tensors of a weights file as safetensors. */
export async function weightsConvert(
  { file, out, model }: Input<'weights convert'>,
  { signal }: TaskContext,
): Promise<Output<'weights convert'>> {
  checkOutput(resolve(file), resolve(out));
  const { bytes, tensors, leftOut } = await convertTensorFile(file, out, model, signal);
  return {
    file: out,
    bytes,
    tensors: tensors.map((tensor) => ({ ...tensor, shape: [...tensor.shape] })),
    leftOut: [...leftOut],
  };
}
