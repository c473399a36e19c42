import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { AppError } from '../../../../app/error.ts';

export type TemporaryFolder = {
  readonly path: string;
  /** A path in it that nothing has yet. */
  newPath(ending: string): string;
  /** A new folder in it. */
  newFolder(): string;
  /** Writes a new file; returns its path. */
  save(content: Uint8Array, ending: string): string;
  remove(): void;
};

/** A folder for the files of one test file. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'prismap-raster-'));
  let count = 0;
  const newPath = (ending: string): string => {
    count += 1;
    return join(path, `new-${count}${ending}`);
  };
  return {
    path,
    newPath,
    newFolder: () => {
      const place = newPath('');
      mkdirSync(place);
      return place;
    },
    save: (content, ending) => {
      const place = newPath(ending);
      writeFileSync(place, content);
      return place;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** The error that a promise ends with; fails the test where it ends well. */
export async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}

/** Type numbers of the MAT-file format: stored type and array class. */
const matTypes = {
  int8: [1, 8],
  uint8: [2, 9],
  int16: [3, 10],
  uint16: [4, 11],
  int32: [5, 12],
  uint32: [6, 13],
  float32: [7, 7],
  float64: [9, 6],
  int64: [12, 14],
  uint64: [13, 15],
} as const;

export type MatVariableToWrite = {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: keyof typeof matTypes;
  /** Column by column, as MATLAB stores. */
  readonly values: readonly (number | bigint)[];
  readonly compressed?: boolean;
  readonly complex?: boolean;
};

/** A MAT-file of version 5, written from the format's description to test the reader. */
export function matFile(variables: readonly MatVariableToWrite[], bigEndian = false): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, written by a test');
  header.fill(0, 116, 124);
  header.write(bigEndian ? '\x01\x00MI' : '\x00\x01IM', 124, 'latin1');
  return Buffer.concat([header, ...variables.map((variable) => matElement(variable, bigEndian))]);
}

function matElement(variable: MatVariableToWrite, bigEndian: boolean): Buffer {
  const [stored, kind] = matTypes[variable.type];
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (bigEndian) bytes.writeUInt32BE(value >>> 0);
    else bytes.writeUInt32LE(value >>> 0);
    return bytes;
  };
  const element = (type: number, data: Buffer): Buffer =>
    Buffer.concat([word(type), word(data.length), data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
  const flags = kind | (variable.complex === true ? 0x0800 : 0);
  const body = Buffer.concat([
    element(6, Buffer.concat([word(flags), word(0)])),
    element(5, Buffer.concat(variable.dimensions.map((size) => word(size)))),
    element(1, Buffer.from(variable.name, 'latin1')),
    element(stored, numbers(variable, bigEndian)),
  ]);
  const matrix = Buffer.concat([word(14), word(body.length), body]);
  if (variable.compressed !== true) return matrix;
  const packed = deflateSync(matrix);
  return Buffer.concat([word(15), word(packed.length), packed]);
}

function numbers(variable: MatVariableToWrite, bigEndian: boolean): Buffer {
  const size = { int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, float32: 4 } as const;
  const bytes = (size as Record<string, number>)[variable.type] ?? 8;
  const buffer = Buffer.alloc(bytes * variable.values.length);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const setters: Record<typeof variable.type, (at: number, value: number | bigint) => void> = {
    int8: (at, value) => view.setInt8(at, Number(value)),
    uint8: (at, value) => view.setUint8(at, Number(value)),
    int16: (at, value) => view.setInt16(at, Number(value), !bigEndian),
    uint16: (at, value) => view.setUint16(at, Number(value), !bigEndian),
    int32: (at, value) => view.setInt32(at, Number(value), !bigEndian),
    uint32: (at, value) => view.setUint32(at, Number(value), !bigEndian),
    float32: (at, value) => view.setFloat32(at, Number(value), !bigEndian),
    float64: (at, value) => view.setFloat64(at, Number(value), !bigEndian),
    int64: (at, value) => view.setBigInt64(at, BigInt(value), !bigEndian),
    uint64: (at, value) => view.setBigUint64(at, BigInt(value), !bigEndian),
  };
  variable.values.forEach((value, i) => setters[variable.type](i * bytes, value));
  return buffer;
}
