import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../../../app/error.ts';
import { syncFolder, writeError } from '../../../atomicFile.ts';
import type { BatchMapped } from '../../../workers/batchMap.ts';
import { hashFile } from '../../../workers/hashFile.ts';
import { ownNames } from '../outputNames.ts';

/** Folder under which workers put what they made; nobody else looks there. */
export const workFolder = (out: string): string => join(out, ownNames.state, 'work');

/** Where the worker that took a job puts its results. */
export const takenFolder = (out: string, job: string, taken: string): string =>
  join(workFolder(out), job, taken);

/**
 * Puts the results of a worker under their names, the map last. May be done again after it was cut short: what has its name
 * already is looked at.
 * @throws AppError `internal` where a file is neither here nor there, `not-writable`, `disk-full`
 */
export async function publish(
  { files }: BatchMapped,
  map: string,
  from: string,
  out: string,
): Promise<void> {
  const ordered = files.toSorted((a, b) => Number(a.path === map) - Number(b.path === map));
  const folders = new Set<string>();
  for (const { path, bytes, sha256 } of ordered) {
    const final = join(out, path);
    try {
      await mkdir(dirname(final), { recursive: true });
      await rename(join(from, path), final);
      folders.add(dirname(final));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw writeError(error, final);
      const size = (await stat(final).catch(() => undefined))?.size;
      if (size !== bytes || (await hashFile(final, { size })) !== sha256)
        throw new AppError(
          'internal',
          `A worker answered, but its result ${path} is not in the folder that the batch and its workers share.`,
        );
    }
  }
  for (const folder of folders) await syncFolder(folder);
}

/** Removes what workers left of a job. */
export const forgetWork = (out: string, job: string): Promise<void> =>
  removeWork(join(workFolder(out), job));

/** One that lost its lease may still be writing there: the end of the batch looks again. */
export const removeWork = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true }).catch(() => undefined);
