import { AppError } from '../../../app/error.ts';
import { type ByteSource, checkRange } from './byteSource.ts';
import { limits } from './limits.ts';
import { tags } from './tags.ts';

/** How a file writes its numbers. */
export type ByteLayout = { readonly littleEndian: boolean; readonly bigTiff: boolean };

/** A file whose first bytes were recognised. */
export type TiffFile = {
  readonly source: ByteSource;
  readonly layout: ByteLayout;
  /** Offset of the first directory. */
  readonly first: number;
};

/** One field of a directory: `count` values of `type` at `position` of the file. */
export type Field = {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly position: number;
};

/** One image file directory; its fields are read when asked for. */
export type Directory = {
  readonly offset: number;
  readonly fields: ReadonlyMap<number, Field>;
  readonly next: number;
};

/** Bytes of one value of each field type. */
export const typeBytes: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [6, 1],
  [7, 1],
  [8, 2],
  [9, 4],
  [10, 8],
  [11, 4],
  [12, 8],
  [13, 4],
  [16, 8],
  [17, 8],
  [18, 8],
]);

/** True for the first bytes of a TIFF or BigTIFF of either byte order. */
export function isTiff(bytes: Uint8Array): boolean {
  return parseMagic(bytes) !== undefined;
}

function parseMagic(bytes: Uint8Array): ByteLayout | undefined {
  if (bytes.length < 4) return undefined;
  const littleEndian = bytes[0] === 0x49 && bytes[1] === 0x49;
  if (!littleEndian && !(bytes[0] === 0x4d && bytes[1] === 0x4d)) return undefined;
  const version = littleEndian ? bytes[2]! | (bytes[3]! << 8) : (bytes[2]! << 8) | bytes[3]!;
  return version === 42 || version === 43 ? { littleEndian, bigTiff: version === 43 } : undefined;
}

/** Reads the header. @throws AppError `unknown-format`, `corrupt` */
export async function readHeader(source: ByteSource): Promise<TiffFile> {
  const [start] = await source.read([{ offset: 0, length: Math.min(16, source.size) }]);
  const layout = parseMagic(start!);
  if (layout === undefined) {
    throw new AppError(
      'unknown-format',
      `${source.uri} does not begin like a TIFF file. Check that it is the file you mean.`,
      { uri: source.uri },
    );
  }
  checkRange(source, { offset: 0, length: layout.bigTiff ? 16 : 8 });
  const view = viewOf(start!);
  if (!layout.bigTiff) return { source, layout, first: view.getUint32(4, layout.littleEndian) };
  const offsetBytes = view.getUint16(4, layout.littleEndian);
  if (offsetBytes !== 8 || view.getUint16(6, layout.littleEndian) !== 0) {
    throw corrupt(source.uri, `its BigTIFF header states ${offsetBytes}-byte offsets, not 8`);
  }
  return { source, layout, first: unsigned64(view, 8, layout.littleEndian) };
}

/** An error `corrupt` that names the file. */
export function corrupt(uri: string, found: string): AppError {
  return new AppError(
    'corrupt',
    `${uri} is damaged: ${found}. Copy, download or export it again.`,
    { uri, found },
  );
}

/** All directories of the main chain, each offset visited once. @throws AppError `corrupt`, `too-large` */
export async function readChain(
  file: TiffFile,
  visited: Set<number>,
  signal?: AbortSignal,
): Promise<Directory[]> {
  const result: Directory[] = [];
  for (let offset = file.first; offset !== 0; ) {
    signal?.throwIfAborted();
    const directory = await readDirectory(file, offset, visited);
    result.push(directory);
    offset = directory.next;
  }
  if (result.length === 0) throw corrupt(file.source.uri, 'it holds no image');
  return result;
}

/** The directories that a directory's SubIFDs field names. */
export async function readChildren(
  file: TiffFile,
  parent: Directory,
  visited: Set<number>,
): Promise<Directory[]> {
  const field = parent.fields.get(tags.subIfds);
  if (field === undefined) return [];
  if (field.count > limits.directories) {
    throw corrupt(file.source.uri, `it lists ${field.count} sub-images`);
  }
  const result: Directory[] = [];
  for (const offset of await readNumbers(file, field)) {
    if (offset !== 0) result.push(await readDirectory(file, offset, visited));
  }
  return result;
}

/** One directory; `visited` keeps a file from sending the reader round in a circle. */
export async function readDirectory(
  file: TiffFile,
  offset: number,
  visited: Set<number>,
): Promise<Directory> {
  const { source, layout } = file;
  if (visited.has(offset)) throw corrupt(source.uri, 'its image directories form a loop');
  visited.add(offset);
  if (visited.size > limits.directories) {
    throw new AppError(
      'too-large',
      `${source.uri} has more than ${limits.directories} image directories. Split it first.`,
      { uri: source.uri, limit: limits.directories },
    );
  }
  const head = layout.bigTiff ? 8 : 2;
  const [counted] = await source.read([{ offset, length: head }]);
  const view = viewOf(counted!);
  const count = layout.bigTiff
    ? unsigned64(view, 0, layout.littleEndian)
    : view.getUint16(0, layout.littleEndian);
  if (count === 0 || count > limits.fields) {
    throw corrupt(source.uri, `an image directory states ${count} fields`);
  }
  return readFields(file, offset, head, count);
}

