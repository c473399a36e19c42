import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  removeStaleParts,
  syncFolder,
  temporaryName,
  throwIfCancelled,
  writeError,
} from '../atomicFile.ts';
import { type ElementType, elementBytes, safetensorsHeader } from '../engines/safetensors.ts';

/** A tensor on its way into a file; its bytes come in pieces, row-major and little-endian. */
export type TensorToWrite = {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly pieces: () => AsyncIterable<Uint8Array>;
};

/**
 * Writes a safetensors file tensor by tensor, and all or nothing. Tensors of wide elements come first, so that each is aligned.
 * @throws AppError `disk-full`, `not-writable`, `cancelled`, and what `pieces` throws; nothing is left then
 * @returns bytes of the file
 */
export async function writeTensorFile(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<number> {
  await removeStaleParts(path);
  const inOrder = [...tensors].sort((a, b) => elementBytes[b.type] - elementBytes[a.type]);
  const temporary = temporaryName(path);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    const { bytes: header, dataBytes } = safetensorsHeader(inOrder, metadata);
    await handle.writeFile(header);
    for (const { pieces } of inOrder) {
      for await (const piece of pieces()) {
        throwIfCancelled(path, signal);
        await handle.writeFile(piece);
      }
    }
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return header.length + dataBytes;
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(error, path);
  }
}
