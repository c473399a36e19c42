import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The record that a user names by itself, by its map or by its model. */
export async function recordPath(given: string): Promise<string> {
  const found = await stat(given).catch(() => undefined);
  if (found?.isDirectory() === true) return join(given, 'manifest.json');
  return /\.tiff?$/i.test(given) ? `${given}.json` : given;
}

/** The same; of a folder that is no model, all that may be records in it. */
export async function recordPaths(given: string): Promise<string[]> {
  const path = await recordPath(given);
  const isModel = await stat(path).then(
    () => true,
    () => false,
  );
  const found = await stat(given).catch(() => undefined);
  if (isModel || found?.isDirectory() !== true) return [path];
  const names = await readdir(given, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && recordName.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Of maps, polygons, pictures and reports the name with `.json`; of models `manifest.json`. */
const recordName = /^(manifest|.+\.(tiff?|gpkg|geojson|png|pdf|html|csv))\.json$/i;
