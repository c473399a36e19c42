// Writes checkpoints by hand: as PyTorch does, and as nobody should.
import { crc32, deflateRawSync } from 'node:zlib';

type Piece = string | number | Uint8Array;

/** Bytes of opcodes and arguments: text by its characters (latin-1), numbers as bytes. */
export function bytesOf(...pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) =>
      typeof piece === 'string'
        ? Buffer.from(piece, 'latin1')
        : typeof piece === 'number'
          ? Buffer.from([piece])
          : Buffer.from(piece),
    ),
  );
}

/** A whole pickle of protocol 2, from its opcodes. */
export const pickle = (...pieces: readonly Piece[]): Buffer => bytesOf(0x80, 2, ...pieces, '.');

export function text(value: string): Buffer {
  const characters = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(characters.length);
  return bytesOf('X', length, characters);
}

/** A whole number from 0, as LONG1 of 8 bytes. */
export function int(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytesOf(0x8a, 8, bytes);
}

export const global = (module: string, name: string): Buffer =>
  bytesOf('c', module, '\n', name, '\n');
export const tuple = (...items: readonly Uint8Array[]): Buffer => bytesOf('(', ...items, 't');
export const list = (...items: readonly Uint8Array[]): Buffer => bytesOf('](', ...items, 'e');
export const none = bytesOf('N');
/** An object of a class, or what a function would give. */
export const reduce = (callee: Uint8Array, ...args: readonly Uint8Array[]): Buffer =>
  bytesOf(callee, tuple(...args), 'R');
export const dict = (...entries: readonly (readonly [key: string, value: Uint8Array])[]): Buffer =>
  bytesOf('}(', ...entries.flatMap(([key, value]) => [text(key), value]), 'u');

export type TensorText = {
  readonly key?: string;
  readonly elements: number | bigint;
  readonly shape: readonly (number | bigint)[];
  readonly stride: readonly (number | bigint)[];
  readonly offset?: number | bigint;
  readonly type?: string;
  /** The part of the storage that is meant, as files before PyTorch 1.6 may say: its key, first element and elements, or None. */
  readonly view?: readonly [key: string, start: number, elements: number] | null;
};

const viewOf = ([key, start, elements]: NonNullable<TensorText['view']>): Buffer =>
  tuple(text(key), int(start), int(elements));

export function tensor(parts: TensorText): Buffer {
  const { key = '0', elements, shape, stride, offset = 0, type = 'FloatStorage', view } = parts;
  const storage = tuple(
    text('storage'),
    global('torch', type),
    text(key),
    text('cpu'),
    int(elements),
    ...(view === undefined ? [] : [view === null ? bytesOf('N') : viewOf(view)]),
  );
  return reduce(
    global('torch._utils', '_rebuild_tensor_v2'),
    bytesOf(storage, 'Q'),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...stride.map(int)),
    bytesOf(0x89),
    reduce(global('collections', 'OrderedDict')),
  );
}

export type ZipRecord = {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  /** What the directory claims, where it lies. */
  readonly claimedBytes?: number;
  readonly flags?: number;
  readonly method?: number;
  readonly checksum?: number;
};

/** A zip archive; with `wide`, sizes and offsets in zip64 fields. */
export function zipFile(records: readonly ZipRecord[], wide = false): Buffer {
  const pieces: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const record of records) {
    const packed = record.deflate === true ? deflateRawSync(record.data) : Buffer.from(record.data);
    const sizes = [record.claimedBytes ?? record.data.length, packed.length, at] as const;
    const header = localHeader(record);
    central.push(centralHeader(record, sizes, wide));
    pieces.push(header, packed);
    at += header.length + packed.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([
    ...pieces,
    directory,
    ...endOf(records.length, directory.length, at, wide),
  ]);
}

function localHeader({ name, flags = 0, deflate = false, method }: ZipRecord): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(flags | 8, 6);
  header.writeUInt16LE(method ?? (deflate ? 8 : 0), 8);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  return bytesOf(header, Buffer.from(name));
}

function centralHeader(
  record: ZipRecord,
  sizes: readonly [bytes: number, packed: number, offset: number],
  wide: boolean,
): Buffer {
  const { name, data, flags = 0, deflate = false, method, checksum } = record;
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(flags | 8, 8);
  header.writeUInt16LE(method ?? (deflate ? 8 : 0), 10);
  header.writeUInt32LE(checksum ?? crc32(data), 16);
  header.writeUInt32LE(wide ? 0xffffffff : sizes[1], 20);
  header.writeUInt32LE(wide ? 0xffffffff : sizes[0], 24);
  header.writeUInt16LE(Buffer.byteLength(name), 28);
  header.writeUInt32LE(wide ? 0xffffffff : sizes[2], 42);
  const extra = Buffer.alloc(wide ? 28 : 0);
  if (wide) {
    header.writeUInt16LE(28, 30);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    sizes.forEach((size, i) => extra.writeBigUInt64LE(BigInt(size), 4 + 8 * i));
  }
  return bytesOf(header, Buffer.from(name), extra);
}

function endOf(entries: number, bytes: number, position: number, wide: boolean): Buffer[] {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(wide ? 0xffff : entries, 10);
  end.writeUInt32LE(wide ? 0xffffffff : bytes, 12);
  end.writeUInt32LE(wide ? 0xffffffff : position, 16);
  if (!wide) return [end];
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(entries), 32);
  record.writeBigUInt64LE(BigInt(bytes), 40);
  record.writeBigUInt64LE(BigInt(position), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(position + bytes), 8);
  return [record, locator, end];
}

/** A checkpoint as PyTorch writes it since 1.6. */
export function zipCheckpoint(
  content: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  wide = false,
): Buffer {
  return zipFile(
    [
      { name: 'archive/data.pkl', data: content },
      { name: 'archive/byteorder', data: Buffer.from('little') },
      ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
      { name: 'archive/version', data: Buffer.from('3\n') },
    ],
    wide,
  );
}

/** A checkpoint as PyTorch wrote it before. */
export function legacyCheckpoint(
  content: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  elementBytes = 4,
): Buffer {
  const magic = Buffer.from('6cfc9c46f9206aa85019', 'hex');
  const keys = Object.keys(storages);
  return bytesOf(
    pickle(0x8a, magic.length, magic),
    pickle('M', 0xe9, 0x03),
    pickle(dict(['little_endian', bytesOf(0x88)])),
    content,
    pickle('](', ...keys.map(text), 'e'),
    ...keys.map((key) => {
      const length = Buffer.alloc(8);
      length.writeBigInt64LE(BigInt(storages[key]!.length / elementBytes));
      return bytesOf(length, storages[key]!);
    }),
  );
}

/** Little-endian float32. */
export const floats = (...values: readonly number[]): Buffer =>
  Buffer.from(new Float32Array(values).buffer);
