import { type ByteSource, checkRange } from '../tiff/byteSource.ts';

/** Bytes in memory as a source, so that decoded arrays are read like files. Ranges are copies. */
export function memorySource(uri: string, bytes: Uint8Array): ByteSource {
  const source: ByteSource = {
    uri,
    size: bytes.byteLength,
    counters: () => ({ bytes: 0, requests: 0 }),
    read: (ranges) =>
      Promise.resolve(
        ranges.map((range) => {
          checkRange(source, range);
          return new Uint8Array(bytes.subarray(range.offset, range.offset + range.length));
        }),
      ),
    close: () => Promise.resolve(),
  };
  return source;
}
