import { inflateSync, zstdDecompressSync } from 'node:zlib';

/**
 * Inflates a zlib stream of at most `most` bytes. @throws Error where the data are damaged or go on beyond that
 */
export function inflate(input: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  return bounded(() => inflateSync(input, boundsOf(most)));
}

/** The same with a decoder that fills an array and returns its bytes, -1 for damaged data or -2 for longer ones. */
export function inflateInto(
  fill: (input: Uint8Array, output: Uint8Array) => number,
  input: Uint8Array,
  most: number,
): Uint8Array<ArrayBuffer> {
  const output = Buffer.allocUnsafeSlow(most);
  const written = fill(input, output);
  if (written === -2) throw new Error(tooLong);
  if (written < 0) throw new Error('invalid data');
  return output.subarray(0, written);
}

/** Decompresses one zstd frame of at most `most` bytes. @throws Error where the data are damaged or longer */
export function unzstd(input: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  return bounded(() => zstdDecompressSync(input, boundsOf(most)));
}

const tooLong = 'the data are longer than the block';

/** One byte more than the limit in one chunk, or a second chunk is allocated to find out that nothing follows. */
function boundsOf(most: number): { chunkSize: number; maxOutputLength: number } {
  return { chunkSize: Math.max(64, most + 1), maxOutputLength: most };
}

function bounded(decompress: () => Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    return decompress();
  } catch (error) {
    const long = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw long ? new Error(tooLong) : error;
  }
}
