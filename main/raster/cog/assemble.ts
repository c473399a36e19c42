import type { FileHandle } from 'node:fs/promises';
import { leaderBytes, trailerBytes } from './header.ts';
import type { StoredTile, TileTable } from './pyramid.ts';
import { type Spool, writeAll } from './spool.ts';

/** Bytes handed to the system at a time. */
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
  const out = new BufferedWriter(handle);
  await out.write(header);
  const { spool, table } = tiles;
  for (let level = table.length - 1; level >= 0; level--) {
    for (const tile of table[level]!) {
      const bytes = await spool.read(tile!);
      tiles.check(tile!, bytes);
      await out.write(frame(bytes));
    }
  }
  await out.flush();
}

/** A tile with its leader and trailer. */
function frame(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(leaderBytes + bytes.length + trailerBytes);
  new DataView(framed.buffer).setUint32(0, bytes.length, true);
  framed.set(bytes, leaderBytes);
  framed.set(bytes.subarray(-trailerBytes), leaderBytes + bytes.length);
  return framed;
}

/** Collects small writes into large ones. */
class BufferedWriter {
  readonly #handle: FileHandle;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #position = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= bufferBytes) await this.flush();
  }

  async flush(): Promise<void> {
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const bytes of this.#waiting) {
      whole.set(bytes, at);
      at += bytes.length;
    }
    this.#waiting = [];
    this.#bytes = 0;
    await writeAll(this.#handle, whole, this.#position);
    this.#position += whole.length;
  }
}
