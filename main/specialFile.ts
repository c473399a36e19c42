import { stat } from 'node:fs/promises';
import { AppError } from '../app/error.ts';

/**
 * Refuses what may be read for ever. What is not there passes: opening it says so.
 * @throws AppError `not-readable` for a pipe, a device or a socket
 */
export async function refuseSpecialFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile() || found.isDirectory()) return;
  throw new AppError(
    'not-readable',
    `${path} is no file on a disk but a pipe or a device. Name a file.`,
    { path },
  );
}
