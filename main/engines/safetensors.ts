import { AppError } from '../../app/error.ts';
import type { Shape } from '../../app/model/ops.ts';
import { duplicateKey } from './duplicateKey.ts';

/** Element types of the format, with their bytes. */
export const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

export type ElementType = keyof typeof elementBytes;

/** One tensor as it lies in the file: little-endian, row-major. */
export type SafeTensor = {
  readonly type: ElementType;
  readonly shape: Shape;
  readonly bytes: Uint8Array;
};

export type SafetensorsFile = {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
};

/** The largest header that is read. A header takes about 100 bytes a tensor: this is 100,000 of them. */
const headerLimit = 10 * 1024 * 1024;

/** A file of float32 tensors. Deterministic: order of the table, data aligned to 8 bytes. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, { readonly shape: Shape; readonly values: Float32Array }>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const rows = [...tensors].map(([name, { shape }]) => ({ name, type: 'F32' as const, shape }));
  const { bytes: header, dataBytes } = safetensorsHeader(rows, metadata);
  const file = new Uint8Array(header.length + dataBytes);
  file.set(header);
  const view = new DataView(file.buffer);
  let at = header.length;
  for (const { values } of tensors.values()) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return file;
}

/** What stands before the numbers of a file whose tensors follow in this order; `dataBytes` is what they come to. */
export function safetensorsHeader(
  tensors: readonly {
    readonly name: string;
    readonly type: ElementType;
    readonly shape: Shape;
  }[],
  metadata: Readonly<Record<string, string>>,
): { readonly bytes: Uint8Array; readonly dataBytes: number } {
  // As entries: a tensor may be called "__proto__".
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let end = 0;
  for (const { name, type, shape } of tensors) {
    const begin = end;
    end += shape.reduce((product, size) => product * size, elementBytes[type]);
    header.push([name, { dtype: type, shape, data_offsets: [begin, end] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return { bytes, dataBytes: end };
}

/**
 * Reads a file that may be anything. Nothing is allocated but the tables: tensors are views of `file`.
 * @param name of the file, for messages
 * @throws AppError `bad-weights` unless header, names, types, shapes and offsets agree and cover the data exactly once
 */
export function readSafetensors(file: Uint8Array, name: string): SafetensorsFile {
  const length = safetensorsHeaderLength(file, file.length, name);
  const { tensors, metadata } = readSafetensorsHeader(file.subarray(0, length), file.length, name);
  return {
    tensors: new Map(
      [...tensors].map(([key, { type, shape, begin, end }]) => [
        key,
        { type, shape, bytes: file.subarray(begin, end) },
      ]),
    ),
    metadata,
  };
}

/** A tensor in a file that is read in pieces: its bytes, from the start of the file. */
export type SafeTensorSpan = {
  readonly type: ElementType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
};

/** Where the header ends. @param start at least the first 8 bytes @throws AppError `bad-weights` */
export function safetensorsHeaderLength(
  start: Uint8Array,
  fileBytes: number,
  name: string,
): number {
  const refuse = refusal(name);
  if (start.length < 8) throw refuse(`it has ${start.length} bytes, fewer than the length field`);
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  const headerLength = view.getBigUint64(0, true);
  if (headerLength > headerLimit) throw refuse(`its header claims ${headerLength} bytes`);
  const dataStart = 8 + Number(headerLength);
  if (dataStart > fileBytes) throw refuse('its header is cut off');
  return dataStart;
}

/**
 * The tables alone.
 * @param head all bytes before the data
 * @throws AppError `bad-weights` as `readSafetensors`
 */
export function readSafetensorsHeader(
  head: Uint8Array,
  fileBytes: number,
  name: string,
): {
  readonly tensors: ReadonlyMap<string, SafeTensorSpan>;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const refuse = refusal(name);
  const dataStart = head.length;
  const header = parseHeader(head.subarray(8), refuse);
  const tensors = new Map<string, SafeTensorSpan>();
  const spans: [number, number, string][] = [];
  let metadata: Record<string, string> = {};
  for (const [key, entry] of Object.entries(header)) {
    if (key === '__metadata__') {
      metadata = metadataOf(entry, refuse);
      continue;
    }
    const { type, shape, begin, end } = tensorEntry(key, entry, refuse);
    if (end > fileBytes - dataStart) throw refuse(`tensor "${key}" ends beyond the file`);
    spans.push([begin, end, key]);
    tensors.set(key, { type, shape, begin: dataStart + begin, end: dataStart + end });
  }
  checkCover(spans, fileBytes - dataStart, refuse);
  return { tensors, metadata };
}

type Refuse = (why: string) => AppError;

function refusal(name: string): Refuse {
  return (why) =>
    new AppError(
      'bad-weights',
      `${name} is no usable safetensors file: ${why}. Copy or train the model again.`,
      { path: name },
    );
}

function parseHeader(bytes: Uint8Array, refuse: Refuse): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw refuse('its header is not JSON');
  }
  if (!isRecord(header)) throw refuse('its header is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw refuse(`its header names "${twice}" twice`);
  return header;
}

function metadataOf(entry: unknown, refuse: Refuse): Record<string, string> {
  if (!isRecord(entry)) throw refuse('its metadata is not an object');
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== 'string') throw refuse(`its metadata "${key}" is not text`);
    result[key] = value;
  }
  return result;
}

function tensorEntry(
  key: string,
  entry: unknown,
  refuse: Refuse,
): { type: ElementType; shape: number[]; begin: number; end: number } {
  if (!isRecord(entry)) throw refuse(`tensor "${key}" is not described`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(elementBytes, dtype))
    throw refuse(
      `tensor "${key}" has ${typeof dtype === 'string' ? `the unknown type "${dtype}"` : 'no type'}`,
    );
  const type = dtype as ElementType;
  if (!isSizes(shape)) throw refuse(`tensor "${key}" has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw refuse(`tensor "${key}" has no valid offsets`);
  const [begin = 0, end = 0] = offsets;
  let bytes: number = elementBytes[type];
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) throw refuse(`tensor "${key}" has an absurd shape`);
  }
  if (end - begin !== bytes)
    throw refuse(`tensor "${key}" takes ${end - begin} bytes where its shape needs ${bytes}`);
  return { type, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every byte of the data belongs to exactly one tensor: no hole to hide in, no overlap, nothing cut off. */
function checkCover(spans: [number, number, string][], length: number, refuse: Refuse): void {
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let at = 0;
  for (const [begin, end, key] of spans) {
    if (begin !== at) throw refuse(`tensor "${key}" begins at byte ${begin}, not at ${at}`);
    at = end;
  }
  if (at !== length) throw refuse(`it holds ${length} bytes of data where its tensors need ${at}`);
}

/** The numbers of a float tensor (F32, F64, F16, BF16) as float32. @throws AppError `bad-weights` for other types */
export function floatValues({ type, shape, bytes }: SafeTensor, name: string): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = floatReaders[type];
  if (read === undefined) {
    throw new AppError('bad-weights', `Tensor "${name}" is of type ${type}; float is needed.`, {
      tensor: name,
      type,
    });
  }
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i);
  return values;
}

const floatReaders: Partial<Record<ElementType, (view: DataView, i: number) => number>> = {
  F32: (view, i) => view.getFloat32(i * 4, true),
  F64: (view, i) => view.getFloat64(i * 8, true),
  F16: (view, i) => half(view.getUint16(i * 2, true)),
  BF16: (view, i) => brain(view.getUint16(i * 2, true)),
};

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
function brain(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}
