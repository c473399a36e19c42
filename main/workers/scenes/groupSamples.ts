import { createRandom, type Random } from '../../../app/random.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import type { Geometry } from '../../../app/vector/geometry.ts';
import { type AreaPixels, forEachArea, placeAreas } from './areaPixels.ts';

/** Spectra of groups of areas. */
export type GroupSamples = {
  /** Physical values, (count, bands), pixel by pixel. */
  readonly features: Float32Array;
  readonly count: number;
};

export type SampleOptions = {
  readonly crs: string | undefined;
  readonly bands: readonly number[];
  /** Most pixels of a group: drawn evenly where it has more. */
  readonly most: number;
  readonly signal: AbortSignal;
};

/** Pixels of each group that are valid in all bands, thinned evenly (reservoir sampling, Vitter 1985, algorithm R). */
export async function sampleGroups(
  source: SceneSource,
  groups: readonly (readonly Geometry[])[],
  options: SampleOptions,
): Promise<readonly GroupSamples[]> {
  const { description } = source;
  const groupOf = groups.flatMap((areas, group) => areas.map(() => group));
  const shapes = placeAreas(description.grid, groups.flat(), options.crs);
  const reservoirs = groups.map((_, group) => new Reservoir(options, createRandom(0, group)));
  const scaling = options.bands.map((band) => description.bands[band]!);
  await forEachArea(source, shapes, options.bands, {
    signal: options.signal,
    visit: (pixels) => reservoirs[groupOf[pixels.area]!]!.add(pixels, scaling),
  });
  return reservoirs.map((reservoir) => reservoir.samples());
}

class Reservoir {
  readonly #bands: number;
  readonly #most: number;
  readonly #random: Random;
  #features = new Float32Array(0);
  #seen = 0;

  constructor({ bands, most }: SampleOptions, random: Random) {
    this.#bands = bands.length;
    this.#most = most;
    this.#random = random;
  }

  add(
    { positions, block }: AreaPixels,
    scaling: readonly { readonly scale: number; readonly offset: number }[],
  ): void {
    this.#reserve(Math.min(this.#most, this.#seen + positions.length));
    for (const at of positions) {
      if (block.masks.some((mask) => mask?.[at] === 0)) continue;
      this.#seen += 1;
      const place = this.#seen <= this.#most ? this.#seen - 1 : this.#random.integer(this.#seen);
      if (place >= this.#most) continue;
      for (let band = 0; band < this.#bands; band++) {
        const { scale, offset } = scaling[band]!;
        this.#features[place * this.#bands + band] =
          Number(block.bands[band]![at]) * scale + offset;
      }
    }
  }

  samples(): GroupSamples {
    const count = Math.min(this.#seen, this.#most);
    return { features: this.#features.subarray(0, count * this.#bands), count };
  }

  #reserve(pixels: number): void {
    const length = pixels * this.#bands;
    if (this.#features.length >= length) return;
    const larger = new Float32Array(Math.max(length, 2 * this.#features.length));
    larger.set(this.#features);
    this.#features = larger;
  }
}
