import {
  elementBytes,
  readSafetensorsHeader,
  safetensorsHeaderLength,
} from '../engines/safetensors.ts';
import { type ByteSource, openByteSource } from './byteSource.ts';
import { readCheckpoint } from './checkpoint.ts';
import { plainText } from './plainText.ts';
import { type Refuse, refusal } from './refusal.ts';
import type { TensorFile } from './tensorFile.ts';
import { elementCount } from './values.ts';

const pieceBytes = 4 * 2 ** 20;

/**
 * Opens a `.safetensors` or `.pth` file; what it is, its first bytes say. Only tables are read.
 * @throws AppError `not-found`, `not-readable`, `bad-weights`
 */
export async function openTensorFile(path: string): Promise<TensorFile> {
  const refuse = refusal(path);
  const source = await openByteSource(path, refuse);
  try {
    const start = await source.read(0, Math.min(9, source.bytes));
    return isCheckpoint(start)
      ? await checkpointFile(path, source, refuse)
      : await safetensorsFile(path, source, start);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A zip archive, or a pickle with its protocol. A safetensors file begins with the length of its header, then JSON. */
function isCheckpoint(start: Uint8Array): boolean {
  const archive = Buffer.from(start).toString('latin1').startsWith('PK\x03\x04');
  const pickle = start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5;
  return archive || (pickle && start[8] !== '{'.charCodeAt(0));
}

async function checkpointFile(
  path: string,
  source: ByteSource,
  refuse: Refuse,
): Promise<TensorFile> {
  const checkpoint = await readCheckpoint(source, refuse);
  const { tensors } = checkpoint;
  return {
    path,
    format: checkpoint.format,
    bytes: source.bytes,
    tensors: new Map(
      [...tensors].map(([name, { dtype, shape }]) => [
        name,
        {
          dtype: dtype.name,
          shape,
          bytes: elementCount(shape) * dtype.bytes,
          type: dtype.safetensors,
        },
      ]),
    ),
    metadata: Object.fromEntries(
      [...checkpoint.values].map(([name, value]) => [name, plainText(value)]),
    ),
    read: (name) => checkpoint.read(tensors.get(name)!),
    pieces: (name) => checkpoint.pieces(tensors.get(name)!),
    close: () => source.close(),
  };
}

async function safetensorsFile(
  path: string,
  source: ByteSource,
  start: Uint8Array,
): Promise<TensorFile> {
  const length = safetensorsHeaderLength(start, source.bytes, path);
  const { tensors, metadata } = readSafetensorsHeader(
    await source.read(0, length),
    source.bytes,
    path,
  );
  return {
    path,
    format: 'safetensors',
    bytes: source.bytes,
    tensors: new Map(
      [...tensors].map(([name, { type, shape }]) => [
        name,
        { dtype: type, shape, bytes: elementCount(shape) * elementBytes[type], type },
      ]),
    ),
    metadata,
    read: (name) => {
      const { begin, end } = tensors.get(name)!;
      return source.read(begin, end - begin);
    },
    pieces: async function* (name) {
      const { begin, end } = tensors.get(name)!;
      for (let at = begin; at < end; at += pieceBytes)
        yield await source.read(at, Math.min(pieceBytes, end - at));
    },
    close: () => source.close(),
  };
}