async function readFields(
  file: TiffFile,
  offset: number,
  head: number,
  count: number,
): Promise<Directory> {
  const { source, layout } = file;
  const { littleEndian, bigTiff } = layout;
  const width = bigTiff ? 20 : 12;
  const start = offset + head;
  const length = count * width + (bigTiff ? 8 : 4);
  const [bytes] = await source.read([{ offset: start, length }]);
  const view = viewOf(bytes!);
  const fields = new Map<number, Field>();
  for (let i = 0; i < count; i++) {
    const field = parseField(view, i * width, start, layout);
    // Of duplicates the first one counts, as in libtiff.
    if (!fields.has(field.tag)) fields.set(field.tag, field);
  }
  const at = count * width;
  const next = bigTiff ? unsigned64(view, at, littleEndian) : view.getUint32(at, littleEndian);
  return { offset, fields, next };
}

function parseField(
  view: DataView,
  at: number,
  start: number,
  { littleEndian, bigTiff }: ByteLayout,
): Field {
  const tag = view.getUint16(at, littleEndian);
  const type = view.getUint16(at + 2, littleEndian);
  // A field of an unknown type is an error when it is asked for, and none of our business else.
  const size = typeBytes.get(type) ?? Number.POSITIVE_INFINITY;
  const count = bigTiff
    ? unsigned64(view, at + 4, littleEndian)
    : view.getUint32(at + 4, littleEndian);
  const slot = at + (bigTiff ? 12 : 8);
  if (count * size <= (bigTiff ? 8 : 4)) return { tag, type, count, position: start + slot };
  const position = bigTiff
    ? unsigned64(view, slot, littleEndian)
    : view.getUint32(slot, littleEndian);
  return { tag, type, count, position };
}

/** Bytes of a field. @throws AppError `corrupt` past the end of the file, `too-large` */
export async function readBytes(file: TiffFile, field: Field): Promise<Uint8Array<ArrayBuffer>> {
  const size = typeBytes.get(field.type);
  if (size === undefined)
    throw corrupt(file.source.uri, `field ${field.tag} has the type ${field.type}`);
  const length = field.count * size;
  checkRange(file.source, { offset: field.position, length });
  if (length > limits.fieldBytes) {
    throw new AppError(
      'too-large',
      `${file.source.uri} has a field (${field.tag}) of ${length} bytes, more than ${limits.fieldBytes}.`,
      { uri: file.source.uri, tag: field.tag, length },
    );
  }
  const [bytes] = await file.source.read([{ offset: field.position, length }]);
  return bytes!;
}

/** Values of a numeric field; rationals as quotients. 64-bit integers over 2^53 become Infinity. */
export async function readNumbers(file: TiffFile, field: Field): Promise<number[]> {
  if (field.count > limits.fieldNumbers) {
    throw corrupt(file.source.uri, `field ${field.tag} states ${field.count} values`);
  }
  const view = viewOf(await readBytes(file, field));
  return parseNumbers(view, field.type, field.count, file.layout.littleEndian);
}

/** `count` values of a field type. */
export function parseNumbers(
  view: DataView,
  type: number,
  count: number,
  littleEndian: boolean,
): number[] {
  const size = typeBytes.get(type)!;
  const result = new Array<number>(count);
  for (let i = 0; i < count; i++) result[i] = numberAt(view, i * size, type, littleEndian);
  return result;
}

function numberAt(view: DataView, at: number, type: number, little: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little);
    case 4:
    case 13:
      return view.getUint32(at, little);
    case 5:
      return view.getUint32(at, little) / view.getUint32(at + 4, little);
    case 6:
      return view.getInt8(at);
    case 8:
      return view.getInt16(at, little);
    case 9:
      return view.getInt32(at, little);
    case 10:
      return view.getInt32(at, little) / view.getInt32(at + 4, little);
    case 11:
      return view.getFloat32(at, little);
    case 12:
      return view.getFloat64(at, little);
    case 16:
    case 18:
      return unsigned64(view, at, little);
    case 17:
      return Number(view.getBigInt64(at, little));
    default:
      return view.getUint8(at);
  }
}

/** A text field up to its first NUL, UTF-8 with Latin-1 where that fails. */
export async function readText(file: TiffFile, field: Field): Promise<string> {
  const bytes = await readBytes(file, field);
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    return Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1');
  }
}

/** A view of exactly an array's bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unsigned64(view: DataView, at: number, littleEndian: boolean): number {
  const value = Number(view.getBigUint64(at, littleEndian));
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
}
