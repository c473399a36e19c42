import { open } from 'node:fs/promises';
import { AppError } from '../../app/error.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { refuseSpecialFile } from '../specialFile.ts';
import { asAreas, type ClassFields, classify } from './classify.ts';
import { parseCrs } from './crs.ts';
import { readCsv } from './csv.ts';
import type { Layer, LayerChoice } from './features.ts';
import { readGeoJson } from './geoJson.ts';
import { readGeoPackage } from './geoPackage.ts';
import { readError } from './limits.ts';
import { readShapefile } from './shapefile.ts';
import { withSidecarStyle } from './sidecarStyle.ts';

export type ReadRoisOptions = ClassFields & LayerChoice;

/**
 * Reads ROIs with their classes from GeoJSON, GeoPackage, Shapefile or CSV; the format is told by the contents.
 * @throws AppError `not-found`, `not-readable`, `unknown-format`, `corrupt`, `too-large`, `bad-labels`, `unknown-crs`
 */
export async function readRois(path: string, options: ReadRoisOptions = {}): Promise<RoiSet> {
  const layer = await readLayer(path, options);
  return classify(await withSidecarStyle(layer, path), path, options);
}

/**
 * Reads the geometries of a vector file as areas of one class, e.g. the extent to map. Needs no class field.
 * @throws AppError as `readRois`
 */
export async function readAreas(path: string, choice: LayerChoice = {}): Promise<RoiSet> {
  return asAreas(await readLayer(path, choice), path);
}

/** Reads one layer of a vector file with all its fields. @throws AppError as `readRois` */
export async function readLayer(path: string, choice: LayerChoice = {}): Promise<Layer> {
  const read = readers[await detect(path)];
  const layer = await read(path, choice);
  // refuse a CRS that cannot be used here, where the file is known
  if (layer.crs !== undefined) parseCrs(layer.crs);
  return layer;
}

const readers = {
  geojson: readGeoJson,
  geopackage: readGeoPackage,
  shapefile: readShapefile,
  csv: readCsv,
} as const;

/** Whether a file looks like one that `readRois` takes (else it may be a label raster). */
export async function isVectorFile(path: string): Promise<boolean> {
  try {
    await detect(path);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'unknown-format') return false;
    throw error;
  }
}

async function detect(path: string): Promise<keyof typeof readers> {
  const head = Buffer.alloc(512);
  let length = 0;
  try {
    await refuseSpecialFile(path);
    const handle = await open(path, 'r');
    try {
      length = (await handle.read(head, 0, head.length, 0)).bytesRead;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readError(error, path);
  }
  if (head.toString('latin1', 0, 15) === 'SQLite format 3') return 'geopackage';
  if (length >= 4 && head.readInt32BE(0) === 9994) return 'shapefile';
  if (/^\uFEFF?\s*\{/.test(head.toString('utf8', 0, length))) return 'geojson';
  // a table of text has nothing to tell it by but its name
  if (/\.(csv|tsv)$/i.test(path) && length > 0 && !head.subarray(0, length).includes(0))
    return 'csv';
  throw new AppError('unknown-format', formatMessage(path, length), { path });
}

function formatMessage(path: string, length: number): string {
  if (length === 0) return `${path} is empty. Export the ROIs again.`;
  if (/\.(dbf|shx|prj|cpg)$/i.test(path))
    return `${path} is a part of a Shapefile. Name the .shp file.`;
  return `${path} is no vector file that Prismap reads. Use GeoJSON, GeoPackage, Shapefile or CSV.`;
}
