import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';

/** What the files of a scene are like now. `stamp` changes when one of them does; undefined where one is not there. */
export type FileState = { readonly stamp: string | undefined; readonly bytes: number };

export const isRemote = (file: string): boolean => /^https?:\/\//i.test(file);

/** Looks at size and time of each file; those of the network are taken to stay as they are. */
export async function fileState(files: readonly string[]): Promise<FileState> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const file of files) {
    if (isRemote(file)) continue;
    try {
      const { size, mtimeMs } = await stat(file);
      hash.update(`${file}\0${size}\0${mtimeMs}\0`);
      bytes += size;
    } catch {
      return { stamp: undefined, bytes: 0 };
    }
  }
  return { stamp: hash.digest('hex').slice(0, 16), bytes };
}
