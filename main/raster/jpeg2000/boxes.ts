import { AppError } from '../../../app/error.ts';
import type { Palette } from '../../../app/raster/scene.ts';
import { limits } from '../scenes/limits.ts';
import type { ByteSource } from '../tiff/byteSource.ts';

/** What the boxes of a JP2 file say beside the pixels (ISO/IEC 15444-1 annex I). */
export type Jp2Boxes = {
  /** Where the codestream lies. */
  readonly codestream: { readonly offset: number; readonly length: number };
  /** The one-pixel GeoTIFF of a GeoJP2 box. */
  readonly geoTiff?: Uint8Array<ArrayBuffer>;
  /** GML of a GMLJP2 association. */
  readonly gml?: string;
  /** Colours of a palette box over one component. */
  readonly palette?: Palette;
};

const geoJp2 = 'b14bf8bd083d4b43a5ae8cd7d5a6ce03';
const superboxes = new Set(['jp2h', 'asoc']);
const mostBoxes = 4096;
const deepest = 8;

type Found = {
  codestream?: { offset: number; length: number };
  geoTiff?: Uint8Array<ArrayBuffer>;
  gml?: string;
  palette?: Palette;
  boxes: number;
};

/**
 * Walks the boxes. A file that is a bare codestream has no others.
 * @throws AppError `corrupt` where boxes overlap the end or no codestream is found
 */
export async function readBoxes(source: ByteSource): Promise<Jp2Boxes> {
  const head = (await source.read([{ offset: 0, length: Math.min(12, source.size) }]))[0]!;
  if (Buffer.from(head.subarray(0, 4)).toString('hex') === 'ff4fff51') {
    return { codestream: { offset: 0, length: source.size } };
  }
  const found: Found = { boxes: 0 };
  await walk(source, { start: 0, end: source.size, depth: 0, label: '' }, found);
  const { codestream } = found;
  if (codestream === undefined) throw damaged(source, 'it holds no codestream');
  return { ...found, codestream };
}

type Span = {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  /** Label of the association around, e.g. `gml.data`. */
  readonly label: string;
};

async function walk(source: ByteSource, span: Span, found: Found): Promise<void> {
  let position = span.start;
  let label = span.label;
  while (position + 8 <= span.end) {
    if (++found.boxes > mostBoxes) throw damaged(source, `it has more than ${mostBoxes} boxes`);
    const box = await boxAt(source, position, span.end);
    const text = box.type === 'lbl ' ? await content(source, box.start, box.end) : undefined;
    if (text !== undefined) label = Buffer.from(text).toString('utf8').replace(/\0+$/, '');
    if (superboxes.has(box.type) && span.depth < deepest) {
      await walk(source, { start: box.start, end: box.end, depth: span.depth + 1, label }, found);
    } else await readBox(source, { ...box, label }, found);
    position = box.end;
  }
}

type Box = { readonly type: string; readonly start: number; readonly end: number };

async function boxAt(source: ByteSource, position: number, end: number): Promise<Box> {
  const length = Math.min(16, end - position);
  const bytes = Buffer.from((await source.read([{ offset: position, length }]))[0]!);
  const type = bytes.toString('latin1', 4, 8);
  const short = bytes.readUInt32BE(0);
  const long = short === 1 && length === 16;
  const size = short === 0 ? end - position : long ? Number(bytes.readBigUInt64BE(8)) : short;
  const header = long ? 16 : 8;
  // The codestream may be cut: its tiles say so when they are read, and the header stays readable.
  const past = position + size > end && type !== 'jp2c';
  if (size < header || past) throw damaged(source, `its box "${type}" does not fit into the file`);
  return { type, start: position + header, end: Math.min(end, position + size) };
}

async function readBox(
  source: ByteSource,
  box: Box & { readonly label: string },
  found: Found,
): Promise<void> {
  if (box.type === 'jp2c') {
    found.codestream ??= { offset: box.start, length: box.end - box.start };
  } else if (box.type === 'uuid' && box.end - box.start > 16) {
    const bytes = await content(source, box.start, box.end);
    if (Buffer.from(bytes.subarray(0, 16)).toString('hex') !== geoJp2) return;
    found.geoTiff ??= new Uint8Array(bytes.subarray(16));
  } else if (box.type === 'xml ' && /gml/i.test(box.label)) {
    const text = Buffer.from(await content(source, box.start, box.end)).toString('utf8');
    if (/RectifiedGrid/.test(text)) found.gml ??= text.replace(/\0+$/, '');
  } else if (box.type === 'pclr') {
    const palette = paletteOf(Buffer.from(await content(source, box.start, box.end)));
    if (palette !== undefined) found.palette ??= palette;
  }
}

async function content(
  source: ByteSource,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (end - start > limits.textBytes) {
    throw new AppError(
      'too-large',
      `${source.uri} has ${end - start} bytes of metadata in one box; the limit is ${limits.textBytes}. ` +
        'Convert it to GeoTIFF.',
      { uri: source.uri, bytes: end - start },
    );
  }
  return (await source.read([{ offset: start, length: end - start }]))[0]!;
}

/** Entries of 3 or 4 columns of 8 bits; other palettes are passed over. */
function paletteOf(bytes: Buffer): Palette | undefined {
  if (bytes.length < 3) return undefined;
  const entries = bytes.readUInt16BE(0);
  const columns = bytes[2]!;
  const start = 3 + columns;
  if (columns < 3 || columns > 4 || start + entries * columns > bytes.length) return undefined;
  if (bytes.subarray(3, start).some((depth) => depth !== 7)) return undefined;
  return new Map(
    Array.from({ length: entries }, (_, i) => {
      const at = start + i * columns;
      const alpha = columns === 4 ? bytes[at + 3]! : 255;
      return [i, [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, alpha] as const];
    }),
  );
}

function damaged(source: ByteSource, found: string): AppError {
  return new AppError(
    'corrupt',
    `${source.uri} is a damaged JPEG 2000 file: ${found}. Copy or download it again.`,
    { uri: source.uri },
  );
}
