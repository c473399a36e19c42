import { stat } from 'node:fs/promises';
import { AppError } from '../../../app/error.ts';
import { isProduct, listScenes } from '../sceneFolder.ts';

/**
 * Scenes of a folder and of those in it, in a fixed order. A file, or a product, is its own only scene.
 * @param warn Hears of folders that cannot be read
 * @throws AppError `not-found` where there is none, `not-readable`
 */
export async function findScenes(
  folder: string,
  warn: (message: string) => void,
): Promise<readonly string[]> {
  const found = await stat(folder).catch(() => undefined);
  if (found !== undefined && (found.isFile() || isProduct(folder))) return [folder];
  const scenes: string[] = [];
  // a link may lead nowhere
  for (const { path } of await listScenes(folder, { warn }))
    if ((await stat(path).catch(() => undefined)) !== undefined) scenes.push(path);
  if (scenes.length > 0) return scenes;
  throw new AppError(
    'not-found',
    `${folder} holds no scenes: no GeoTIFF, JPEG 2000, ENVI or MAT file and no SAFE product. Choose the folder that holds them.`,
    { path: folder },
  );
}
