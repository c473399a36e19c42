import { type FileHandle, open } from 'node:fs/promises';
import { AppError } from '../../app/error.ts';
import { refuseSpecialFile } from '../specialFile.ts';
import type { Refuse } from './refusal.ts';

/** A file that is read in pieces. */
export type ByteSource = {
  readonly bytes: number;
  /** A new buffer with exactly these bytes. @throws AppError `bad-weights` where the file ends before */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
};

/** Most bytes of one call of the system. */
const callBytes = 2 ** 30;

/** @throws AppError `not-found`, `not-readable`; `refuse` makes the error for a file that ends too soon */
export async function openByteSource(path: string, refuse: Refuse): Promise<ByteSource> {
  await refuseSpecialFile(path);
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw openError(path, error);
  });
  const { size: bytes } = await handle.stat();
  return {
    bytes,
    read: async (position, length) => {
      if (position + length > bytes)
        throw refuse(`it ends after ${bytes} bytes, where ${position + length} are needed`);
      // Not from the pool: a tensor owns its memory.
      const buffer = Buffer.allocUnsafeSlow(length);
      await fill(handle, buffer, position, refuse);
      return new Uint8Array(buffer.buffer, 0, length);
    },
    close: () => handle.close(),
  };
}

async function fill(
  handle: FileHandle,
  buffer: Buffer,
  position: number,
  refuse: Refuse,
): Promise<void> {
  let done = 0;
  while (done < buffer.length) {
    const wanted = Math.min(buffer.length - done, callBytes);
    const { bytesRead } = await handle
      .read(buffer, done, wanted, position + done)
      .catch((error: unknown) => {
        throw refuse(`it could not be read (${(error as Error).message})`);
      });
    if (bytesRead === 0) throw refuse('it became shorter while it was read');
    done += bytesRead;
  }
}

function openError(path: string, error: NodeJS.ErrnoException): AppError {
  const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
  return new AppError(
    missing ? 'not-found' : 'not-readable',
    `${path} could not be opened (${error.message}). Give a .pth or .safetensors file that you may read.`,
    { path },
  );
}
