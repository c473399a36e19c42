import { AppError } from '../../../app/error.ts';
import { BandMoments, scaleTile, type TileScaling } from '../../../app/learn/tileScaling.ts';
import { createRandom } from '../../../app/random.ts';
import type { Band, SceneSource } from '../../../app/raster/scene.ts';
import { openScene } from '../../raster/formats.ts';
import { readTile, type Tile } from './readTile.ts';
import { bandsForModel, bandsInScene } from './tileBands.ts';

/** Least share of a tile that must have data. */
const leastValid = 0.8;
/** Places tried for one tile before the best one seen is taken. */
const mostTries = 12;
/** Tiles from which the value range of the bands is learned. */
const tilesForRange = 48;
/** Scenes kept open at a time. */
const mostOpen = 16;

type SceneEntry = {
  readonly uri: string;
  readonly bands: readonly number[];
  readonly area: number;
};

/** Random tiles of many scenes of one sensor: the same for the same seed and number, whatever was asked before. */
export type PatchSampler = {
  /** The bands taken, as the first scene describes them. */
  readonly bands: readonly Band[];
  readonly scenes: readonly string[];
  /** Files of all scenes, for the record. */
  readonly files: readonly string[];
  /** Metres (map units) a pixel of the first scene. */
  readonly resolution: number | undefined;
  /** A tile of `side` pixels in physical values; `key` names it. */
  tile(side: number, ...key: readonly (string | number)[]): Promise<Tile>;
  /** Range of the bands, from tiles of their own. */
  scaling(side: number): Promise<TileScaling>;
  /** `count` tiles (count, bands, side, side), scaled, flipped at random. */
  batch(
    options: { readonly side: number; readonly count: number; readonly scaling: TileScaling },
    ...key: readonly (string | number)[]
  ): Promise<Float32Array>;
  close(): Promise<void>;
};

/**
 * Opens every scene once to learn what it is. Scenes that cannot be read, are smaller than a tile or have other bands are
 * left out with a warning.
 * @throws AppError `no-samples` where none is left
 */
export async function openPatchSampler(
  uris: readonly string[],
  options: {
    readonly seed: number;
    readonly side: number;
    readonly warn: (message: string) => void;
    readonly signal: AbortSignal;
    /** Bands of the model to go on with; by default chosen from the first scene. */
    readonly bands?: readonly Band[];
  },
): Promise<PatchSampler> {
  const surveyed = await survey(uris, options);
  return new SceneSampler(surveyed, options.seed, options.signal);
}

type Survey = {
  readonly bands: readonly Band[];
  readonly entries: readonly SceneEntry[];
  readonly files: readonly string[];
  readonly resolution: number | undefined;
};

async function survey(
  uris: readonly string[],
  { side, warn, signal, bands: given }: Parameters<typeof openPatchSampler>[1],
): Promise<Survey> {
  let bands = given;
  let resolution: number | undefined;
  const entries: SceneEntry[] = [];
  const files: string[] = [];
  for (const uri of uris) {
    signal.throwIfAborted();
    try {
      const source = await openScene(uri, { signal });
      try {
        const { grid } = source.description;
        if (grid.width < side || grid.height < side) {
          warn(`${uri} is left out: ${grid.width} × ${grid.height} pixels, tiles need ${side}.`);
          continue;
        }
        bands ??= bandsForModel(source.description);
        resolution ??= grid.transform === undefined ? undefined : Math.abs(grid.transform[1]);
        const indices = bandsInScene(bands, source.description, warn);
        entries.push({ uri, bands: indices, area: grid.width * grid.height });
        files.push(...source.description.files);
      } finally {
        await source.close();
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
      warn(`${uri} is left out: ${error.message}`);
    }
  }
  if (bands !== undefined && entries.length > 0) return { bands, entries, files, resolution };
  throw new AppError(
    'no-samples',
    `None of ${uris.length} scenes can be used: each was smaller than ${side} × ${side} pixels, could not be read or has other bands. Choose smaller tiles or other scenes.`,
  );
}

class SceneSampler implements PatchSampler {
  readonly bands: readonly Band[];
  readonly files: readonly string[];
  readonly resolution: number | undefined;
  readonly #entries: readonly SceneEntry[];
  readonly #seed: number;
  readonly #signal: AbortSignal;
  /** In the order of their last use. */
  readonly #open = new Map<string, Promise<SceneSource>>();

  constructor(surveyed: Survey, seed: number, signal: AbortSignal) {
    this.bands = surveyed.bands;
    this.files = surveyed.files;
    this.resolution = surveyed.resolution;
    this.#entries = surveyed.entries;
    this.#seed = seed;
    this.#signal = signal;
  }

  get scenes(): readonly string[] {
    return this.#entries.map(({ uri }) => uri);
  }

  async tile(side: number, ...key: readonly (string | number)[]): Promise<Tile> {
    const random = createRandom(this.#seed, 'place', ...key);
    let best: { readonly tile: Tile; readonly share: number } | undefined;
    for (let attempt = 0; attempt < mostTries; attempt++) {
      const entry = this.#choose(random.uniform());
      const source = await this.#source(entry);
      const { width, height } = source.description.grid;
      const place = {
        x: random.integer(width - side + 1),
        y: random.integer(height - side + 1),
        side,
      };
      const tile = await readTile(source, entry.bands, place, this.#signal);
      const share = tile.valid.reduce((sum, one) => sum + one, 0) / tile.valid.length;
      if (best === undefined || share > best.share) best = { tile, share };
      if (share >= leastValid) break;
    }
    return best!.tile;
  }

  async scaling(side: number): Promise<TileScaling> {
    const moments = new BandMoments(this.bands.length);
    for (let i = 0; i < tilesForRange; i++) {
      const { values, valid } = await this.tile(side, 'range', i);
      moments.add(values, valid);
    }
    return moments.scaling();
  }

  async batch(
    { side, count, scaling }: Parameters<PatchSampler['batch']>[0],
    ...key: readonly (string | number)[]
  ): Promise<Float32Array> {
    const size = this.bands.length * side * side;
    const all = new Float32Array(count * size);
    for (let i = 0; i < count; i++) {
      const { values, valid } = await this.tile(side, ...key, i);
      scaleTile(values, valid, scaling);
      if (createRandom(this.#seed, 'flip', ...key, i).uniform() < 0.5) flipRows(values, side);
      all.set(values, i * size);
    }
    return all;
  }

  async close(): Promise<void> {
    for (const source of this.#open.values()) await (await source).close();
    this.#open.clear();
  }

  /** A scene by its share of all pixels. */
  #choose(share: number): SceneEntry {
    const total = this.#entries.reduce((sum, { area }) => sum + area, 0);
    let left = share * total;
    for (const entry of this.#entries) {
      left -= entry.area;
      if (left < 0) return entry;
    }
    return this.#entries.at(-1)!;
  }

  async #source({ uri }: SceneEntry): Promise<SceneSource> {
    const known = this.#open.get(uri);
    const source = known ?? openScene(uri, { signal: this.#signal });
    this.#open.delete(uri);
    this.#open.set(uri, source);
    if (this.#open.size > mostOpen) {
      const [oldest, idle] = this.#open.entries().next().value!;
      this.#open.delete(oldest);
      await (await idle).close();
    }
    return source;
  }
}

/** Turns every row of (…, side) round: a mirror image. */
function flipRows(values: Float32Array, side: number): void {
  for (let from = 0; from < values.length; from += side)
    values.subarray(from, from + side).reverse();
}
