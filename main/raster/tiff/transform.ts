import type { GeoTransform } from '../../../app/raster/geoTransform.ts';
import { corrupt, type Directory, readNumbers, type TiffFile } from './directory.ts';
import type { GeoKeys } from './geoKeys.ts';
import { tags } from './tags.ts';

const rasterType = 1025;
const pixelIsPoint = 2;

/**
 * The affine transform of a directory as GDAL derives it: pixel scale and first tiepoint, else the transformation
 * matrix; PixelIsPoint moves it by half a pixel. Undefined where there is none (several tiepoints alone are control
 * points, not a transform). @throws AppError `corrupt` where it is not finite
 */
export async function readTransform(
  file: TiffFile,
  directory: Directory,
  keys: GeoKeys,
): Promise<GeoTransform | undefined> {
  const transform = (await fromScale(file, directory)) ?? (await fromMatrix(file, directory));
  if (transform === undefined) return undefined;
  if (!transform.every(Number.isFinite)) {
    throw corrupt(file.source.uri, 'its georeference holds numbers that are not finite');
  }
  // Writers without a georeference store the identity.
  if (transform.join() === '0,1,0,0,0,1') return undefined;
  if (keys.get(rasterType) !== pixelIsPoint) return transform;
  const [x, a, b, y, d, e] = transform;
  return [x - (a * 0.5 + b * 0.5), a, b, y - (d * 0.5 + e * 0.5), d, e];
}

async function numbers(file: TiffFile, directory: Directory, tag: number): Promise<number[]> {
  const field = directory.fields.get(tag);
  return field === undefined ? [] : readNumbers(file, field);
}

async function fromScale(file: TiffFile, directory: Directory): Promise<GeoTransform | undefined> {
  const [scaleX, scaleY] = await numbers(file, directory, tags.pixelScale);
  if (scaleX === undefined || scaleY === undefined || scaleX === 0 || scaleY === 0)
    return undefined;
  const tie = await numbers(file, directory, tags.tiepoints);
  if (tie.length < 6) return undefined;
  const [column, row, , x, y] = tie as [number, number, number, number, number];
  const stepY = -Math.abs(scaleY);
  return [x - column * scaleX, scaleX, 0, y - row * stepY, 0, stepY];
}

async function fromMatrix(file: TiffFile, directory: Directory): Promise<GeoTransform | undefined> {
  const m = await numbers(file, directory, tags.transformation);
  if (m.length !== 16) return undefined;
  return [m[3]!, m[0]!, m[1]!, m[7]!, m[4]!, m[5]!];
}

/**
 * The transform in a world file's text: six numbers (x step, row rotation, column rotation, y step, and the centre of
 * the first pixel); undefined where it does not hold them.
 */
export function parseWorldFile(text: string): GeoTransform | undefined {
  const values = text
    .trim()
    .split(/\s+/)
    .slice(0, 6)
    .map((word) => Number(word.replace(',', '.')));
  if (values.length < 6 || !values.every(Number.isFinite)) return undefined;
  const [a, d, b, e, x, y] = values as [number, number, number, number, number, number];
  if ((a === 0 && b === 0) || (d === 0 && e === 0)) return undefined;
  return [x - 0.5 * a - 0.5 * b, a, b, y - 0.5 * d - 0.5 * e, d, e];
}
