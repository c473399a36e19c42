/** A column of a dBASE table. `size` in bytes of UTF-8, at most 254. */
type Column = { readonly name: string; readonly size: number; readonly numeric?: boolean };

/**
 * A dBASE III table in UTF-8 (its `.cpg` says so). Texts that are too long are cut between characters. The date of change is
 * left at its earliest, so that the same rows give the same bytes.
 */
export function dbaseOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): Uint8Array {
  const headerSize = 33 + 32 * columns.length;
  const recordSize = columns.reduce((sum, { size }) => sum + size, 1);
  const bytes = Buffer.alloc(headerSize + recordSize * rows.length + 1, ' ');
  bytes.fill(0, 0, headerSize);
  bytes.set([3, 0, 1, 1]);
  bytes.writeUInt32LE(rows.length, 4);
  bytes.writeUInt16LE(headerSize, 8);
  bytes.writeUInt16LE(recordSize, 10);
  for (const [index, { name, size, numeric }] of columns.entries()) {
    const at = 32 + 32 * index;
    bytes.write(name, at, 10, 'latin1');
    bytes.write(numeric === true ? 'N' : 'C', at + 11, 'latin1');
    bytes[at + 16] = size;
  }
  bytes[headerSize - 1] = 0x0d;
  for (const [index, row] of rows.entries()) {
    let at = headerSize + recordSize * index + 1;
    for (const [column, { size, numeric }] of columns.entries()) {
      const text = row[column]!;
      // Buffer.write never writes a part of a character
      bytes.write(numeric === true ? text.padStart(size) : text, at, size, 'utf8');
      at += size;
    }
  }
  bytes[bytes.length - 1] = 0x1a;
  return bytes;
}
