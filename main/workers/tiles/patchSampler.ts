import {
  BandMoments,
  type LearnedScaling,
  scaleTile,
  type TileScaling,
} from '../../../app/learn/tileScaling.ts';
import { createRandom, type Random } from '../../../app/random.ts';
import type { WantedBand } from '../../../app/raster/bandContract.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { openScene } from '../../raster/formats.ts';
import { inUnitsOf, type KnownUnits, lookAt } from './modelUnits.ts';
import { readTile, type Tile } from './readTile.ts';
import { resizeTile } from './resizeTile.ts';
import {
  type Survey,
  type SurveyedScene,
  type SurveyOptions,
  surveyScenes,
} from './sceneSurvey.ts';

/** Least share of a tile that must have data. */
const leastValid = 0.8;
/** Places tried for one tile before the best one seen is taken. */
const mostTries = 12;
/** Tiles from which the value range of the bands is learned. */
const tilesForRange = 48;
/** Scenes kept open at a time. */
const mostOpen = 16;

/** Random tiles, all of one size, of many scenes of one sensor: the same for the same seed and number, whatever was asked before. */
export type PatchSampler = {
  /** The bands taken: those asked for, or as the first scene describes them. */
  readonly bands: readonly WantedBand[];
  readonly scenes: readonly string[];
  /** Files of all scenes, for the record. */
  readonly files: readonly string[];
  /** Metres a pixel of the tiles, by the first scene. */
  readonly resolution: number | undefined;
  /** A tile in physical values; `key` names it. */
  tile(...key: readonly (string | number)[]): Promise<Tile>;
  /** Range of the bands, from tiles of their own. */
  scaling(kind: LearnedScaling): Promise<TileScaling>;
  /** `count` tiles (count, bands, side, side), scaled, flipped at random. */
  batch(
    options: { readonly count: number; readonly scaling: TileScaling },
    ...key: readonly (string | number)[]
  ): Promise<Float32Array>;
  close(): Promise<void>;
};

/** @throws AppError `no-samples` where no scene can be used */
export async function openPatchSampler(
  uris: readonly string[],
  options: SamplerOptions,
): Promise<PatchSampler> {
  const survey = await surveyScenes(uris, options);
  return new SceneSampler(survey, {
    ...options,
    units: options.units ?? (await unitsOf(survey.scenes[0]!)),
  });
}

export type SamplerOptions = SurveyOptions & {
  readonly seed: number;
  /** That all scenes are brought to; those of the first where absent. */
  readonly units?: KnownUnits | undefined;
};

async function unitsOf({ uri, bands }: SurveyedScene): Promise<KnownUnits> {
  const source = await openScene(uri);
  try {
    return { means: (await lookAt(source, bands)).means, of: 'the first scene' };
  } finally {
    await source.close();
  }
}

class SceneSampler implements PatchSampler {
  readonly bands: readonly WantedBand[];
  readonly files: readonly string[];
  readonly resolution: number | undefined;
  readonly #entries: readonly SurveyedScene[];
  readonly #seed: number;
  readonly #side: number;
  readonly #signal: AbortSignal;
  readonly #units: KnownUnits | undefined;
  readonly #warn: (message: string) => void;
  #told = false;
  /** In the order of their last use. */
  readonly #open = new Map<string, Promise<SceneSource>>();

  constructor(surveyed: Survey, { seed, side, signal, units, warn }: SamplerOptions) {
    this.bands = surveyed.bands;
    this.files = surveyed.files;
    this.resolution = surveyed.resolution;
    this.#entries = surveyed.scenes;
    this.#seed = seed;
    this.#side = side;
    this.#signal = signal;
    this.#units = units;
    this.#warn = warn;
  }

  get scenes(): readonly string[] {
    return this.#entries.map(({ uri }) => uri);
  }

  async tile(...key: readonly (string | number)[]): Promise<Tile> {
    const random = createRandom(this.#seed, 'place', ...key);
    let best: { readonly tile: Tile; readonly share: number } | undefined;
    for (let attempt = 0; attempt < mostTries; attempt++) {
      const entry = this.#choose(random.uniform());
      const source = await this.#source(entry);
      const { width, height } = source.description.grid;
      const { within, side } = entry;
      const place = {
        x: start(within.x, within.width, width - side, random),
        y: start(within.y, within.height, height - side, random),
        side,
      };
      const read = await readTile(source, entry.bands, place, this.#signal);
      const tile = resizeTile(read, side, this.#side);
      const share = tile.valid.reduce((sum, one) => sum + one, 0) / tile.valid.length;
      if (best === undefined || share > best.share) best = { tile, share };
      if (share >= leastValid) break;
    }
    return best!.tile;
  }

  async scaling(kind: LearnedScaling): Promise<TileScaling> {
    const moments = new BandMoments(this.bands.length, kind === 'whitened');
    for (let i = 0; i < tilesForRange; i++) {
      const { values, valid } = await this.tile('range', i);
      moments.add(values, valid);
    }
    return moments.scaling(kind);
  }

  async batch(
    { count, scaling }: Parameters<PatchSampler['batch']>[0],
    ...key: readonly (string | number)[]
  ): Promise<Float32Array> {
    const side = this.#side;
    const size = this.bands.length * side * side;
    const all = new Float32Array(count * size);
    for (let i = 0; i < count; i++) {
      const { values, valid } = await this.tile(...key, i);
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
  #choose(share: number): SurveyedScene {
    const areaOf = ({ within }: SurveyedScene): number => within.width * within.height;
    const total = this.#entries.reduce((sum, entry) => sum + areaOf(entry), 0);
    let left = share * total;
    for (const entry of this.#entries) {
      left -= areaOf(entry);
      if (left < 0) return entry;
    }
    return this.#entries.at(-1)!;
  }

  async #source({ uri, bands }: SurveyedScene): Promise<SceneSource> {
    const known = this.#open.get(uri);
    const source =
      known ??
      openScene(uri, { signal: this.#signal }).then((opened) =>
        inUnitsOf(this.#units, opened, bands, (message) => this.#tellOnce(message)),
      );
    this.#open.delete(uri);
    this.#open.set(uri, source);
    if (this.#open.size > mostOpen) {
      const [oldest, idle] = this.#open.entries().next().value!;
      this.#open.delete(oldest);
      await (await idle).close();
    }
    return source;
  }

  /** Of thousands of scenes the first that is read in other units is enough. */
  #tellOnce(message: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#warn(`${message} Other scenes like it are treated alike.`);
  }
}

/** A place from `first`, `count` wide, up to `last`, beyond which a tile would stick out. */
function start(first: number, count: number, last: number, random: Random): number {
  const low = Math.min(first, last);
  return low + random.integer(Math.min(first + count - 1, last) - low + 1);
}

/** Turns every row of (…, side) round: a mirror image. */
function flipRows(values: Float32Array, side: number): void {
  for (let from = 0; from < values.length; from += side)
    values.subarray(from, from + side).reverse();
}
