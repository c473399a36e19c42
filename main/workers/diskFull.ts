import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../app/error.ts';
import type { CogProgress } from '../raster/cog/writeCog.ts';

/** Overviews take a third of the full resolution. */
const withOverviews = 4 / 3;

/**
 * The error of a map run that a full disk stopped: how much is kept, how much space the rest needs and how to go on.
 * Undefined for any other error, and where nothing has been finished that would be worth keeping.
 */
export async function diskFull(
  error: unknown,
  outputs: readonly CogProgress[],
): Promise<AppError | undefined> {
  if (!(error instanceof AppError) || error.code !== 'disk-full') return undefined;
  const share = Math.min(...outputs.map((output) => output.share));
  if (share === 0) return undefined;
  const path = String(error.details['path']);
  const missing = bytesOfRest(outputs) - (await freeBytes(path));
  // Where there seems to be room a quota has ended it, and what that leaves is not known.
  const space = missing > 0 ? `about ${Math.ceil(missing / 1e6)} MB` : 'some space';
  return new AppError(
    'disk-full',
    `Cannot write ${path}: the disk is full. What was finished (${Math.floor(100 * share)} %) is kept. Free ${space} there and run again with --resume.`,
    { ...error.details, finished: share, ...(missing > 0 ? { missingBytes: missing } : {}) },
  );
}

/**
 * Bytes that are still to be written: the rest of every scratch file, and beside them the largest output, put together at the
 * end. An output takes no more than its scratch file.
 */
function bytesOfRest(outputs: readonly CogProgress[]): number {
  const whole = outputs.map(({ share, scratchBytes }) => (withOverviews * scratchBytes) / share);
  const scratch = outputs.reduce((sum, { scratchBytes }, i) => sum + whole[i]! - scratchBytes, 0);
  return scratch + Math.max(...whole);
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(path));
  return bavail * bsize;
}
