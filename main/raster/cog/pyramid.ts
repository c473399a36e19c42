import { half, type Plane, reduceByTwo } from '../../../app/raster/overview.ts';
import type { SampleArray } from '../../../app/raster/samples.ts';
import { garbageCollector } from '../../collectGarbage.ts';
import { type CogPlan, tileWindow } from './plan.ts';
import type { Spool, Stretch } from './spool.ts';
import type { Tasks } from './tasks.ts';
import type { TileCodec } from './tileCodec.ts';
import { packedPart, place, setAt, type TilePool } from './tilePart.ts';

/** A compressed tile in the spool; those of the full resolution have a checksum where a later run may read them. */
export type StoredTile = Stretch & { readonly crc?: number };

/** All tiles, [level][band · tiles of a band + index]. */
export type TileTable = (StoredTile | undefined)[][];

/** Bytes of reduced tiles that are kept rather than made again from the spool. */
const keptBytes = 8 * 2 ** 20;

/**
 * Tiles at half their size, waiting to be put together into the next level. Those that memory does not hold are made
 * again from the spool, so that it does not matter in which order or when they came.
 */
export class ReducedTiles {
  readonly #plan: CogPlan;
  readonly #kept = new Map<string, SampleArray>();
  #bytes = 0;

  constructor(plan: CogPlan) {
    this.#plan = plan;
  }

  /** Takes a whole tile of a level that has a next one. The samples stay the caller's. */
  offer(level: number, slot: number, tile: SampleArray): void {
    if (level + 1 >= this.#plan.levels.length || this.#bytes >= keptBytes) return;
    const reduced = this.#reduce(level, slot, tile);
    this.#kept.set(`${level} ${slot}`, reduced);
    this.#bytes += reduced.byteLength;
  }

  /** The reduced tile; `load` gives the tile itself where it has to be made again. */
  async take(level: number, slot: number, load: () => Promise<SampleArray>): Promise<SampleArray> {
    const name = `${level} ${slot}`;
    const kept = this.#kept.get(name);
    if (kept === undefined) return this.#reduce(level, slot, await load());
    this.#kept.delete(name);
    this.#bytes -= kept.byteLength;
    return kept;
  }

  #reduce(level: number, slot: number, tile: SampleArray): SampleArray {
    const { levels, tileSize, type, reduction, nodata } = this.#plan;
    const { columns, rows } = levels[level]!;
    const { width, height } = tileWindow(this.#plan, levels[level]!, slot % (columns * rows));
    const plane: Plane = { type, width, height, samples: crop(tile, tileSize, width, height) };
    return reduceByTwo(plane, reduction, nodata).samples;
  }
}

/** The first samples of each row of a tile; the tile itself where that is all of it. */
function crop(tile: SampleArray, tileSize: number, width: number, height: number): SampleArray {
  if (width === tileSize) return tile.subarray(0, width * height);
  const samples = tile.slice(0, width * height);
  for (let row = 0; row < height; row++)
    setAt(samples, tile.subarray(row * tileSize, row * tileSize + width), row * width);
  return samples;
}

export type PyramidParts = {
  readonly plan: CogPlan;
  readonly codec: TileCodec;
  readonly spool: Spool;
  readonly tasks: Tasks;
  readonly reduced: ReducedTiles;
  readonly pool: TilePool;
  readonly check: () => void;
};

/** Makes every overview from the level before it, tile by tile. */
export async function buildPyramid(parts: PyramidParts, table: TileTable): Promise<void> {
  const { plan, tasks } = parts;
  const collect = garbageCollector(4);
  for (let level = 1; level < plan.levels.length; level++) {
    const { columns, rows } = plan.levels[level]!;
    for (let slot = 0; slot < columns * rows * plan.bands.length; slot++) {
      parts.check();
      await tasks.start(async () => {
        const tile = await composeTile(parts, table, level, slot);
        parts.reduced.offer(level, slot, tile);
        table[level]![slot] = await parts.spool.append(await parts.codec.encode(tile));
        parts.pool.give(tile);
        collect();
      });
    }
    await tasks.drain();
  }
}

/** One overview tile from the (up to four) tiles of the level before. */
async function composeTile(
  parts: PyramidParts,
  table: TileTable,
  level: number,
  slot: number,
): Promise<SampleArray> {
  const { plan, pool, reduced, codec, spool } = parts;
  const [from, to] = [plan.levels[level - 1]!, plan.levels[level]!];
  const band = Math.floor(slot / (to.columns * to.rows));
  const index = slot % (to.columns * to.rows);
  const first = [2 * (index % to.columns), 2 * Math.floor(index / to.columns)] as const;
  const tile = pool.take();
  for (const [right, down] of [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    const [column, row] = [first[0] + right, first[1] + down];
    if (column >= from.columns || row >= from.rows) continue;
    const child = row * from.columns + column;
    const childSlot = band * from.columns * from.rows + child;
    const samples = await reduced.take(level - 1, childSlot, async () =>
      codec.decode(await spool.read(table[level - 1]![childSlot]!)),
    );
    const { width, height } = tileWindow(plan, from, child);
    const edge = plan.tileSize / 2;
    const rect = { x: right * edge, y: down * edge, width: half(width), height: half(height) };
    place(packedPart(rect, samples), tile, plan.tileSize);
  }
  return tile;
}
