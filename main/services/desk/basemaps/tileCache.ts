import type { BasemapTile } from './source.ts';

/** Tiles that were fetched lately, up to so many bytes; the one that was not used for longest goes first. */
export class TileCache {
  readonly #most: number;
  readonly #tiles = new Map<string, BasemapTile>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get(key: string): BasemapTile | undefined {
    const tile = this.#tiles.get(key);
    if (tile === undefined) return undefined;
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
    return tile;
  }

  set(key: string, tile: BasemapTile): void {
    this.#bytes += tile.bytes.byteLength - (this.#tiles.get(key)?.bytes.byteLength ?? 0);
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
    for (const [oldest, { bytes }] of this.#tiles) {
      if (this.#bytes <= this.#most) break;
      this.#tiles.delete(oldest);
      this.#bytes -= bytes.byteLength;
    }
  }
}
