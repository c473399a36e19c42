import type { Window } from '../../../app/raster/grid.ts';
import { type SampleArray, samplesOf } from '../../../app/raster/samples.ts';
import type { CogPlan } from './plan.ts';
import type { Stretch } from './spool.ts';
import { packedPart, place, type TilePart, type TilePool } from './tilePart.ts';

type Kept = {
  readonly rect: Window;
  readonly stored: Promise<Stretch> | undefined;
};

type OpenTile = {
  readonly parts: Kept[];
  covered: number;
  /** The tile itself, where memory permitted when it was begun. */
  samples: SampleArray | undefined;
};

export type OpenTilesOptions = {
  readonly plan: Pick<CogPlan, 'type' | 'tileSize'>;
  readonly pool: TilePool;
  /** Most bytes of unfinished tiles in memory; what comes on top is kept in the spool. */
  readonly memoryBytes: number;
  readonly store: (part: TilePart, key: number) => Promise<Stretch>;
  readonly load: (stretch: Stretch) => Promise<Uint8Array>;
  /** Store every part, also those that memory holds: an interrupted run continues from them. */
  readonly keepAll: boolean;
};

/** Tiles of which some pixels have come and others not yet. */
export class OpenTiles {
  readonly #options: OpenTilesOptions;
  readonly #tiles = new Map<number, OpenTile>();
  /** Parts from an earlier run, also of tiles that this one has completed since: their window may be written again. */
  readonly #earlier = new Map<number, Window[]>();
  #bytes = 0;

  constructor(options: OpenTilesOptions) {
    this.#options = options;
  }

  /** Parts that an earlier run left in the spool. */
  restore(key: number, rect: Window, stretch: Stretch): void {
    const tile = this.#tiles.get(key) ?? { parts: [], covered: 0, samples: undefined };
    tile.parts.push({ rect, stored: Promise.resolve(stretch) });
    tile.covered += rect.width * rect.height;
    this.#tiles.set(key, tile);
    this.#earlier.set(key, [...(this.#earlier.get(key) ?? []), rect]);
  }

  /** Whether all pixels of a part have come within one part, from an earlier run or from any. */
  has(key: number, rect: Window, from: 'earlier' | 'any'): boolean {
    const { parts = [] } = (from === 'any' ? this.#tiles.get(key) : undefined) ?? {};
    const earlier = this.#earlier.get(key) ?? [];
    return [...earlier, ...parts.map((part) => part.rect)].some((one) => contains(one, rect));
  }

  /** Pixels of a tile that have come. */
  covered(key: number): number {
    return this.#tiles.get(key)?.covered ?? 0;
  }

  /**
   * Takes a part. The promise is that of its way into the spool; undefined where it needs none. `store` copies the
   * samples before it waits for anything.
   * @throws RangeError where the part meets one that came before
   */
  add(key: number, part: TilePart): Promise<unknown> | undefined {
    const tile = this.#tiles.get(key) ?? this.#begin();
    this.#tiles.set(key, tile);
    const { rect } = part;
    if (tile.parts.some((other) => meets(other.rect, rect)))
      throw new RangeError('pixels were written twice');
    if (tile.samples !== undefined) place(part, tile.samples, this.#options.plan.tileSize);
    const stored =
      tile.samples === undefined || this.#options.keepAll
        ? this.#options.store(part, key)
        : undefined;
    // whoever writes waits for it; here it must only not go unheard
    stored?.catch(() => undefined);
    tile.parts.push({ rect, stored });
    tile.covered += rect.width * rect.height;
    return stored;
  }

  /** Takes a tile out, whole; pixels that never came hold the fill value. */
  async take(key: number): Promise<SampleArray> {
    const tile = this.#tiles.get(key);
    this.#tiles.delete(key);
    const { plan, pool, load } = this.#options;
    if (tile?.samples !== undefined) {
      this.#bytes -= tile.samples.byteLength;
      return tile.samples;
    }
    const samples = pool.take();
    for (const { rect, stored } of tile?.parts ?? []) {
      if (stored === undefined) throw new Error('a part is neither in memory nor in the spool');
      const bytes = await load(await stored);
      place(packedPart(rect, samplesOf(plan.type, bytes.buffer)), samples, plan.tileSize);
    }
    return samples;
  }

  #begin(): OpenTile {
    const fits = this.#bytes < this.#options.memoryBytes;
    const samples = fits ? this.#options.pool.take() : undefined;
    this.#bytes += samples?.byteLength ?? 0;
    return { parts: [], covered: 0, samples };
  }
}

function contains(outer: Window, inner: Window): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function meets(a: Window, b: Window): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
