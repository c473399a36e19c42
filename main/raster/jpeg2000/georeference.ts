import type { GeoTransform } from '../../../app/raster/geoTransform.ts';
import { memorySource } from '../scenes/memorySource.ts';
import { attributeOf, descendants, parseDocument, textOf } from '../scenes/xml.ts';
import { crsOf } from '../tiff/crs.ts';
import { readDirectory, readHeader } from '../tiff/directory.ts';
import { readGeoKeys } from '../tiff/geoKeys.ts';
import { readTransform } from '../tiff/transform.ts';
import type { XmlElement } from '../tiff/xml.ts';
import type { Jp2Boxes } from './boxes.ts';

/** Where the pixels of a JPEG 2000 file lie, as far as it says. */
export type Georeference = { readonly crs?: string; readonly transform?: GeoTransform };

/**
 * The georeference of the GeoJP2 box, else of the GMLJP2 box (GDAL's order).
 * @throws AppError `corrupt`
 */
export async function georeferenceOf(boxes: Jp2Boxes, uri: string): Promise<Georeference> {
  if (boxes.geoTiff !== undefined) {
    const found = await fromGeoTiff(boxes.geoTiff, uri);
    if (found.transform !== undefined) return found;
  }
  return boxes.gml === undefined ? {} : fromGml(boxes.gml, uri);
}

async function fromGeoTiff(bytes: Uint8Array, uri: string): Promise<Georeference> {
  const file = await readHeader(memorySource(uri, bytes));
  const directory = await readDirectory(file, file.first, new Set());
  const keys = await readGeoKeys(file, directory);
  const crs = await crsOf(keys);
  const transform = await readTransform(file, directory, keys);
  return {
    ...(crs === undefined ? {} : { crs }),
    ...(transform === undefined ? {} : { transform }),
  };
}

/** Origin is the centre of the first pixel; the first offset vector runs along columns, the second along rows. */
function fromGml(text: string, uri: string): Georeference {
  const root = parseDocument(text, uri);
  const grid = descendants(root, 'RectifiedGrid')[0];
  if (grid === undefined) return {};
  const crs = crsOfName(systemName(root, grid));
  const transform = transformOf(grid, crs?.yFirst === true && !eastFirst(grid));
  return {
    ...(crs === undefined ? {} : { crs: crs.text }),
    ...(transform === undefined ? {} : { transform }),
  };
}

function transformOf(grid: XmlElement, flip: boolean): GeoTransform | undefined {
  const place = descendants(grid, 'origin')[0];
  if (place === undefined) return undefined;
  const origin = numbers(textOf(place, 'pos') ?? textOf(place, 'coordinates') ?? '');
  const vectors = descendants(grid, 'offsetVector').map((vector) => numbers(vector.text));
  const [across, down] = vectors;
  if (origin.length < 2 || across?.length !== 2 || down?.length !== 2) return undefined;
  const [x, y] = ordered(origin, flip);
  const [columnX, columnY] = ordered(across, flip);
  const [rowX, rowY] = ordered(down, flip);
  const left = x - 0.5 * columnX - 0.5 * rowX;
  return [left, columnX, rowX, y - 0.5 * columnY - 0.5 * rowY, columnY, rowY];
}

/** Some producers (Pleiades) write easting first whatever the system says, and say so; so do grids without a system of their own. */
function eastFirst(grid: XmlElement): boolean {
  const first = descendants(grid, 'axisName')[0]?.text.trim() ?? '';
  return /^east/i.test(first) || ownSystem(grid) === undefined;
}

/** The name of the system on the grid itself, its origin or its vectors. */
function ownSystem(grid: XmlElement): string | undefined {
  const carriers = ['RectifiedGrid', 'Point', 'offsetVector'];
  for (const name of carriers) {
    const carrier = descendants(grid, name)[0];
    const found = carrier === undefined ? undefined : attributeOf(carrier, 'srsName');
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Older documents name the system once, on the envelope of the whole; positions are then x, y. */
function systemName(root: XmlElement, grid: XmlElement): string {
  const envelope = descendants(root, 'Envelope')[0];
  return ownSystem(grid) ?? (envelope && attributeOf(envelope, 'srsName')) ?? '';
}

function numbers(text: string): number[] {
  const values = text.split(/[\s,]+/).filter((word) => word !== '');
  const parsed = values.map(Number);
  return parsed.every(Number.isFinite) ? parsed : [];
}

function ordered(pair: readonly number[], flip: boolean): readonly [number, number] {
  return flip ? [pair[1]!, pair[0]!] : [pair[0]!, pair[1]!];
}

/**
 * EPSG systems whose own axis order is northing before easting, as the URN form of a name says. Geographic systems all
 * are; of projected ones, the families that scenes come in.
 */
function yFirst(code: number): boolean {
  const geographic = code >= 4001 && code <= 4999;
  const gaussKrueger = (code >= 31466 && code <= 31469) || (code >= 2391 && code <= 2394);
  return (
    geographic || gaussKrueger || code === 3034 || code === 3035 || (code >= 3038 && code <= 3051)
  );
}

function crsOfName(name: string): { readonly text: string; readonly yFirst: boolean } | undefined {
  const urn = /^urn:(?:x-)?ogc:def:crs:EPSG:[^:]*:(\d+)$/i.exec(name.trim());
  if (urn !== null) return { text: `EPSG:${urn[1]}`, yFirst: yFirst(Number(urn[1])) };
  const plain = /(?:EPSG:|epsg\.xml#)(\d+)$/i.exec(name.trim());
  return plain === null ? undefined : { text: `EPSG:${plain[1]}`, yFirst: false };
}
