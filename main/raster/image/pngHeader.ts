import { crc32 } from 'node:zlib';
import { AppError } from '../../../app/error.ts';
import type { Palette } from '../../../app/raster/scene.ts';
import { limits } from '../scenes/limits.ts';
import type { ByteRange, ByteSource } from '../tiff/byteSource.ts';

/** The header of a PNG (ISO/IEC 15948) and where its compressed pixels lie. */
export type PngHeader = {
  readonly width: number;
  readonly height: number;
  /** Bits of a stored sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** Samples of a pixel: grey 1, palette 1, grey + alpha 2, colour 3, colour + alpha 4. */
  readonly channels: number;
  readonly interlaced: boolean;
  readonly palette?: Palette;
  /** The one colour that is transparent, a value a channel. */
  readonly transparent?: readonly number[];
  readonly data: readonly ByteRange[];
};

const mostChunks = 1_000_000;
/** By colour type: samples of a pixel and the depths that the standard allows. */
const colourTypes: ReadonlyMap<
  number,
  { readonly channels: number; readonly depths: readonly number[] }
> = new Map([
  [0, { channels: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { channels: 3, depths: [8, 16] }],
  [3, { channels: 1, depths: [1, 2, 4, 8] }],
  [4, { channels: 2, depths: [8, 16] }],
  [6, { channels: 4, depths: [8, 16] }],
]);

/**
 * Walks the chunks without reading pixels. @throws AppError `corrupt`, `too-large`
 */
export async function readPngHeader(source: ByteSource): Promise<PngHeader> {
  const first = await bytesAt(source, 8, 25);
  if (first.toString('latin1', 4, 8) !== 'IHDR' || first.readUInt32BE(0) !== 13) {
    throw damaged(source, 'its first chunk is not IHDR');
  }
  checkSum(source, first.subarray(4));
  const width = first.readUInt32BE(8);
  const height = first.readUInt32BE(12);
  const [depth, colour, compression, filter, interlace] = [...first.subarray(16, 21)] as [
    number,
    number,
    number,
    number,
    number,
  ];
  const type = colourTypes.get(colour);
  if (
    type === undefined ||
    !type.depths.includes(depth) ||
    width === 0 ||
    height === 0 ||
    Math.max(compression, filter, interlace - 1) > 0
  ) {
    throw damaged(
      source,
      `its header is not possible (${width} × ${height}, type ${colour}, ${depth} bits)`,
    );
  }
  const chunks = await readChunks(source);
  checkSize(source, { width, height, depth, channels: type.channels, data: chunks.data });
  return {
    width,
    height,
    depth,
    channels: type.channels,
    interlaced: interlace === 1,
    ...(colour === 3 ? paletteOf(source, chunks) : transparentOf(chunks, type.channels)),
    data: chunks.data,
  };
}

type Chunks = {
  readonly data: ByteRange[];
  palette?: Buffer;
  transparency?: Buffer;
};

async function readChunks(source: ByteSource): Promise<Chunks> {
  const chunks: Chunks = { data: [] };
  let position = 33;
  for (let count = 0; count < mostChunks; count++) {
    const head = await bytesAt(source, position, 8);
    const length = head.readUInt32BE(0);
    const type = head.toString('latin1', 4, 8);
    if (type === 'IEND') return chunks;
    if (position + 12 + length > source.size)
      throw damaged(source, `its chunk ${type} is cut short`);
    const place = { offset: position + 8, length };
    if (type === 'IDAT') addData(source, chunks.data, place);
    // What follows the pixels does not count for them.
    const before = chunks.data.length === 0;
    if (before && type === 'PLTE') chunks.palette = await paletteChunk(source, place);
    if (before && type === 'tRNS' && length <= 256)
      chunks.transparency = await contentOf(source, place);
    position += 12 + length;
  }
  throw damaged(source, 'it does not end');
}

/** Chunks of pixels follow each other: what another one cuts off, other readers leave out. */
function addData(source: ByteSource, data: ByteRange[], place: ByteRange): void {
  const last = data.at(-1);
  if (last !== undefined && last.offset + last.length + 12 !== place.offset)
    throw damaged(source, 'its pixels are interrupted');
  data.push(place);
}

async function paletteChunk(source: ByteSource, place: ByteRange): Promise<Buffer> {
  if (place.length === 0 || place.length > 768 || place.length % 3 !== 0)
    throw damaged(source, `its palette has ${place.length} bytes`);
  return contentOf(source, place);
}

async function contentOf(source: ByteSource, { offset, length }: ByteRange): Promise<Buffer> {
  return checkSum(source, await bytesAt(source, offset - 4, 4 + length + 4));
}

/** The content of a chunk, given with its type before it and its checksum behind it. @throws AppError `corrupt` */
export function checkSum(source: ByteSource, chunk: Buffer): Buffer {
  const end = chunk.length - 4;
  if (crc32(chunk.subarray(0, end)) !== chunk.readUInt32BE(end))
    throw damaged(source, 'a checksum does not agree');
  return chunk.subarray(4, end);
}

async function bytesAt(source: ByteSource, offset: number, length: number): Promise<Buffer> {
  if (offset + length > source.size) throw damaged(source, 'it is cut short');
  const [bytes] = await source.read([{ offset, length }]);
  return Buffer.from(bytes!.buffer, bytes!.byteOffset, bytes!.byteLength);
}

function checkSize(
  source: ByteSource,
  image: Pick<PngHeader, 'width' | 'height' | 'depth' | 'channels' | 'data'>,
): void {
  const bytes = image.width * image.height * image.channels * (image.depth === 16 ? 2 : 1);
  if (bytes > limits.imageBytes) {
    throw new AppError(
      'too-large',
      `${source.uri} is a PNG of ${image.width} × ${image.height} pixels, ${Math.ceil(bytes / 2 ** 20)} MiB decoded; ` +
        `the limit is ${limits.imageBytes / 2 ** 20} MiB because a PNG is decoded whole. Convert it to GeoTIFF.`,
      { uri: source.uri, bytes, limit: limits.imageBytes },
    );
  }
  const stored = image.data.reduce((sum, part) => sum + part.length, 0);
  // Deflate cannot shrink by more than 1032: a smaller file does not hold the image that it declares.
  const packed = image.height * Math.ceil((image.width * image.channels * image.depth) / 8);
  if (stored * 1032 < packed) throw damaged(source, 'it holds far fewer pixels than it declares');
}

function paletteOf(source: ByteSource, chunks: Chunks): Pick<PngHeader, 'palette'> {
  const { palette: colours, transparency } = chunks;
  if (colours === undefined) throw damaged(source, 'it has no palette');
  const entries = Array.from({ length: colours.length / 3 }, (_, i) => {
    const alpha = transparency?.[i] ?? 255;
    return [
      i,
      [colours[3 * i]!, colours[3 * i + 1]!, colours[3 * i + 2]!, alpha] as const,
    ] as const;
  });
  return { palette: new Map(entries) };
}

function transparentOf({ transparency }: Chunks, channels: number): Pick<PngHeader, 'transparent'> {
  if (transparency === undefined || transparency.length < 2 * channels) return {};
  const transparent = Array.from({ length: channels }, (_, i) => transparency.readUInt16BE(2 * i));
  return { transparent };
}

/** An error `corrupt` that names the file. */
export function damaged(source: ByteSource, found: string): AppError {
  return new AppError(
    'corrupt',
    `${source.uri} is a damaged PNG: ${found}. Copy or download it again.`,
    { uri: source.uri },
  );
}
