import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../app/error.ts';

/** Names of files that may be scenes; their content decides later. */
const sceneFile = /\.(tiff?|jp2|hdr|mat|img)$/i;
const product = /\.SAFE$/i;

/**
 * Scenes of a folder and of those in it, by name, in a fixed order: rasters, links to rasters, and SAFE products (whose inside is
 * not looked at). A file is its own only scene.
 * @throws AppError `not-found` where there is none
 */
export async function findScenes(folder: string): Promise<readonly string[]> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined)
    throw new AppError('not-found', `There is no folder ${folder}. Check the name.`, {
      path: folder,
    });
  const scenes = found.isFile() || product.test(folder) ? [folder] : await walk(folder);
  if (scenes.length > 0) return scenes;
  throw new AppError(
    'not-found',
    `${folder} holds no scenes: no GeoTIFF, JPEG 2000, ENVI or MAT file and no SAFE product. Choose the folder that holds them.`,
    { path: folder },
  );
}

async function walk(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const scenes: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (product.test(entry.name) || (sceneFile.test(entry.name) && (await isFile(entry, path))))
      scenes.push(path);
    else if (entry.isDirectory()) scenes.push(...(await walk(path)));
  }
  return scenes;
}

/** Links to files are followed; those to folders are not, because they may lead round in a circle. */
async function isFile(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  const target = await stat(path).catch(() => undefined);
  return target?.isFile() === true;
}
