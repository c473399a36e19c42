import { AppError } from '../../../app/error.ts';
import { type Plane, type Region, resizePlane } from '../../../app/learn/tileResize.ts';
import type { Band } from '../../../app/raster/scene.ts';
import { openScene } from '../../raster/formats.ts';
import type { Tile } from '../tiles/readTile.ts';
import type { TileRecord } from './tileSet.ts';

/** Bytes of decoded tiles that are kept. */
const budget = 256 * 2 ** 20;

/** Pixels of the tiles of a set, of the bands wanted, in physical values. */
export class TileStore {
  readonly #tiles: readonly TileRecord[];
  readonly #all: readonly Band[];
  /** Of the tiles, in the order of the model. */
  readonly #bands: readonly number[];
  /**
   * The first tiles read, as many as there is room for. Every epoch takes all tiles in another order: dropping the
   * oldest would drop each before it is wanted again.
   */
  readonly #kept = new Map<number, readonly Plane[]>();
  #bytes = 0;

  constructor(tiles: readonly TileRecord[], all: readonly Band[], bands: readonly number[]) {
    this.#tiles = tiles;
    this.#all = all;
    this.#bands = bands;
  }

  /** Each band as it is stored. @throws AppError `corrupt` … of the file */
  async planes(tile: number, signal?: AbortSignal): Promise<readonly Plane[]> {
    const known = this.#kept.get(tile);
    if (known !== undefined) return known;
    const planes = await this.#read(this.#tiles[tile]!, signal);
    const bytes = planes.reduce((sum, { values }) => sum + 5 * values.length, 0);
    if (this.#bytes + bytes <= budget && !this.#kept.has(tile)) {
      this.#kept.set(tile, planes);
      this.#bytes += bytes;
    }
    return planes;
  }

  /** The whole tile, or a region of it, on a square of `side` pixels, every band from its own resolution. */
  async whole(
    tile: number,
    side: number,
    {
      region,
      signal,
    }: { readonly region?: Region | undefined; readonly signal?: AbortSignal } = {},
  ): Promise<Tile> {
    const planes = await this.planes(tile, signal);
    const values = new Float32Array(planes.length * side * side);
    const valid = new Uint8Array(side * side).fill(1);
    for (const [i, plane] of planes.entries()) {
      const resized = resizePlane(plane, side, region);
      values.set(resized.values, i * side * side);
      for (let k = 0; k < valid.length; k++) valid[k]! &= resized.valid[k]!;
    }
    return { values, valid };
  }

  /** A square of a tile's own pixels; what lies outside it is invalid. Bands of one size only. */
  async cut(
    tile: number,
    { x, y, side }: { readonly x: number; readonly y: number; readonly side: number },
    signal?: AbortSignal,
  ): Promise<Tile> {
    const planes = await this.planes(tile, signal);
    const { width, height } = planes[0]!;
    const values = new Float32Array(planes.length * side * side);
    const valid = new Uint8Array(side * side);
    for (let row = Math.max(0, -y); row < Math.min(side, height - y); row++)
      for (let column = Math.max(0, -x); column < Math.min(side, width - x); column++) {
        const from = (y + row) * width + x + column;
        const to = row * side + column;
        valid[to] = planes.every((plane) => plane.valid?.[from] !== 0) ? 1 : 0;
        for (const [i, plane] of planes.entries())
          values[i * side * side + to] = plane.values[from]!;
      }
    return { values, valid };
  }

  async #read({ files, name }: TileRecord, signal?: AbortSignal): Promise<readonly Plane[]> {
    const planes =
      files.length === 1
        ? await readFile(files[0]!, this.#bands, name, signal)
        : await Promise.all(
            this.#bands.map(async (band) => (await readFile(files[band]!, [0], name, signal))[0]!),
          );
    return planes.map((plane, i) => this.#physical(plane, this.#bands[i]!));
  }

  #physical(plane: Plane, band: number): Plane {
    const { scale, offset } = this.#all[band]!;
    if (scale === 1 && offset === 0) return plane;
    return { ...plane, values: plane.values.map((value) => value * scale + offset) };
  }
}

async function readFile(
  path: string,
  bands: readonly number[],
  name: string,
  signal: AbortSignal | undefined,
): Promise<readonly Plane[]> {
  const source = await openScene(path);
  try {
    const { width, height } = source.description.grid;
    const window = { x: 0, y: 0, width, height };
    const block = await source.read({ window, bands, ...(signal && { signal }) });
    return block.bands.map((samples, i) => ({
      width,
      height,
      values: Float32Array.from(samples as ArrayLike<number | bigint>, Number),
      valid: block.masks[i],
    }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `Tile ${name}: ${error.message}`, error.details);
  } finally {
    await source.close();
  }
}
