import { AppError } from '../../../app/error.ts';
import {
  bytesPerSample,
  type SampleArray,
  type SampleType,
  samplesOf,
} from '../../../app/raster/samples.ts';
import { limits } from '../scenes/limits.ts';
import type { ByteSource } from '../tiff/byteSource.ts';
import { type Codestream, extractTile, isShortSigned, type TileParts } from './codestream.ts';
import { decodeAside } from './decodePool.ts';
import { decodeCodestream } from './openJpegDecoder.ts';

/** Tiles below this are decoded at once: handing them to another thread takes longer. */
const inlineSamples = 2 ** 17;

/** The pixel grid of a codestream at 1 / 2^reduction of its size. */
export type DecodedGrid = {
  readonly reduction: number;
  readonly width: number;
  readonly height: number;
  /** First column of each tile column, and the width as a last entry. */
  readonly columnStarts: Int32Array;
  /** First row of each tile row, and the height as a last entry. */
  readonly rowStarts: Int32Array;
};

/** Reduced sizes by the standard's rule: every bound on the reference grid is divided and rounded up (annex B). */
export function gridAt(stream: Codestream, reduction: number): DecodedGrid {
  const divisor = 2 ** reduction;
  const reduced = (value: number): number => Math.ceil(value / divisor);
  const columnStarts = starts(
    stream.tilesAcross,
    (tile) =>
      reduced(Math.min(stream.x1, Math.max(stream.x0, stream.tileX + tile * stream.tileWidth))) -
      reduced(stream.x0),
  );
  const rowStarts = starts(
    stream.tilesDown,
    (tile) =>
      reduced(Math.min(stream.y1, Math.max(stream.y0, stream.tileY + tile * stream.tileHeight))) -
      reduced(stream.y0),
  );
  return {
    reduction,
    width: columnStarts[stream.tilesAcross]!,
    height: rowStarts[stream.tilesDown]!,
    columnStarts,
    rowStarts,
  };
}

function starts(tiles: number, start: (tile: number) => number): Int32Array {
  return Int32Array.from({ length: tiles + 1 }, (_, tile) => start(tile));
}

/**
 * Decodes one tile alone: interleaved samples, row by row.
 * @throws AppError `corrupt`, `too-large`
 */
export async function decodeTile(
  source: ByteSource,
  stream: Codestream,
  tile: {
    readonly column: number;
    readonly row: number;
    readonly grid: DecodedGrid;
    readonly parts: TileParts;
    readonly type: SampleType;
  },
): Promise<SampleArray> {
  const { column, row, grid } = tile;
  const width = grid.columnStarts[column + 1]! - grid.columnStarts[column]!;
  const height = grid.rowStarts[row + 1]! - grid.rowStarts[row]!;
  const samples = width * height * stream.components.length;
  if (samples > limits.tileSamples) {
    throw new AppError(
      'too-large',
      `${source.uri} has tiles of ${width} × ${height} pixels with ${stream.components.length} components; ` +
        `at most ${limits.tileSamples} samples are decoded at once. Convert it to a tiled GeoTIFF.`,
      { uri: source.uri, samples, limit: limits.tileSamples },
    );
  }
  const index = row * stream.tilesAcross + column;
  const parts = tile.parts.get(index);
  if (parts === undefined) throw damaged(source, index, 'it is not in the file');
  const bytes = await extractTile(source, stream, { column, row, parts });
  const decode = samples < inlineSamples ? decodeCodestream : decodeAside;
  const decoded = await decode(bytes, grid.reduction).catch((error: Error) => {
    throw damaged(source, index, error.message);
  });
  const expected = samples * bytesPerSample(tile.type);
  if (decoded.bytes.length !== expected || decoded.components !== stream.components.length) {
    const found = `it decodes to ${decoded.bytes.length} bytes, not ${expected}`;
    throw damaged(source, index, found);
  }
  const values = samplesOf(tile.type, decoded.bytes.buffer, 0, samples);
  if (stream.components.every(isShortSigned)) centre(values as Int8Array, stream);
  return values;
}

/** Takes away the half of their range that was added to the samples of each component. */
function centre(values: Int8Array, { components }: Codestream): void {
  const half = components.map((component) => 2 ** (component.bits - 1));
  for (let i = 0; i < values.length; i++) values[i]! -= half[i % half.length]!;
}

function damaged(source: ByteSource, index: number, found: string): AppError {
  return new AppError(
    'corrupt',
    `Tile ${index + 1} of ${source.uri} cannot be decoded: ${found.trim()}. Copy or download the file again.`,
    { uri: source.uri, tile: index },
  );
}
