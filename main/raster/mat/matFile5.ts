import { constants, createInflate, inflateSync } from 'node:zlib';
import { AppError } from '../../../app/error.ts';
import { bytesPerSample } from '../../../app/raster/samples.ts';
import { breathe, throwIfCancelled } from '../scenes/cancelled.ts';
import { limits } from '../scenes/limits.ts';
import type { ByteSource } from '../tiff/byteSource.ts';
import { type ElementHead, type MatArray, matrixHead } from './matrixHead.ts';

/** A numeric variable of a MAT-file of version 5 and where its element lies. */
export type MatVariable = MatArray & {
  readonly element: {
    readonly offset: number;
    readonly length: number;
    readonly compressed: boolean;
  };
};

/** A MAT-file's variables; cells, structs, texts and complex arrays are left out. */
export type MatFile = { readonly variables: readonly MatVariable[]; readonly bigEndian: boolean };

const miMatrix = 14;
const miCompressed = 15;
const headerBytes = 128;
const mostElements = 10_000;
/** Compressed bytes that are decompressed to learn an array's name, class and size. */
const peekBytes = 4096;

/** Reads the names, types and sizes of all arrays. @throws AppError `corrupt` */
export async function readMatFile(source: ByteSource): Promise<MatFile> {
  const head = await bytesAt(source, 0, headerBytes);
  const bigEndian = head.toString('latin1', 126, 128) === 'MI';
  const variables: MatVariable[] = [];
  let position = headerBytes;
  for (let count = 0; position + 8 <= source.size; count++) {
    if (count >= mostElements) throw damaged(source, `it has more than ${mostElements} variables`);
    const tag = await bytesAt(source, position, 8);
    const type = bigEndian ? tag.readUInt32BE(0) : tag.readUInt32LE(0);
    const length = bigEndian ? tag.readUInt32BE(4) : tag.readUInt32LE(4);
    if (position + 8 + length > source.size) throw damaged(source, 'a variable is cut short');
    const element = { offset: position + 8, length, compressed: type === miCompressed };
    if (type === miMatrix || type === miCompressed) {
      const array = await peek(source, element, bigEndian);
      if (array !== undefined) variables.push({ ...array, element });
    }
    position += 8 + length;
  }
  return { variables, bigEndian };
}

async function bytesAt(source: ByteSource, offset: number, length: number): Promise<Buffer> {
  if (offset + length > source.size) throw damaged(source, 'it is cut short');
  const [bytes] = await source.read([{ offset, length }]);
  return Buffer.from(bytes!.buffer, bytes!.byteOffset, bytes!.byteLength);
}

async function peek(
  source: ByteSource,
  element: MatVariable['element'],
  bigEndian: boolean,
): Promise<MatArray | undefined> {
  const length = Math.min(peekBytes, element.length);
  const stored = await bytesAt(source, element.offset, length);
  const bytes = element.compressed ? inflatedStart(source, stored) : stored;
  // A compressed element holds a whole matrix element with its own tag.
  const head: ElementHead = { bytes, start: element.compressed ? 8 : 0, bigEndian };
  const array = matrixHead(head, source.uri);
  if (array === undefined) return undefined;
  // Deflate shrinks by 1032 at most.
  const available = element.compressed ? element.length * 1032 + 8 : element.length;
  if (array.dataOffset + array.dataBytes > available) {
    throw damaged(source, `its variable ${array.name} declares more values than it holds`);
  }
  return array;
}

function inflatedStart(source: ByteSource, stored: Buffer): Buffer {
  try {
    return inflateSync(stored, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: peekBytes * 1100,
    });
  } catch {
    throw damaged(source, 'a variable cannot be decompressed');
  }
}

/**
 * The values of a variable, column by column, in machine order. Stored types are kept: MATLAB writes whole numbers of
 * class double as the smallest integer type that holds them.
 * @throws AppError `corrupt`, `too-large`, `cancelled`
 */
export async function readMatVariable(
  source: ByteSource,
  variable: MatVariable,
  options: { readonly bigEndian: boolean; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array<ArrayBuffer>> {
  if (variable.dataBytes > limits.wholeBytes) {
    throw new AppError(
      'too-large',
      `${source.uri}: ${variable.name} takes ${Math.ceil(variable.dataBytes / 2 ** 20)} MiB; ` +
        `at most ${limits.wholeBytes / 2 ** 20} MiB are read from a MAT-file. Save it as ENVI or GeoTIFF.`,
      { uri: source.uri, variable: variable.name, bytes: variable.dataBytes },
    );
  }
  const target = new Uint8Array(variable.dataBytes);
  if (variable.element.compressed)
    await inflateInto(source, variable, { target, signal: options.signal });
  else {
    const offset = variable.element.offset + variable.dataOffset;
    for (let done = 0; done < target.length; done += limits.chunkBytes) {
      await breathe(options.signal);
      const length = Math.min(limits.chunkBytes, target.length - done);
      target.set(await bytesAt(source, offset + done, length), done);
    }
  }
  if (options.bigEndian) swap(target, bytesPerSample(variable.type));
  return target;
}

function swap(bytes: Uint8Array<ArrayBuffer>, size: number): void {
  const buffer = Buffer.from(bytes.buffer);
  if (size === 2) buffer.swap16();
  if (size === 4) buffer.swap32();
  if (size === 8) buffer.swap64();
}

/** Decompresses an element piece by piece straight into the array that is wanted of it. */
async function inflateInto(
  source: ByteSource,
  variable: MatVariable,
  to: { readonly target: Uint8Array; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { element } = variable;
  const inflate = createInflate({ chunkSize: 2 ** 18 });
  let seen = 0;
  inflate.on('data', (chunk: Buffer) => {
    const skip = Math.max(0, variable.dataOffset - seen);
    const at = Math.max(0, seen - variable.dataOffset);
    if (skip < chunk.length && at < to.target.length) {
      to.target.set(chunk.subarray(skip, skip + to.target.length - at), at);
    }
    seen += chunk.length;
  });
  let failed = false;
  const failure = new Promise<void>((resolve) => {
    inflate.once('error', () => {
      failed = true;
      resolve();
    });
  });
  const enough = (): boolean => seen >= variable.dataOffset + to.target.length;
  try {
    for (let done = 0; done < element.length && !failed && !enough(); done += 2 ** 20) {
      throwIfCancelled(to.signal);
      const length = Math.min(2 ** 20, element.length - done);
      const bytes = await bytesAt(source, element.offset + done, length);
      const written = new Promise<void>((resolve) => inflate.write(bytes, () => resolve()));
      await Promise.race([written, failure]);
    }
    if (!failed && !enough()) {
      const flushed = new Promise<void>((resolve) => inflate.once('end', () => resolve()).end());
      await Promise.race([flushed, failure]);
    }
  } finally {
    inflate.destroy();
  }
  if (enough()) return;
  throw damaged(source, `its variable ${variable.name} holds fewer values than it declares`);
}

function damaged(source: ByteSource, found: string): AppError {
  return new AppError(
    'corrupt',
    `${source.uri} is a damaged MAT-file: ${found}. Copy or download it again.`,
    { uri: source.uri },
  );
}
