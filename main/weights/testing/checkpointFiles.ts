import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { openTensorFile } from '../openTensorFile.ts';
import type { TensorFile } from '../tensorFile.ts';

/** Files of a test in a folder of their own, which goes when its tests are done. */
export type CheckpointFiles = {
  readonly folder: string;
  /** Path of a new file with these bytes. */
  readonly fileOf: (bytes: Uint8Array) => string;
  readonly open: (bytes: Uint8Array) => Promise<TensorFile>;
  /** What is in such a file beside its tensors, by path. */
  readonly metadataOf: (bytes: Uint8Array) => Promise<TensorFile['metadata']>;
  /** The error that opening such a file, or reading every tensor of it, ends in. */
  readonly refusalOf: (bytes: Uint8Array) => Promise<AppError>;
};

export function checkpointFiles(): CheckpointFiles {
  const folder = mkdtempSync(join(tmpdir(), 'prismap-checkpoints-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const fileOf = (bytes: Uint8Array): string => {
    count += 1;
    const path = join(folder, `${count}.pth`);
    writeFileSync(path, bytes);
    return path;
  };
  const open = (bytes: Uint8Array): Promise<TensorFile> => openTensorFile(fileOf(bytes));
  return {
    folder,
    fileOf,
    open,
    metadataOf: async (bytes) => {
      const file = await open(bytes);
      await file.close();
      return file.metadata;
    },
    refusalOf: async (bytes) => {
      const path = fileOf(bytes);
      const error: unknown = await readAll(path).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(AppError);
      const { code, message } = error as AppError;
      expect(code).toBe('bad-weights');
      expect(message).toContain(path);
      return error as AppError;
    },
  };
}

async function readAll(path: string): Promise<void> {
  const file = await openTensorFile(path);
  try {
    for (const name of file.tensors.keys()) await file.read(name);
  } finally {
    await file.close();
  }
}
