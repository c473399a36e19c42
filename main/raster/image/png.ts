import { createInflate } from 'node:zlib';
import { AppError } from '../../../app/error.ts';
import type { Palette } from '../../../app/raster/scene.ts';
import { throwIfCancelled } from '../scenes/cancelled.ts';
import { limits } from '../scenes/limits.ts';
import { type ByteSource } from '../tiff/byteSource.ts';

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
  readonly data: readonly { readonly offset: number; readonly length: number }[];
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
  const width = first.readUInt32BE(8);
  const height = first.readUInt32BE(12);
  const [depth, colour, , , interlace] = [...first.subarray(16, 21)] as [
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
    interlace > 1
  ) {
    throw damaged(
      source,
      `its header is not possible (${width} × ${height}, type ${colour}, ${depth} bits)`,
    );
  }
  const chunks = await readChunks(source);
  checkSize(source, { width, height, depth, channels: type.channels, data: chunks.data });
  const palette = colour === 3 ? paletteOf(chunks.palette, chunks.transparency) : undefined;
  const transparent = colour === 3 ? undefined : transparentOf(chunks.transparency, type.channels);
  return {
    width,
    height,
    depth,
    channels: type.channels,
    interlaced: interlace === 1,
    ...(palette === undefined ? {} : { palette }),
    ...(transparent === undefined ? {} : { transparent }),
    data: chunks.data,
  };
}

type Chunks = {
  readonly data: { readonly offset: number; readonly length: number }[];
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
    if (type === 'IDAT') chunks.data.push({ offset: position + 8, length });
    if (type === 'PLTE' && length <= 768)
      chunks.palette = await bytesAt(source, position + 8, length);
    if (type === 'tRNS' && length <= 256) {
      chunks.transparency = await bytesAt(source, position + 8, length);
    }
    position += 12 + length;
  }
  throw damaged(source, 'it does not end');
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

function paletteOf(colours: Buffer | undefined, alphas: Buffer | undefined): Palette {
  const count = Math.floor((colours?.length ?? 0) / 3);
  return new Map(
    Array.from({ length: count }, (_, i) => [
      i,
      [colours![3 * i]!, colours![3 * i + 1]!, colours![3 * i + 2]!, alphas?.[i] ?? 255] as const,
    ]),
  );
}

function transparentOf(bytes: Buffer | undefined, channels: number): readonly number[] | undefined {
  if (bytes === undefined || bytes.length < 2 * channels) return undefined;
  return Array.from({ length: channels }, (_, i) => bytes.readUInt16BE(2 * i));
}

/**
 * Decodes the pixels: interleaved samples, one byte each up to 8 bits (values as stored), else two (machine order).
 * @throws AppError `corrupt`, `cancelled`
 */
export async function decodePng(
  source: ByteSource,
  header: PngHeader,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = header.depth === 16 ? 2 : 1;
  const result = new Uint8Array(header.width * header.height * header.channels * size);
  const passes = passesOf(header);
  const total = passes.reduce((sum, pass) => sum + pass.height * (1 + pass.lineBytes), 0);
  const filtered = await inflateData(source, header, { total, signal });
  let position = 0;
  for (const pass of passes) {
    throwIfCancelled(signal);
    const lines = filtered.subarray(position, position + pass.height * (1 + pass.lineBytes));
    unfilter(source, lines, pass, Math.max(1, (header.channels * header.depth) >> 3));
    place(lines, pass, header, result);
    position += lines.length;
  }
  return result;
}

async function inflateData(
  source: ByteSource,
  header: PngHeader,
  options: { readonly total: number; readonly signal: AbortSignal | undefined },
): Promise<Uint8Array> {
  const target = new Uint8Array(options.total);
  const inflate = createInflate({ chunkSize: 2 ** 18 });
  let filled = 0;
  let over = false;
  inflate.on('data', (chunk: Buffer) => {
    const room = target.length - filled;
    over ||= chunk.length > room;
    target.set(chunk.subarray(0, room), filled);
    filled += Math.min(room, chunk.length);
    if (over) inflate.destroy();
  });
  const ended = new Promise<void>((resolve, reject) => {
    inflate.on('end', resolve).on('close', resolve).on('error', reject);
  });
  ended.catch(() => undefined);
  try {
    for (const range of header.data) {
      throwIfCancelled(options.signal);
      if (over) break;
      const [bytes] = await source.read([range], options.signal);
      await new Promise<void>((resolve) => {
        const done = (): void => resolve();
        inflate.once('close', done);
        inflate.write(bytes!, () => {
          inflate.off('close', done);
          resolve();
        });
      });
    }
    inflate.end();
    await ended;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw damaged(source, 'its pixels cannot be decompressed');
  } finally {
    inflate.destroy();
  }
  if (over) throw damaged(source, 'it holds more pixels than it declares');
  if (filled < target.length) throw damaged(source, 'it holds fewer pixels than it declares');
  return target;
}

