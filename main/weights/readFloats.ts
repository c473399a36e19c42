import { AppError } from '../../app/error.ts';
import { floatValues } from '../engines/safetensors.ts';
import type { TensorFile } from './tensorFile.ts';

/** The numbers of a float tensor as float32. @throws AppError `bad-weights` for other types and damaged files */
export async function readFloats(file: TensorFile, name: string): Promise<Float32Array> {
  const { type, shape, dtype } = file.tensors.get(name)!;
  if (type === undefined)
    throw new AppError(
      'bad-weights',
      `"${name}" of ${file.path} is of type ${dtype}; float is needed.`,
      { path: file.path, tensor: name },
    );
  const bytes = await file.read(name);
  // The common case without a copy: `read` gives a buffer of its own, and processors that run this are little-endian.
  if (type === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return floatValues({ type, shape, bytes }, name);
}
