/** Side of the squares in which distances are asked for. */
export const CHUNK = 64;

/** Spectral distance of each pixel of a chunk to the seed, (64, 64) row by row; infinite where there is no data or no scene. */
export type DistanceChunk = Float32Array;

export type GrowOptions = {
  /** Pixels up to this distance belong to the region. */
  readonly tolerance: number;
  /** The region grows on past the tolerance until it has so many. */
  readonly minPixels: number;
  /** It stops at so many: those that are most like the seed. */
  readonly maxPixels: number;
  readonly signal?: AbortSignal;
};

/** A connected region. Columns `minX` to `maxX` and rows `minY` to `maxY`, all included. */
export type Region = {
  readonly pixels: number;
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
  /** 1 for each pixel of a row from `minX` to `maxX` that belongs to it. */
  row(y: number): Uint8Array;
};

/** Most steps away from the seed, each way: keeps the outline of a long thin region bounded. */
function reach(maxPixels: number): number {
  return Math.max(2 * CHUNK, Math.ceil(4 * Math.sqrt(maxPixels)));
}

const none = 0;
const waiting = 1;
const inside = 2;

/**
 * Grows a region from a seed over side-by-side neighbours, the nearest in spectrum first. What has been taken when the
 * distance first passes the tolerance is exactly the connected set within it, so the minimum and the maximum need no second
 * rule. Chunks are asked for where the region goes, and nowhere else.
 * @returns undefined where the seed has no data
 */
export async function growRegion(
  seed: { readonly x: number; readonly y: number },
  load: (chunkX: number, chunkY: number) => Promise<DistanceChunk>,
  options: GrowOptions,
): Promise<Region | undefined> {
  const ground = new Ground(seed, reach(options.maxPixels));
  const offer = async (x: number, y: number): Promise<void> => {
    options.signal?.throwIfAborted();
    ground.add(x, y, await load(Math.floor(x / CHUNK), Math.floor(y / CHUNK)));
    ground.offer(x, y);
  };
  await offer(seed.x, seed.y);
  if (ground.front.size === 0) return undefined;
  while (ground.front.size > 0 && ground.pixels < options.maxPixels) {
    if (ground.front.nearest > options.tolerance && ground.pixels >= options.minPixels) break;
    const [x, y] = ground.take();
    for (const [dx, dy] of sides) if (!ground.offer(x + dx, y + dy)) await offer(x + dx, y + dy);
  }
  return ground.region();
}

const sides = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

type Chunk = { readonly distances: DistanceChunk; readonly state: Uint8Array };

/** The chunks that a region has reached so far, and its front. */
class Ground {
  readonly front = new Front();
  readonly #chunks = new Map<number, Chunk>();
  readonly #seed: { readonly x: number; readonly y: number };
  readonly #most: number;
  pixels = 0;
  #minX = Number.POSITIVE_INFINITY;
  #minY = Number.POSITIVE_INFINITY;
  #maxX = Number.NEGATIVE_INFINITY;
  #maxY = Number.NEGATIVE_INFINITY;

  constructor(seed: { readonly x: number; readonly y: number }, most: number) {
    this.#seed = seed;
    this.#most = most;
  }

  add(x: number, y: number, distances: DistanceChunk): void {
    this.#chunks.set(keyOf(x, y), { distances, state: new Uint8Array(CHUNK * CHUNK) });
  }

