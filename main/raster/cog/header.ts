import type { GeoTransform } from '../../../app/raster/geoTransform.ts';
import { bytesPerSample } from '../../../app/raster/samples.ts';
import type { Palette } from '../../../app/raster/scene.ts';
import { DirectoryWriter, type TiffField } from './directoryWriter.ts';
import type { GeoKey } from './geoKey.ts';
import { formatNumber } from './metadata.ts';
import type { CogPlan, Level } from './plan.ts';

/** Sizes in bytes of a level's tiles: band by band, row by row. */
export type TileSizes = readonly (readonly number[])[];

/** What stands before the tiles. */
export type HeaderContent = {
  readonly geoKeys: readonly GeoKey[];
  /** The GDAL_METADATA text. */
  readonly metadata: string | undefined;
  /** Of each level, full resolution first. */
  readonly tileBytes: TileSizes;
};

/** Every tile is preceded by its size and followed by its last four bytes again: readers can check and prefetch. */
export const leaderBytes = 4;
export const trailerBytes = 4;

const compressionCodes = { none: 1, deflate: 8, zstd: 50000 } as const;
const largestClassic = 2 ** 32 - 1;

/** The bytes of a COG up to its first tile, and whether it has to be a BigTIFF. */
export function cogHeader(plan: CogPlan, content: HeaderContent): Uint8Array {
  const data = content.tileBytes.flat().reduce((sum, size) => sum + size + 8, 0);
  const classic = plan.bigTiff === 'auto' ? layOut(plan, content, false) : undefined;
  if (classic !== undefined && classic.length + data <= largestClassic) return classic;
  return layOut(plan, content, true);
}

/** Lays the header out twice: its size does not depend on the offsets in it, so the second time they are right. */
function layOut(plan: CogPlan, content: HeaderContent, big: boolean): Uint8Array {
  const { length } = compose(plan, content, big, 0);
  return compose(plan, content, big, length);
}

function compose(
  plan: CogPlan,
  content: HeaderContent,
  big: boolean,
  dataStart: number,
): Uint8Array {
  const writer = new DirectoryWriter(big, ghostArea(plan));
  const offsets = tileOffsets(content.tileBytes, dataStart);
  plan.levels.forEach((level, index) => {
    const fields = imageFields(plan, level, index);
    fields.push([
      324,
      big
        ? BigUint64Array.from(offsets[index]!, BigInt)
        : Uint32Array.from(offsets[index]!, (v) => v),
    ]);
    fields.push([325, Uint32Array.from(content.tileBytes[index]!)]);
    if (index === 0) fields.push(...georeference(plan.grid.transform, content.geoKeys));
    if (index === 0 && content.metadata !== undefined) fields.push([42112, content.metadata]);
    if (plan.nodata !== undefined) fields.push([42113, formatNumber(plan.nodata)]);
    writer.add(fields.sort((a, b) => a[0] - b[0]));
  });
  return writer.finish();
}

/** Tiles lie behind the header, smallest overview first, so that a viewer finds the whole picture at the front. */
function tileOffsets(tileBytes: TileSizes, start: number): readonly (readonly number[])[] {
  const offsets: number[][] = tileBytes.map(() => []);
  let at = start;
  for (let level = tileBytes.length - 1; level >= 0; level--) {
    for (const size of tileBytes[level]!) {
      offsets[level]!.push(at + leaderBytes);
      at += leaderBytes + size + trailerBytes;
    }
  }
  return offsets;
}