/** One pass of an interlaced image, or the whole of a plain one. */
type Pass = {
  readonly width: number;
  readonly height: number;
  readonly lineBytes: number;
  readonly startX: number;
  readonly startY: number;
  readonly stepX: number;
  readonly stepY: number;
};

const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function passesOf(header: PngHeader): Pass[] {
  const steps = header.interlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  return steps
    .map(([startX, startY, stepX, stepY]): Pass => {
      const width = Math.ceil((header.width - startX) / stepX);
      const height = Math.ceil((header.height - startY) / stepY);
      const lineBytes = Math.ceil((width * header.channels * header.depth) / 8);
      return { width, height, lineBytes, startX, startY, stepX, stepY };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Undoes the filter of every line in place (clause 9); `step` is the distance to the same byte of the pixel before. */
function unfilter(source: ByteSource, lines: Uint8Array, pass: Pass, step: number): void {
  const stride = pass.lineBytes + 1;
  for (let y = 0; y < pass.height; y++) {
    const kind = lines[y * stride]!;
    const line = lines.subarray(y * stride + 1, (y + 1) * stride);
    const above =
      y === 0 ? new Uint8Array(pass.lineBytes) : lines.subarray((y - 1) * stride + 1, y * stride);
    if (kind > 4) throw damaged(source, `line ${y + 1} has an unknown filter`);
    if (kind === 1) for (let i = step; i < line.length; i++) line[i]! += line[i - step]!;
    if (kind === 2) for (let i = 0; i < line.length; i++) line[i]! += above[i]!;
    if (kind === 3) {
      for (let i = 0; i < line.length; i++) {
        line[i]! += ((i < step ? 0 : line[i - step]!) + above[i]!) >> 1;
      }
    }
    if (kind === 4) unfilterPaeth(line, above, step);
  }
}

function unfilterPaeth(line: Uint8Array, above: Uint8Array, step: number): void {
  for (let i = 0; i < line.length; i++) {
    const left = i < step ? 0 : line[i - step]!;
    const corner = i < step ? 0 : above[i - step]!;
    const up = above[i]!;
    const estimate = left + up - corner;
    const toLeft = Math.abs(estimate - left);
    const toUp = Math.abs(estimate - up);
    const toCorner = Math.abs(estimate - corner);
    line[i]! += toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
  }
}

/** Puts the samples of a pass where they belong in the image. */
function place(
  lines: Uint8Array,
  pass: Pass,
  header: PngHeader,
  result: Uint8Array<ArrayBuffer>,
): void {
  const { channels, depth, width } = header;
  const stride = pass.lineBytes + 1;
  const wide = depth === 16 ? new Uint16Array(result.buffer) : undefined;
  for (let y = 0; y < pass.height; y++) {
    const line = lines.subarray(y * stride + 1, (y + 1) * stride);
    const row = (pass.startY + y * pass.stepY) * width;
    if (depth === 8 && pass.stepX === 1) {
      result.set(line, row * channels);
      continue;
    }
    for (let x = 0; x < pass.width; x++) {
      const target = (row + pass.startX + x * pass.stepX) * channels;
      for (let c = 0; c < channels; c++) {
        const sample = x * channels + c;
        if (wide !== undefined) wide[target + c] = (line[2 * sample]! << 8) | line[2 * sample + 1]!;
        else result[target + c] = unpacked(line, sample, depth);
      }
    }
  }
}

function unpacked(line: Uint8Array, sample: number, depth: number): number {
  const bit = sample * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

function damaged(source: ByteSource, found: string): AppError {
  return new AppError(
    'corrupt',
    `${source.uri} is a damaged PNG: ${found}. Copy or download it again.`,
    { uri: source.uri },
  );
}
