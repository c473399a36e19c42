import { basename, dirname, extname, join } from 'node:path';
import type { GeoTransform } from '../../../app/raster/geoTransform.ts';
import { parseWorldFile } from '../tiff/transform.ts';
import { shortCrs } from './crs.ts';
import { listFolder, readText } from './files.ts';
import { descendants, parseDocument, textOf } from './xml.ts';

/** A georeference that lies beside an image. */
export type Sidecar = {
  readonly georeference: { readonly crs?: string; readonly transform?: GeoTransform };
  /** The files that it was read from. */
  readonly files: readonly string[];
};

/**
 * Georeference from `name.ext.aux.xml` (GDAL), a world file with one of the given extensions, and `name.prj`.
 * A sidecar that cannot be understood is passed over.
 * @throws AppError `not-readable`
 */
export async function sidecarGeoreference(
  path: string,
  worldExtensions: readonly string[],
): Promise<Sidecar> {
  const name = basename(path);
  const stem = name.slice(0, name.length - extname(name).length);
  const entries = listFolder(dirname(path)).filter((entry) => !entry.isDirectory());
  const find = (wanted: string): string | undefined => {
    const lower = wanted.toLowerCase();
    const found = entries.find((entry) => entry.name.toLowerCase() === lower);
    return found === undefined ? undefined : join(dirname(path), found.name);
  };
  const files: string[] = [];
  const aux = find(`${name}.aux.xml`);
  const stated = aux === undefined ? {} : await fromAux(aux);
  if (aux !== undefined && Object.keys(stated).length > 0) files.push(aux);
  let { crs, transform } = stated;
  const world = worldExtensions.map((extension) => find(`${stem}.${extension}`)).find(Boolean);
  if (transform === undefined && world !== undefined) {
    transform = parseWorldFile((await readText(world, 'latin1')).slice(0, 4096));
    if (transform !== undefined) files.push(world);
  }
  const prj = find(`${stem}.prj`);
  if (crs === undefined && transform !== undefined && prj !== undefined) {
    crs = shortCrs((await readText(prj)).trim());
    files.push(prj);
  }
  return {
    georeference: {
      ...(crs === undefined ? {} : { crs }),
      ...(transform === undefined ? {} : { transform }),
    },
    files,
  };
}

async function fromAux(path: string): Promise<{ crs?: string; transform?: GeoTransform }> {
  try {
    const document = parseDocument(await readText(path), path);
    const root = descendants(document, 'PAMDataset')[0];
    if (root === undefined) return {};
    const numbers = (textOf(root, 'GeoTransform') ?? '').split(',').map(Number);
    const sound = numbers.length === 6 && numbers.every(Number.isFinite);
    const wkt = textOf(root, 'SRS');
    return {
      ...(wkt === undefined || wkt === '' ? {} : { crs: shortCrs(wkt) }),
      ...(sound ? { transform: numbers as unknown as GeoTransform } : {}),
    };
  } catch {
    // Statistics and views of other programs live in such files too: an unreadable one must not hide the image.
    return {};
  }
}
