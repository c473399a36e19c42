import { AppError } from '../../../app/error.ts';
import { limits } from '../scenes/limits.ts';
import type { ByteSource } from '../tiff/byteSource.ts';

/** One component (band) of a codestream. */
export type Component = {
  readonly bits: number;
  readonly signed: boolean;
  readonly stepX: number;
  readonly stepY: number;
};

/**
 * The main header of a codestream (ISO/IEC 15444-1 annex A). Positions are on its reference grid, where the image
 * covers [x0, x1) × [y0, y1) and tiles start at (tileX, tileY).
 */
export type Codestream = {
  readonly offset: number;
  readonly length: number;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly tileX: number;
  readonly tileY: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly tilesAcross: number;
  readonly tilesDown: number;
  readonly components: readonly Component[];
  /** Number of wavelet decompositions: resolutions beside the full one. */
  readonly levels: number;
  /** Bytes of the SIZ segment with its marker. */
  readonly siz: Uint8Array<ArrayBuffer>;
  /** All other segments of the main header that a single tile needs. */
  readonly segments: readonly Uint8Array[];
  /** Byte position of the first tile-part. */
  readonly firstTilePart: number;
};

const marker = { soc: 0xff4f, siz: 0xff51, cod: 0xff52, sot: 0xff90, eoc: 0xffd9, ppm: 0xff60 };
/** Indices of packets and tile-parts and comments: a tile decodes without them. */
const dropped = new Set([0xff55, 0xff57, 0xff58, 0xff63, 0xff64]);
const mostSegments = 8192;
const mostTiles = 65535;

/** @throws AppError `corrupt`, `unsupported`, `too-large` */
export async function readCodestream(
  source: ByteSource,
  span: { readonly offset: number; readonly length: number },
): Promise<Codestream> {
  const end = span.offset + span.length;
  if ((await word(source, span.offset, end)) !== marker.soc) {
    throw damaged(source, 'its codestream does not begin with SOC');
  }
  let position = span.offset + 2;
  const header: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const segment = await segmentAt(source, position, end);
    if (segment.code === marker.sot) break;
    if (header.length >= mostSegments) throw damaged(source, 'its main header does not end');
    if (!dropped.has(segment.code)) {
      const range = { offset: position, length: segment.length };
      header.push((await source.read([range]))[0]!);
    }
    position += segment.length;
  }
  const siz = header.find((bytes) => codeOf(bytes) === marker.siz);
  const coding = header.find((bytes) => codeOf(bytes) === marker.cod);
  const levels = coding?.[9];
  if (siz === undefined || levels === undefined || levels > 32) {
    throw damaged(source, 'its main header lacks the size or the coding style');
  }
  const segments = header.filter((bytes) => bytes !== siz);
  return { ...sizes(source, siz), ...span, levels, siz, segments, firstTilePart: position };
}

function codeOf(segment: Uint8Array): number {
  return (segment[0]! << 8) | segment[1]!;
}

/** Marker and whole length of a segment of the main header; the first tile-part ends it. */
async function segmentAt(
  source: ByteSource,
  position: number,
  end: number,
): Promise<{ readonly code: number; readonly length: number }> {
  const code = await word(source, position, end);
  if (code === marker.sot) return { code, length: 0 };
  if (code === marker.ppm) {
    throw new AppError(
      'unsupported',
      `${source.uri} keeps its packet headers apart (PPM), which is not read. Convert it to GeoTIFF.`,
      { uri: source.uri },
    );
  }
  const length = (await word(source, position + 2, end)) + 2;
  if (code < 0xff00 || length < 4 || position + length > end) {
    throw damaged(source, 'its main header does not end');
  }
  return { code, length };
}

async function word(source: ByteSource, position: number, end: number): Promise<number> {
  if (position + 2 > end) throw damaged(source, 'its codestream ends within the main header');
  const bytes = (await source.read([{ offset: position, length: 2 }]))[0]!;
  return (bytes[0]! << 8) | bytes[1]!;
}

function sizes(
  source: ByteSource,
  siz: Uint8Array,
): Omit<Codestream, 'offset' | 'length' | 'levels' | 'siz' | 'segments' | 'firstTilePart'> {
  const bytes = Buffer.from(siz.buffer, siz.byteOffset, siz.byteLength);
  if (bytes.length < 43) throw damaged(source, 'its size segment is too short');
  const field = (index: number): number => bytes.readUInt32BE(6 + 4 * index);
  const [x1, y1, x0, y0] = [field(0), field(1), field(2), field(3)];
  const [tileWidth, tileHeight, tileX, tileY] = [field(4), field(5), field(6), field(7)];
  const count = bytes.readUInt16BE(38);
  if (count === 0 || bytes.length < 40 + 3 * count) throw damaged(source, 'it lists no components');
  const components = Array.from({ length: count }, (_, i): Component => {
    const depth = bytes[40 + 3 * i]!;
    return {
      bits: (depth & 0x7f) + 1,
      signed: depth >= 128,
      stepX: bytes[41 + 3 * i]!,
      stepY: bytes[42 + 3 * i]!,
    };
  });
  const sound =
    x1 > x0 &&
    y1 > y0 &&
    tileWidth > 0 &&
    tileHeight > 0 &&
    tileX <= x0 &&
    tileY <= y0 &&
    tileX + tileWidth > x0 &&
    tileY + tileHeight > y0;
  if (!sound) throw damaged(source, `its sizes contradict each other (${x1 - x0} × ${y1 - y0})`);
  const tilesAcross = Math.ceil((x1 - tileX) / tileWidth);
  const tilesDown = Math.ceil((y1 - tileY) / tileHeight);
  if (x1 - x0 > limits.side || y1 - y0 > limits.side || tilesAcross * tilesDown > mostTiles) {
    throw new AppError(
      'too-large',
      `${source.uri} declares ${x1 - x0} × ${y1 - y0} pixels in ${tilesAcross * tilesDown} tiles; ` +
        `at most ${mostTiles} tiles are possible. The file is damaged.`,
      { uri: source.uri, width: x1 - x0, height: y1 - y0 },
    );
  }
  return {
    x0,
    y0,
    x1,
    y1,
    tileX,
    tileY,
    tileWidth,
    tileHeight,
    tilesAcross,
    tilesDown,
    components,
  };
}

