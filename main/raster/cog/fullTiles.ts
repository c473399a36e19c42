import { crc32 } from 'node:zlib';
import type { Window } from '../../../app/raster/grid.ts';
import type { SampleArray } from '../../../app/raster/samples.ts';
import type { Earlier, Journal, TileRecord } from './journal.ts';
import { OpenTiles } from './openTiles.ts';
import { type CogPlan, tileCount, tileWindow } from './plan.ts';
import type { ReducedTiles } from './pyramid.ts';
import type { Spool, Stretch } from './spool.ts';
import type { Tasks } from './tasks.ts';
import type { TileCodec } from './tileCodec.ts';
import { cutOut, place, type TilePart, type TilePool } from './tilePart.ts';
import { totalsOf } from './totals.ts';

/** A rectangle of pixels, one array a band, row by row. */
export type PixelBlock = { readonly window: Window; readonly bands: readonly SampleArray[] };

export type FullTilesParts = {
  readonly plan: CogPlan;
  readonly codec: TileCodec;
  readonly spool: Spool;
  readonly tasks: Tasks;
  readonly reduced: ReducedTiles;
  readonly pool: TilePool;
  readonly memoryBytes: number;
  /** Where an interrupted run continues from. */
  readonly journal: Journal | undefined;
};

/** The full resolution: takes windows of any shape and order, gives every tile to the spool when its last pixel is there. */
export class FullTiles {
  readonly #parts: FullTilesParts;
  readonly #open: OpenTiles;
  /** By band · tiles of a band + index. */
  readonly #records: (TileRecord | 'under way' | undefined)[];
  readonly #restored = new Set<number>();
  readonly #perBand: number;

