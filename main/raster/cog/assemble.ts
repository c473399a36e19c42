import type { FileHandle } from 'node:fs/promises';
import { leaderBytes, trailerBytes } from './header.ts';
import type { StoredTile, TileTable } from './pyramid.ts';
import { type Spool, writeAll } from './spool.ts';

/** Most bytes handed to the system at a time. */
const bufferBytes = 4 * 2 ** 20;

/**
 * Writes header and tiles in their final order: overviews from the smallest on, then the full resolution, each tile
 * between its size and its last four bytes.
 * @param check is called before every tile and throws to give up
 */
export async function assemble(
  handle: FileHandle,
  header: Uint8Array,
  tiles: {
    readonly spool: Spool;
    readonly table: TileTable;
    readonly check: (tile: StoredTile, bytes: Uint8Array) => void;
  },
): Promise<void> {
  const { spool, table } = tiles;
  const sizes = table.flat().map((tile) => leaderBytes + tile!.length + trailerBytes);
  const total = sizes.reduce((sum, size) => sum + size, header.length);
  const out = new BufferedWriter(handle, Math.min(bufferBytes, total));
  (await out.next(header.length)).set(header);
  for (let level = table.length - 1; level >= 0; level--) {
    for (const tile of table[level]!) {
      const framed = await out.next(leaderBytes + tile!.length + trailerBytes);
      const bytes = framed.subarray(leaderBytes, leaderBytes + tile!.length);
      await spool.readInto(bytes, tile!.offset);
      tiles.check(tile!, bytes);
      new DataView(framed.buffer, framed.byteOffset).setUint32(0, bytes.length, true);
      framed.set(bytes.subarray(-trailerBytes), leaderBytes + bytes.length);
    }
  }
  await out.flush();
}

/** Collects small writes into large ones, in one buffer for the whole file. */
class BufferedWriter {
  readonly #handle: FileHandle;
  #buffer: Uint8Array<ArrayBuffer>;
  #used = 0;
  #position = 0;

  constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle;
    this.#buffer = new Uint8Array(bytes);
  }

  /** The next bytes of the file, for the caller to fill before more are asked for. */
  async next(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#used + length > this.#buffer.length) await this.flush();
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(length);
    const bytes = this.#buffer.subarray(this.#used, this.#used + length);
    this.#used += length;
    return bytes;
  }

  async flush(): Promise<void> {
    await writeAll(this.#handle, this.#buffer.subarray(0, this.#used), this.#position);
    this.#position += this.#used;
    this.#used = 0;
  }
}