/** Position and length of every tile-part, by tile. */
export type TileParts = ReadonlyMap<
  number,
  readonly { readonly offset: number; readonly length: number }[]
>;

/** Walks the tile-parts by their declared lengths, reading 12 bytes of each. @throws AppError `corrupt` */
export async function readTileParts(source: ByteSource, stream: Codestream): Promise<TileParts> {
  const end = stream.offset + stream.length;
  const tiles = stream.tilesAcross * stream.tilesDown;
  const parts = new Map<number, { offset: number; length: number }[]>();
  let position = stream.firstTilePart;
  // The number of parts of a tile is a byte, so the walk is bounded.
  for (let count = 0; count <= tiles * 255; count++) {
    const next = position + 2 <= end ? await word(source, position, end) : undefined;
    if (next === marker.eoc || (next === undefined && count > 0)) break;
    // Where a tile is shorter or longer than it says, its pixels cannot be trusted either.
    if (next !== undefined && next !== marker.sot)
      throw damaged(source, 'what follows a tile is none');
    if (position + 12 > end) throw damaged(source, 'it is cut short');
    const bytes = Buffer.from((await source.read([{ offset: position, length: 12 }]))[0]!);
    const tile = bytes.readUInt16BE(4);
    const declared = bytes.readUInt32BE(6);
    const length = declared === 0 ? end - position : declared;
    if (tile >= tiles || length < 14 || position + length > end) {
      throw damaged(source, `tile ${tile + 1} of ${tiles} ends past the end of the file`);
    }
    const list = parts.get(tile) ?? [];
    list.push({ offset: position, length });
    parts.set(tile, list);
    position += length;
  }
  return parts;
}

/** A tile by its column and row. */
export type TileAddress = { readonly column: number; readonly row: number };

/** The part of the reference grid that a tile covers. */
export function tileBounds(
  stream: Codestream,
  tile: TileAddress,
): { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number } {
  const left = stream.tileX + tile.column * stream.tileWidth;
  const top = stream.tileY + tile.row * stream.tileHeight;
  return {
    x0: Math.max(left, stream.x0),
    y0: Math.max(top, stream.y0),
    x1: Math.min(left + stream.tileWidth, stream.x1),
    y1: Math.min(top + stream.tileHeight, stream.y1),
  };
}

/**
 * A codestream that holds one tile and nothing else: the image area becomes the tile's, with the same positions on the
 * reference grid, so that wavelets and code-blocks fall as in the whole. A decoder then works in the memory of a tile.
 */
export async function extractTile(
  source: ByteSource,
  stream: Codestream,
  tile: TileAddress & {
    readonly parts: readonly { readonly offset: number; readonly length: number }[];
  },
): Promise<Uint8Array> {
  const bounds = tileBounds(stream, tile);
  const siz = Buffer.from(stream.siz);
  siz.writeUInt32BE(bounds.x1, 6);
  siz.writeUInt32BE(bounds.y1, 10);
  siz.writeUInt32BE(bounds.x0, 14);
  siz.writeUInt32BE(bounds.y0, 18);
  siz.writeUInt32BE(stream.tileX + tile.column * stream.tileWidth, 30);
  siz.writeUInt32BE(stream.tileY + tile.row * stream.tileHeight, 34);
  for (const [i, component] of stream.components.entries()) {
    if (isShortSigned(component)) siz[40 + 3 * i]! &= 0x7f;
  }
  const parts = await source.read(tile.parts);
  for (const part of parts) {
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    bytes.writeUInt16BE(0, 4);
    if (bytes.readUInt32BE(6) === 0) bytes.writeUInt32BE(endOfPart(bytes), 6);
  }
  return Buffer.concat([
    Buffer.of(0xff, 0x4f),
    siz,
    ...stream.segments,
    ...parts,
    Buffer.of(0xff, 0xd9),
  ]);
}

/**
 * The decoder's build cuts negative samples of up to 8 bits off at 0. An extracted tile says that they are unsigned, and
 * they come out of it with half of their range added.
 */
export function isShortSigned(component: Component): boolean {
  return component.signed && component.bits <= 8;
}

/** Length of a last tile-part that ran to the end of the codestream, without the end marker. */
function endOfPart(bytes: Buffer): number {
  const ended = bytes.length >= 2 && bytes.readUInt16BE(bytes.length - 2) === marker.eoc;
  return ended ? bytes.length - 2 : bytes.length;
}

function damaged(source: ByteSource, found: string): AppError {
  return new AppError(
    'corrupt',
    `${source.uri} is a damaged JPEG 2000 file: ${found}. Copy or download it again.`,
    { uri: source.uri },
  );
}
