import { constants, createInflate, inflateSync, zstdDecompressSync } from 'node:zlib';

/**
 * Inflates a zlib stream into exactly `expected` bytes, or fewer where the data end early. Data that go on beyond
 * `expected` are legal in TIFF (a last strip padded to full height) and are cut off without being decompressed.
 * @throws Error of zlib where the data are damaged
 */
export function inflate(
  input: Uint8Array,
  expected: number,
): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
  try {
    // One byte more than expected, or zlib would allocate a second chunk to find out that nothing follows.
    return inflateSync(input, { chunkSize: Math.max(64, expected + 1), maxOutputLength: expected });
  } catch (error) {
    if (isTooLarge(error)) return inflateStart(input, expected);
    throw error;
  }
}

/** True for the error by which Node's codecs say that the output passed its limit. */
function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

/** The first `expected` bytes of a longer stream. */
async function inflateStart(input: Uint8Array, expected: number): Promise<Uint8Array<ArrayBuffer>> {
  const result = new Uint8Array(expected);
  const stream = createInflate({ chunkSize: 65536, finishFlush: constants.Z_SYNC_FLUSH });
  let filled = 0;
  stream.end(input);
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const part = chunk.subarray(0, expected - filled);
    result.set(part, filled);
    filled += part.length;
    if (filled === expected) break;
  }
  return result.subarray(0, filled);
}

/** Decompresses one zstd frame of at most `expected` bytes. @throws Error where the data are damaged or longer */
export function unzstd(input: Uint8Array, expected: number): Uint8Array<ArrayBuffer> {
  try {
    const options = { chunkSize: Math.max(64, expected + 1), maxOutputLength: expected };
    return zstdDecompressSync(input, options);
  } catch (error) {
    if (isTooLarge(error)) throw new Error('the data are longer than the block');
    throw error;
  }
}
