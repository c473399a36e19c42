import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { AppError } from '../../../app/error.ts';
import { limits } from './limits.ts';

/** What a path names. @throws AppError `not-found`, `not-readable` */
export function pathKind(path: string): 'file' | 'folder' {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return 'folder';
    if (stat.isFile()) return 'file';
  } catch (error) {
    throw fileError(path, error);
  }
  throw new AppError(
    'not-readable',
    `${path} is neither a file nor a folder. Name a raster file.`,
    {
      path,
    },
  );
}

/** Whether a path names anything that can be looked at; never throws, whatever the path holds. */
export function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A zero byte, a name too long, a circle of links, a folder that may not be entered.
    return false;
  }
}

/** Size of a file in bytes. @throws AppError `not-found`, `not-readable` */
export function fileSize(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Up to `count` bytes from the start of a file; shorter where the file is. */
export function readHead(path: string, count: number): Buffer {
  const buffer = Buffer.alloc(count);
  try {
    const descriptor = openSync(path, 'r');
    try {
      return buffer.subarray(0, readSync(descriptor, buffer, 0, count, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Entries of a folder, by name. @throws AppError `not-found`, `not-readable` */
export function listFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw fileError(path, error);
  }
}

/** A header or metadata document. @throws AppError `too-large`, `not-found`, `not-readable` */
export async function readText(
  path: string,
  encoding: 'utf8' | 'latin1' = 'utf8',
): Promise<string> {
  const size = fileSize(path);
  if (size > limits.textBytes) {
    throw new AppError(
      'too-large',
      `${path} has ${Math.round(size / 2 ** 20)} MiB; a header of that size is not read. ` +
        'Check that it is the right file.',
      { path, size, limit: limits.textBytes },
    );
  }
  try {
    return await readFile(path, encoding);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** A failed file operation as a plain error. */
export function fileError(path: string, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('not-found', `${path} does not exist. Check the name.`, { path });
  }
  return new AppError(
    'not-readable',
    `${path} cannot be read (${code}). Check its permissions and the drive it lies on.`,
    { path, reason: code },
  );
}