  constructor(parts: FullTilesParts) {
    const { plan, spool, pool, memoryBytes } = parts;
    this.#parts = parts;
    const level = plan.levels[0]!;
    this.#perBand = level.columns * level.rows;
    this.#records = new Array<undefined>(tileCount(plan, level)).fill(undefined);
    this.#open = new OpenTiles({
      plan,
      pool,
      memoryBytes,
      store: (part, slot) => this.#storePart(part, slot),
      load: (stretch) => spool.read(stretch),
      keepAll: parts.journal !== undefined,
    });
  }

  restore(earlier: Earlier): void {
    for (const tile of earlier.tiles) {
      const slot = tile.band * this.#perBand + tile.index;
      this.#records[slot] = tile;
      this.#restored.add(slot);
    }
    for (const part of earlier.parts) {
      const slot = part.band * this.#perBand + part.index;
      if (this.#records[slot] === undefined) this.#open.restore(slot, part.rect, part);
    }
  }

  /** Whether all pixels of a window have come, in this run or an earlier one. */
  done(window: Window): boolean {
    for (const { index, rect } of this.#touched(window)) {
      for (let band = 0; band < this.#parts.plan.bands.length; band++) {
        const slot = band * this.#perBand + index;
        if (this.#records[slot] === undefined && !this.#open.has(slot, rect, 'any')) return false;
      }
    }
    return true;
  }

  /** Takes a block. Its arrays may be used again when the promise settles. @throws RangeError for pixels that came before */
  async write(block: PixelBlock): Promise<void> {
    for (const { index, rect } of this.#touched(block.window)) {
      for (let band = 0; band < block.bands.length; band++) {
        const slot = band * this.#perBand + index;
        if (this.#restored.has(slot) || this.#open.has(slot, rect, 'earlier')) continue;
        if (this.#records[slot] !== undefined) throw new RangeError('pixels were written twice');
        await this.#take(slot, rect, block);
      }
    }
  }

  /** Closes tiles of which an earlier run had stored all parts, but was ended before it stored the tile. */
  async closeCovered(): Promise<void> {
    const { plan } = this.#parts;
    for (let slot = 0; slot < this.#records.length; slot++) {
      if (this.#records[slot] !== undefined) continue;
      const { width, height } = tileWindow(plan, plan.levels[0]!, this.#address(slot)[1]);
      if (this.#open.covered(slot) === width * height) await this.#complete(slot);
    }
  }

  /** Number of tiles that lack pixels, counted in every band. */
  missing(): number {
    return this.#records.reduce<number>(
      (count, record) => count + (record === undefined ? 1 : 0),
      0,
    );
  }

  /** Share of the pixels that have come, 0 to 1. */
  share(): number {
    const { plan } = this.#parts;
    const level = plan.levels[0]!;
    let pixels = 0;
    for (const [slot, record] of this.#records.entries()) {
      const { width, height } = tileWindow(plan, level, this.#address(slot)[1]);
      pixels += record === undefined ? this.#open.covered(slot) : width * height;
    }
    return pixels / (level.width * level.height * plan.bands.length);
  }

  /** Closes all tiles that still lack pixels; those hold the fill value. */
  async closeOpen(): Promise<void> {
    for (let slot = 0; slot < this.#records.length; slot++)
      if (this.#records[slot] === undefined) await this.#complete(slot);
  }

  /** Every tile, when all are there and all tasks have ended. */
  records(): readonly TileRecord[] {
    return this.#records.map((record) => {
      if (record === undefined || record === 'under way') throw new Error('a tile is missing');
      return record;
    });
  }

  /** Tiles that a window meets, with the part of each. */
  *#touched(window: Window): Generator<{ index: number; rect: Window }> {
    const { plan } = this.#parts;
    const { tileSize } = plan;
    const level = plan.levels[0]!;
    const [right, bottom] = [window.x + window.width, window.y + window.height];
    for (let row = Math.floor(window.y / tileSize); row * tileSize < bottom; row++) {
      for (let column = Math.floor(window.x / tileSize); column * tileSize < right; column++) {
        const [left, top] = [column * tileSize, row * tileSize];
        const x = Math.max(window.x, left);
        const y = Math.max(window.y, top);
        const width = Math.min(right, left + tileSize) - x;
        const height = Math.min(bottom, top + tileSize) - y;
        const rect = { x: x - left, y: y - top, width, height };
        yield { index: row * level.columns + column, rect };
      }
    }
  }

  async #take(slot: number, rect: Window, block: PixelBlock): Promise<void> {
    const { plan, tasks, pool } = this.#parts;
    const [band, index] = this.#address(slot);
    const whole = tileWindow(plan, plan.levels[0]!, index);
    const stride = block.window.width;
    const start = (whole.y + rect.y - block.window.y) * stride + whole.x + rect.x - block.window.x;
    const part = { rect, samples: block.bands[band]!, start, stride };
    if (rect.width === whole.width && rect.height === whole.height) {
      const tile = pool.take();
      place(part, tile, plan.tileSize);
      await this.#complete(slot, tile);
      return;
    }
    const stored = this.#open.add(slot, part);
    if (this.#open.covered(slot) === whole.width * whole.height) await this.#complete(slot);
    else if (stored !== undefined)
      await tasks.start(async () => {
        await stored;
      });
  }

  /** Starts the way of a tile into the spool. */
  async #complete(slot: number, ready?: SampleArray): Promise<void> {
    this.#records[slot] = 'under way';
    await this.#parts.tasks.start(async () => {
      const tile = ready ?? (await this.#open.take(slot));
      this.#records[slot] = await this.#storeTile(slot, tile);
    });
  }

  async #storeTile(slot: number, tile: SampleArray): Promise<TileRecord> {
    const { plan, codec, spool, reduced, journal, pool } = this.#parts;
    const [band, index] = this.#address(slot);
    const size = tileWindow(plan, plan.levels[0]!, index);
    const totals = totalsOf(tile, size, plan.tileSize, plan.nodata);
    reduced.offer(0, slot, tile);
    const bytes = await codec.encode(tile);
    const stretch = await spool.append(bytes);
    pool.give(tile);
    const crc = journal === undefined ? 0 : crc32(bytes);
    const record = { ...stretch, band, index, crc, totals };
    await journal?.append({ kind: 'tile', ...record });
    return record;
  }

  async #storePart(part: TilePart, slot: number): Promise<Stretch> {
    const { spool, journal } = this.#parts;
    const { rect } = part;
    const samples = cutOut(part);
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    const stretch = await spool.append(bytes);
    const [band, index] = this.#address(slot);
    await journal?.append({ kind: 'part', ...stretch, band, index, rect, crc: crc32(bytes) });
    return stretch;
  }

  #address(slot: number): readonly [band: number, index: number] {
    return [Math.floor(slot / this.#perBand), slot % this.#perBand];
  }
}
