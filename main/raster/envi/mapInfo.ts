import type { GeoTransform } from '../../../app/raster/geoTransform.ts';
import { isWgs84, shortCrs, utmCode } from '../scenes/crs.ts';
import { type EnviFields, listField } from './header.ts';

/** Georeference of an ENVI header: `map info` and `coordinate system string`. */
export type EnviGeoreference = {
  readonly crs?: string;
  readonly transform?: GeoTransform;
};

/**
 * `map info = {projection, tie column, tie row, easting, northing, pixel width, pixel height, …, rotation=degrees}`.
 * Tie positions count from 1 at the outer corner of the first pixel (1.5 is its centre); rotation is counter-clockwise.
 */
export function georeference(fields: EnviFields): EnviGeoreference {
  const items = listField(fields, 'map info');
  const transform = transformOf(items);
  const crs = crsOf(fields, items);
  return {
    ...(crs === undefined ? {} : { crs }),
    ...(transform === undefined ? {} : { transform }),
  };
}

function transformOf(items: readonly string[]): GeoTransform | undefined {
  const numbers = items.slice(1, 7).map(Number);
  if (numbers.length < 6 || numbers.some((value) => !Number.isFinite(value))) return undefined;
  const [column, row, easting, northing, width, height] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (width === 0 || height === 0) return undefined;
  const angle = (-rotation(items) * Math.PI) / 180;
  // The signs of GDAL's ENVI driver: a square pixel turned by the angle, rows downwards.
  const across = Math.cos(angle) * width;
  const shearX = -Math.sin(angle) * width;
  const shearY = -Math.sin(angle) * height;
  const down = -Math.cos(angle) * height;
  const plain = (value: number): number => (value === 0 ? 0 : value);
  return [
    easting - (column - 1) * across - (row - 1) * shearX,
    across,
    plain(shearX),
    northing - (column - 1) * shearY - (row - 1) * down,
    plain(shearY),
    down,
  ];
}

function rotation(items: readonly string[]): number {
  for (const item of items) {
    const match = /^rotation\s*=\s*(.+)$/i.exec(item);
    const degrees = Number(match?.[1]);
    if (match !== null && Number.isFinite(degrees)) return degrees;
  }
  return 0;
}

function crsOf(fields: EnviFields, items: readonly string[]): string | undefined {
  const wkt = fields.get('coordinate system string');
  if (wkt !== undefined && wkt !== '') return shortCrs(wkt);
  const plain = items.filter((item) => !item.includes('='));
  const projection = (plain[0] ?? '').toLowerCase();
  if (projection === 'utm') {
    const code = utmCode(Number(plain[7]), !/^s/i.test(plain[8] ?? ''), plain[9] ?? 'WGS-84');
    return code === undefined ? undefined : `EPSG:${code}`;
  }
  if (projection === 'geographic lat/lon' && isWgs84(plain[7] ?? 'WGS-84')) return 'EPSG:4326';
  return undefined;
}
