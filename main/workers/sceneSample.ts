import { type Window, wholeWindow } from '../../app/raster/grid.ts';
import { type SceneSource, validEverywhere } from '../../app/raster/scene.ts';

/** What a few small windows say of a scene. */
export type SceneSample = {
  /** Share of pixels with data in every band that is not on the bad-band list. */
  readonly validShare: number;
  /** Share of pixels that are 0 in each of these bands. */
  readonly zeroShare: number;
  /** A band declares which value means "no data". */
  readonly hasNodata: boolean;
  /** Of each band, physical values over its valid pixels; undefined where it has none, or is on the bad-band list. */
  readonly bands: readonly (BandSample | undefined)[];
};

export type BandSample = {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly deviation: number;
};

/** Windows along each side, and pixels along each side of one. */
const [windowsAcross, windowSide] = [3, 64];

/** Reads nine windows spread over the scene: each costs a block of the file or a few. */
export async function sampleScene(source: SceneSource, signal: AbortSignal): Promise<SceneSample> {
  const { bands, grid } = source.description;
  const used = [...bands.keys()].filter((index) => bands[index]!.bad !== true);
  const figures = bands.map(() => new Figures());
  let [pixels, valid, zero] = [0, 0, 0];
  for (const window of spread(wholeWindow(grid))) {
    signal.throwIfAborted();
    const block = await source.read({ window, bands: used, signal });
    const everywhere = validEverywhere(block);
    for (let i = 0; i < block.width * block.height; i++) {
      pixels += 1;
      if (everywhere === undefined || everywhere[i] !== 0) valid += 1;
      if (block.bands.every((samples) => Number(samples[i]) === 0)) zero += 1;
    }
    for (const [position, index] of used.entries()) {
      const { scale, offset } = bands[index]!;
      const mask = block.masks[position];
      const figure = figures[index]!;
      block.bands[position]!.forEach((sample: number | bigint, i: number) => {
        if (mask !== undefined && mask[i] === 0) return;
        const value = Number(sample) * scale + offset;
        figure.add(value);
      });
    }
  }
  return {
    validShare: valid / pixels,
    zeroShare: zero / pixels,
    hasNodata: used.some((index) => bands[index]!.nodata !== undefined),
    bands: figures.map((figure) => figure.sample()),
  };
}

/** Running figures of one band (Welford: exact where the mean is large beside the deviation). */
class Figures {
  #count = 0;
  #mean = 0;
  #squares = 0;
  #min = Infinity;
  #max = -Infinity;

  add(value: number): void {
    this.#count += 1;
    const before = value - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (value - this.#mean);
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  sample(): BandSample | undefined {
    if (this.#count === 0) return undefined;
    const deviation = Math.sqrt(this.#squares / this.#count);
    return { min: this.#min, max: this.#max, mean: this.#mean, deviation };
  }
}

/** Windows in the middle of the cells of a coarse grid; fewer where the scene is small. */
function spread(whole: Window): Window[] {
  const starts = (length: number): number[] => {
    const across = Math.max(1, Math.min(windowsAcross, Math.floor(length / windowSide)));
    const side = Math.min(windowSide, length);
    return Array.from({ length: across }, (_, i) =>
      Math.floor(((i + 0.5) * length) / across - side / 2),
    );
  };
  const width = Math.min(windowSide, whole.width);
  const height = Math.min(windowSide, whole.height);
  return starts(whole.height).flatMap((y) =>
    starts(whole.width).map((x) => ({ x, y, width, height })),
  );
}
