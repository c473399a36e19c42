import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../app/error.ts';
import { syncFolder, temporaryName, writeError } from '../atomicFile.ts';

const gibibyte = 2 ** 30;
/** Most bytes of one dropped file. */
export const uploadLimitBytes = 64 * gibibyte;
/** Left free on the disk: a full disk would stop the project from being saved. */
const reserveBytes = gibibyte / 4;

/** A dropped file on its way. */
export type Upload = {
  /** Name, or names joined by `/` for a file of a dropped folder. */
  readonly name: string;
  /** Files dropped together lie together: 1 to 32 letters and digits; a new one where absent. */
  readonly group?: string | undefined;
  readonly bytes: number;
  readonly body: Readable;
};

/**
 * Puts a dropped file into `folder/GROUP/NAME`: a temporary name, fsync, rename, so that the name never holds a part of it.
 * @throws AppError `usage` for a name that is none, `too-large`, `disk-full`, `corrupt` where fewer bytes came than were promised
 */
export async function receiveUpload(
  folder: string,
  upload: Upload,
  signal: AbortSignal,
  freeBytes: (folder: string) => Promise<number> = freeOnDisk,
): Promise<string> {
  const path = uploadPath(folder, upload);
  await mkdir(dirname(path), { recursive: true });
  checkSpace(folder, upload, await freeBytes(folder));
  const temporary = temporaryName(path);
  try {
    await pipeline(upload.body, counting(upload), createWriteStream(temporary, { flags: 'wx' }), {
      signal,
    });
    await syncFile(temporary);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return path;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (signal.aborted) throw new AppError('cancelled', `Copying ${upload.name} was cancelled.`);
    throw writeError(error, path);
  }
}

/** @throws AppError `usage` */
export function uploadPath(
  folder: string,
  { name, group }: Pick<Upload, 'name' | 'group'>,
): string {
  const names = name.split('/');
  if (names.length > 12 || !names.every(isPlainName))
    throw new AppError(
      'usage',
      `"${name.slice(0, 100)}" cannot be a file name here. Rename the file and drop it again.`,
    );
  if (group !== undefined && !/^[a-z0-9]{1,32}$/.test(group))
    throw new AppError('usage', 'The name of a group of files holds letters and digits only.');
  return join(folder, group ?? randomBytes(4).toString('hex'), ...names);
}

/** Names that every system takes: no separators, controls or Windows' special characters and devices, no leading dot or hyphen. */
function isPlainName(name: string): boolean {
  return (
    name.length > 0 &&
    Buffer.byteLength(name) <= 200 &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
    !/[\u0000-\u001f\u007f<>:"/\\|?*]/.test(name) &&
    !/^[.\s-]|[.\s]$/.test(name) &&
    !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name)
  );
}

function checkSpace(folder: string, { name, bytes }: Upload, free: number): void {
  if (bytes > uploadLimitBytes)
    throw new AppError(
      'too-large',
      `${name} has ${size(bytes)}; files up to ${size(uploadLimitBytes)} can be dropped. Open it by its path instead.`,
    );
  if (bytes > free - reserveBytes)
    throw new AppError(
      'disk-full',
      `${name} has ${size(bytes)}, and ${size(free)} are free in ${folder}. Free some space there, or open the file by its path.`,
    );
}

async function freeOnDisk(folder: string): Promise<number> {
  const disk = await statfs(folder);
  return disk.bavail * disk.bsize;
}

const size = (bytes: number): string =>
  bytes >= gibibyte ? `${(bytes / gibibyte).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** Passes on exactly the bytes that were promised, or fails. */
function counting({ name, bytes }: Upload): Transform {
  let seen = 0;
  const wrong = (): AppError =>
    new AppError(
      'corrupt',
      `${name} should have ${bytes} bytes, and ${seen} arrived. Drop the file again.`,
    );
  return new Transform({
    transform: (chunk: Buffer, _, done) => {
      seen += chunk.length;
      if (seen > bytes) done(wrong());
      else done(null, chunk);
    },
    flush: (done) => done(seen === bytes ? null : wrong()),
  });
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
