import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { constants, hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../app/error.ts';
import { isRunning } from './isRunning.ts';

/**
 * Writes a whole file so that its name holds the old bytes or the new bytes, never a part: a temporary file in the same
 * folder, fsync, rename, fsync of the folder. Leaves no temporary file when it fails.
 * @param mode Permissions of the file, of which the umask of the process takes some
 * @throws AppError `disk-full`, `not-writable`, `cancelled`
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  signal?: AbortSignal,
  mode = 0o666,
): Promise<void> {
  const temporary = temporaryName(path);
  let handle: FileHandle | undefined;
  try {
    throwIfCancelled(path, signal);
    handle = await open(temporary, 'wx', mode);
    await handle.writeFile(data);
    await handle.sync();
    await handle.close();
    handle = undefined;
    throwIfCancelled(path, signal);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(error, path);
  }
}

/** A fresh name beside `path`: `NAME.part-HOST-PID-RANDOM`. `removeStaleParts` knows by it what nobody owns any more. */
export function temporaryName(path: string): string {
  return `${path}.part-${hostTag()}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Removes temporary files of `path` whose process on this machine is gone (killed before it could clean up). */
export async function removeStaleParts(path: string): Promise<void> {
  await removeStale(dirname(path), basename(path));
}

/** The same for all files of a folder, which is looked through once. */
export async function removeStalePartsIn(folder: string): Promise<void> {
  await removeStale(folder);
}

async function removeStale(folder: string, wanted?: string): Promise<void> {
  const part = new RegExp(`^(.+)\\.part-${hostTag()}-(\\d+)-[0-9a-f]{8}$`);
  for (const name of await readdir(folder).catch(() => [])) {
    const [, whole, owner] = part.exec(name) ?? [];
    if (whole === undefined || (wanted !== undefined && whole !== wanted)) continue;
    if (!isRunning(Number(owner)))
      await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

/** Makes a rename in a folder durable. File systems that cannot sync a folder (Windows, some shares) are left alone. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (isDiskFault(error)) throw error;
  } finally {
    await handle?.close();
  }
}

/**
 * Gives a finished file that is on the disk its name, for good; never that of a file that is there.
 * @throws Error of the system, EEXIST among them
 */
export function nameNew(temporary: string, path: string): void {
  if (existsSync(path))
    throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST', syscall: 'rename' });
  renameSync(temporary, path);
  let folder: number | undefined;
  try {
    folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
  } catch (error) {
    if (isDiskFault(error)) throw error;
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

/** Other errors say that a file system cannot sync a folder. */
const isDiskFault = (error: unknown): boolean =>
  ['EIO', 'ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '');

/** @throws AppError `cancelled` */
export function throwIfCancelled(path: string, signal?: AbortSignal): void {
  if (signal?.aborted === true)
    throw new AppError('cancelled', `Writing ${path} was cancelled; nothing was left there.`, {
      path,
    });
}

/** A failed write as the user should read it: path, reason, cure. An `AppError` passes through unchanged. */
export function writeError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  const system = systemCode(error);
  const details = { path, ...(system === undefined ? {} : { system }) };
  if (system === undefined) {
    const message = error instanceof Error ? error.message : String(error);
    return new AppError('internal', `Writing ${path} failed: ${message}`, details);
  }
  if (system === 'ENOSPC' || system === 'EDQUOT') {
    const what = system === 'ENOSPC' ? 'the disk is full' : 'your disk quota is used up';
    return new AppError(
      'disk-full',
      `Cannot write ${path}: ${what}. Free some space there or choose another folder, then run again.`,
      details,
    );
  }
  const reason = reasons[system] ?? `the system reported ${system}. Choose another folder.`;
  return new AppError('not-writable', `Cannot write ${path}: ${reason}`, details);
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'you have no permission to write there. Choose another folder or change its permissions.',
  EPERM: 'the system does not permit writing there. Choose another folder.',
  EROFS: 'that disk is read-only. Choose another folder.',
  ENOENT: 'its folder does not exist. Create the folder first or choose another one.',
  ENOTDIR: 'a part of that path is a file, not a folder. Choose another path.',
  EISDIR: 'a folder of that name exists. Choose another name.',
  ENOTEMPTY: 'a folder of that name exists. Choose another name.',
  EEXIST: 'something of that name exists and cannot be replaced. Choose another name.',
  ENAMETOOLONG: 'the name is too long. Choose a shorter one.',
  EBUSY: 'another program has it open. Close it there and run again.',
  EMFILE: 'too many files are open. Close other programs and run again.',
  ENFILE: 'too many files are open on this machine. Close other programs and run again.',
  EFBIG: 'that disk does not permit files of this size. Choose another disk.',
  EIO: 'the disk reported an error. Check the disk or choose another one.',
};

/** The name of the system error, e.g. `ENOSPC`. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  // Node has no name for a quota that is used up and says "Unknown system error -122"
  if ('errno' in error && error.errno === -constants.errno.EDQUOT) return 'EDQUOT';
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Tells machines apart that share a folder: a process id means something on its own machine only. */
function hostTag(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 6);
}