  /** Puts a pixel on the front unless it has been there; false where its chunk is missing. */
  offer(x: number, y: number): boolean {
    if (Math.abs(x - this.#seed.x) > this.#most || Math.abs(y - this.#seed.y) > this.#most)
      return true;
    const chunk = this.#chunks.get(keyOf(x, y));
    if (chunk === undefined) return false;
    const at = indexIn(x, y);
    const distance = chunk.distances[at]!;
    if (chunk.state[at] !== none || distance === Number.POSITIVE_INFINITY) return true;
    chunk.state[at] = waiting;
    this.front.push(distance, x, y);
    return true;
  }

  /** Moves the nearest pixel of the front into the region. */
  take(): readonly [x: number, y: number] {
    const [x, y] = this.front.pop();
    this.#chunks.get(keyOf(x, y))!.state[indexIn(x, y)] = inside;
    this.pixels += 1;
    this.#minX = Math.min(this.#minX, x);
    this.#maxX = Math.max(this.#maxX, x);
    this.#minY = Math.min(this.#minY, y);
    this.#maxY = Math.max(this.#maxY, y);
    return [x, y];
  }

  region(): Region {
    const [minX, minY, maxX, maxY] = [this.#minX, this.#minY, this.#maxX, this.#maxY];
    const row = (y: number): Uint8Array => this.#row(y, minX, maxX);
    return { pixels: this.pixels, minX, minY, maxX, maxY, row };
  }

  #row(y: number, minX: number, maxX: number): Uint8Array {
    const row = new Uint8Array(maxX - minX + 1);
    for (let start = Math.floor(minX / CHUNK) * CHUNK; start <= maxX; start += CHUNK) {
      const chunk = this.#chunks.get(keyOf(start, y));
      if (chunk === undefined) continue;
      for (let x = Math.max(start, minX); x <= maxX && x < start + CHUNK; x++)
        if (chunk.state[indexIn(x, y)] === inside) row[x - minX] = 1;
    }
    return row;
  }
}

/** Name of the chunk of a position. */
const keyOf = (x: number, y: number): number =>
  (Math.floor(x / CHUNK) + 1) * 2 ** 26 + Math.floor(y / CHUNK) + 1;

/** Place in its chunk; positions left of or above the scene are not negative there. */
const indexIn = (x: number, y: number): number =>
  (((y % CHUNK) + CHUNK) % CHUNK) * CHUNK + (((x % CHUNK) + CHUNK) % CHUNK);

/** A binary heap of positions, the least distance first; of equal ones the first that came. */
class Front {
  size = 0;
  #distances = new Float64Array(1024);
  #orders = new Float64Array(1024);
  #xs = new Int32Array(1024);
  #ys = new Int32Array(1024);
  #came = 0;

  get nearest(): number {
    return this.#distances[0]!;
  }

  push(distance: number, x: number, y: number): void {
    if (this.size === this.#distances.length) this.#enlarge();
    let at = this.size++;
    const order = this.#came++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(distance, order, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, distance, order, x, y);
  }

  pop(): readonly [x: number, y: number] {
    const first = [this.#xs[0]!, this.#ys[0]!] as const;
    const end = --this.size;
    const [distance, order] = [this.#distances[end]!, this.#orders[end]!];
    let at = 0;
    for (let child = 1; child < end; child = 2 * at + 1) {
      if (
        child + 1 < end &&
        this.#before(this.#distances[child + 1]!, this.#orders[child + 1]!, child)
      )
        child += 1;
      if (this.#before(distance, order, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, distance, order, this.#xs[end]!, this.#ys[end]!);
    return first;
  }

  /** Whether something comes before what lies at a place. */
  #before(distance: number, order: number, at: number): boolean {
    const other = this.#distances[at]!;
    return distance < other || (distance === other && order < this.#orders[at]!);
  }

  #move(from: number, to: number): void {
    this.#distances[to] = this.#distances[from]!;
    this.#orders[to] = this.#orders[from]!;
    this.#xs[to] = this.#xs[from]!;
    this.#ys[to] = this.#ys[from]!;
  }

  #put(at: number, distance: number, order: number, x: number, y: number): void {
    this.#distances[at] = distance;
    this.#orders[at] = order;
    this.#xs[at] = x;
    this.#ys[at] = y;
  }

  #enlarge(): void {
    const larger = <Numbers extends Float64Array | Int32Array>(old: Numbers, fresh: Numbers) => {
      fresh.set(old);
      return fresh;
    };
    const length = 2 * this.size;
    this.#distances = larger(this.#distances, new Float64Array(length));
    this.#orders = larger(this.#orders, new Float64Array(length));
    this.#xs = larger(this.#xs, new Int32Array(length));
    this.#ys = larger(this.#ys, new Int32Array(length));
  }
}
