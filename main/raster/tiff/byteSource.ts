import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { AppError } from '../../../app/error.ts';

export type ByteRange = { readonly offset: number; readonly length: number };

/** Bytes that can be read in any order: a file, or an address by HTTP range requests. */
export type ByteSource = {
  readonly uri: string;
  readonly size: number;
  /**
   * One array a range, each of exactly its length, on a buffer of its own.
   * @throws AppError `corrupt` where a range passes the end, `network`, `not-readable`, `cancelled`
   */
  read(ranges: readonly ByteRange[], signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>[]>;
  /** Bytes fetched and requests made so far. */
  counters(): { readonly bytes: number; readonly requests: number };
  close(): Promise<void>;
};

/** Throws where a range does not lie within the source. */
export function checkRange(source: { uri: string; size: number }, range: ByteRange): void {
  const { offset, length } = range;
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (whole && offset >= 0 && length >= 0 && offset + length <= source.size) return;
  throw new AppError(
    'corrupt',
    `${source.uri} ends at byte ${source.size}, but its header points to ${length} bytes at ${offset}. ` +
      'It is probably cut short: copy or download it again.',
    { uri: source.uri, size: source.size, offset, length },
  );
}

/** Opens a regular file. @throws AppError `not-found`, `not-readable` */
export function openFile(path: string): ByteSource {
  const descriptor = openDescriptor(path);
  const size = regularSize(descriptor, path);
  let bytes = 0;
  let requests = 0;
  let open = true;
  const source: ByteSource = {
    uri: path,
    size,
    counters: () => ({ bytes, requests }),
    read: (ranges, signal) => {
      const results = ranges.map((range) => {
        signal?.throwIfAborted();
        checkRange(source, range);
        if (!open) throw new AppError('internal', `${path} was read after it was closed.`);
        bytes += range.length;
        requests++;
        return readExactly(descriptor, range, path);
      });
      return Promise.resolve(results);
    },
    close: () => {
      if (open) closeSync(descriptor);
      open = false;
      return Promise.resolve();
    },
  };
  return { ...source, read: async (ranges, signal) => source.read(ranges, signal) };
}

function openDescriptor(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw fileError(path, error);
  }
}

function regularSize(descriptor: number, path: string): number {
  const stat = fstatSync(descriptor);
  if (stat.isFile()) return stat.size;
  closeSync(descriptor);
  throw new AppError('not-readable', `${path} is not a file. Name a raster file.`, { path });
}

function readExactly(descriptor: number, range: ByteRange, path: string): Uint8Array<ArrayBuffer> {
  const buffer = Buffer.allocUnsafeSlow(range.length);
  let done = 0;
  while (done < range.length) {
    const count = readOnce(descriptor, buffer, done, range, path);
    if (count === 0) {
      throw new AppError(
        'corrupt',
        `${path} became shorter while it was being read. Wait until it is complete, then try again.`,
        { path, offset: range.offset + done },
      );
    }
    done += count;
  }
  return buffer;
}

function readOnce(
  descriptor: number,
  buffer: Uint8Array,
  done: number,
  range: ByteRange,
  path: string,
): number {
  try {
    return readSync(descriptor, buffer, done, range.length - done, range.offset + done);
  } catch (error) {
    throw fileError(path, error);
  }
}

function fileError(path: string, error: unknown): AppError {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('not-found', `${path} does not exist. Check the name.`, { path });
  }
  const reason = code in constants.errno ? code : 'an unknown error';
  return new AppError(
    'not-readable',
    `${path} cannot be read (${reason}). Check its permissions and the drive it lies on.`,
    { path, reason },
  );
}
