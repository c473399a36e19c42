import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../app/error.ts';

/** Files that may be tiles. */
const tileFile = /\.(tiff?|jp2|png)$/i;

export const isTileFile = (name: string): boolean => tileFile.test(name);

/** A name without its folder's extension: `Forest/Forest_1.tif` is `Forest/Forest_1`. */
export const stem = (name: string): string => name.replace(/\.[^./]+$/, '');

/** Folders and files of a folder by name, without hidden ones. @throws AppError `not-found`, `not-readable` */
export async function entriesOf(
  folder: string,
): Promise<{ readonly folders: readonly string[]; readonly files: readonly string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new AppError('not-found', `There is no folder ${folder}. Check --dataset.`, {
        path: folder,
      });
    throw new AppError('not-readable', `${folder} cannot be read (${message}).`, { path: folder });
  });
  const names = (wanted: (entry: (typeof entries)[number]) => boolean): string[] =>
    entries
      .filter((entry) => !entry.name.startsWith('.') && wanted(entry))
      .map(({ name }) => name)
      .sort();
  return {
    folders: names((entry) => entry.isDirectory() || entry.isSymbolicLink()).filter(
      (name) => !isTileFile(name),
    ),
    files: names((entry) => entry.isFile() || entry.isSymbolicLink()),
  };
}

/** Every tile file below a folder, as paths in it with `/`. */
export async function tilesBelow(folder: string, prefix = ''): Promise<readonly string[]> {
  const { folders, files } = await entriesOf(join(folder, prefix));
  const tiles = files.filter(isTileFile).map((name) => prefix + name);
  for (const name of folders) tiles.push(...(await tilesBelow(folder, `${prefix}${name}/`)));
  return tiles;
}