/** What GDAL calls the ghost area: promises about the layout that its reader makes use of. */
function ghostArea(plan: CogPlan): string {
  const lines = [
    'LAYOUT=IFDS_BEFORE_DATA',
    'BLOCK_ORDER=ROW_MAJOR',
    'BLOCK_LEADER=SIZE_AS_UINT4',
    'BLOCK_TRAILER=LAST_4_BYTES_REPEATED',
    ...(plan.bands.length > 1 ? ['INTERLEAVE=BAND'] : []),
    'KNOWN_INCOMPATIBLE_EDITION=NO',
  ];
  // the space at the end lets an editor that breaks the layout write YES in place
  const text = `${lines.join('\n')}\n `;
  return `GDAL_STRUCTURAL_METADATA_SIZE=${String(text.length).padStart(6, '0')} bytes\n${text}`;
}

function imageFields(plan: CogPlan, level: Level, index: number): TiffField[] {
  const bands = plan.bands.length;
  const perBand = (value: number): Uint16Array => new Uint16Array(bands).fill(value);
  const colors = bands === 1 && plan.type === 'uint8' ? plan.palette : undefined;
  const fields: TiffField[] = [
    [254, Uint32Array.of(index === 0 ? 0 : 1)],
    [256, Uint32Array.of(level.width)],
    [257, Uint32Array.of(level.height)],
    [258, perBand(bytesPerSample(plan.type) * 8)],
    [259, Uint16Array.of(compressionCodes[plan.compression])],
    [262, Uint16Array.of(colors === undefined ? 1 : 3)],
    [277, Uint16Array.of(bands)],
    [284, Uint16Array.of(bands === 1 ? 1 : 2)],
    [322, Uint16Array.of(plan.tileSize)],
    [323, Uint16Array.of(plan.tileSize)],
    [339, perBand(plan.type.startsWith('float') ? 3 : plan.type.startsWith('u') ? 1 : 2)],
  ];
  if (plan.predictor !== 1) fields.push([317, Uint16Array.of(plan.predictor)]);
  if (bands > 1) fields.push([338, new Uint16Array(bands - 1)]);
  if (colors !== undefined) fields.push([320, colorMap(colors)]);
  return fields;
}

/** 256 reds, greens, blues of 16 bits. */
function colorMap(palette: Palette): Uint16Array {
  const map = new Uint16Array(768);
  for (const [value, color] of palette) {
    if (!Number.isInteger(value) || value < 0 || value > 255) continue;
    for (let part = 0; part < 3; part++) map[part * 256 + value] = color[part]! * 257;
  }
  return map;
}

function georeference(
  transform: GeoTransform | undefined,
  geoKeys: readonly GeoKey[],
): readonly TiffField[] {
  const fields: TiffField[] = [];
  if (transform !== undefined) {
    const [x, a, b, y, d, e] = transform;
    if (b === 0 && d === 0 && a > 0 && e < 0) {
      fields.push([33550, Float64Array.of(a, -e, 0)]);
      fields.push([33922, Float64Array.of(0, 0, 0, x, y, 0)]);
    } else fields.push([34264, Float64Array.of(a, b, 0, x, d, e, 0, y, 0, 0, 0, 0, 0, 0, 0, 1)]);
  }
  if (transform === undefined && geoKeys.length <= 1) return fields;
  return [...fields, ...keyDirectory(geoKeys)];
}

function keyDirectory(keys: readonly GeoKey[]): readonly TiffField[] {
  const directory = [1, 1, 0, keys.length];
  const numbers: number[] = [];
  let text = '';
  for (const [id, value] of keys) {
    if ('code' in value) directory.push(id, 0, 1, value.code);
    else if ('number' in value) directory.push(id, 34736, 1, numbers.push(value.number) - 1);
    else {
      // the bar ends a text in the shared string, so it cannot stand in one
      const ascii = `${value.text.replace(/[|\0]|[^\0-\x7f]/g, '_')}|`;
      directory.push(id, 34737, ascii.length, text.length);
      text += ascii;
    }
  }
  return [
    [34735, Uint16Array.from(directory)],
    ...(numbers.length > 0 ? ([[34736, Float64Array.from(numbers)]] as const) : []),
    ...(text === '' ? [] : ([[34737, text]] as const)),
  ];
}
