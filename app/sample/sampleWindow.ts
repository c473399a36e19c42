import { AppError } from '../error.ts';
import { clip, type Window } from '../raster/grid.ts';
import { reflectanceScale, sampleNodata } from './bands.ts';
import { type Cover, cornersOf, coverPixel, createCover, majority } from './cover.ts';
import { elevation } from './layout.ts';
import { surfaceNames } from './library.ts';
import { type BandNoise, bandNoise, type Light, lightGrid, lightOf, shadowTint } from './light.ts';
import { gradientNoise, hash, nearNormal } from './noise.ts';
import type { Sample } from './sample.ts';
import { createParcelSpectra, type ParcelSpectra } from './spectra.ts';

/** Pixels of one window of a sample scene. All arrays are width · height, row by row. */
export type SampleBlock = {
  readonly window: Window;
  /** One array a band, in the stored numbers of `Sample.bands`. */
  readonly bands: readonly Uint16Array[];
  /** Class that covers most of the pixel; 0 outside the swath. */
  readonly reference: Uint8Array;
  /** Kind of change that covers most of the pixel (value in `Sample.changes`); only of a pair's second date. */
  readonly change?: Uint8Array;
};

/** Makes windows of one date of a scene. */
export type SamplePainter = (window: Window) => SampleBlock;

/**
 * A function that makes any window of a scene. Each pixel depends on its place and the seed alone, so windows agree at their
 * seams; memory is that of one window.
 *
 * @param date 0, or 1 for the second date of a pair
 */
export function createPainter(sample: Sample, date = 0): SamplePainter {
  if (date !== 0 && !(date === 1 && sample.kind === 'pair')) {
    throw new AppError('usage', `A ${sample.kind} sample has no date ${date + 1}.`, { date });
  }
  const painting: Painting = {
    sample,
    second: date === 1,
    spectra: createParcelSpectra(sample.library.surfaces, sample.bands, sample.seed),
    noise: bandNoise(sample.bands, sample.kind === 'hyperspectral'),
    tint: shadowTint(sample.bands),
    offset: Math.round((sample.bands[0]?.offset ?? 0) / reflectanceScale),
  };
  return (window) => paint(painting, window);
}

/** One window of one date; for many windows of one scene keep a `createPainter`. */
export function sampleWindow(sample: Sample, window: Window, date = 0): SampleBlock {
  return createPainter(sample, date)(window);
}

type Painting = {
  readonly sample: Sample;
  readonly second: boolean;
  readonly spectra: ParcelSpectra;
  readonly noise: BandNoise;
  readonly tint: Float64Array;
  /** Stored number of reflectance 0, negated. */
  readonly offset: number;
};

function paint(painting: Painting, window: Window): SampleBlock {
  const { sample, second } = painting;
  const inside = clip(window, sample.grid);
  if (inside === undefined || inside.width !== window.width || inside.height !== window.height) {
    throw new AppError('no-overlap', 'The window reaches outside the sample scene.', { window });
  }
  const length = window.width * window.height;
  const block = {
    window,
    bands: sample.bands.map(() => new Uint16Array(length)),
    reference: new Uint8Array(length),
    ...(second ? { change: new Uint8Array(length) } : {}),
  };
  const target: Target = {
    window,
    bands: block.bands,
    stripes: stripesOf(painting, window),
    mixed: new Float64Array(sample.bands.length),
  };
  const { layout, valueOfSurface, valueOfChange } = sample;
  const cover = createCover();
  const corners = cornersOf(layout, window, second);
  const light = lightGrid(layout, window, second);
  const lit: Light = { sun: 1, shadow: 0 };
  for (let row = 0; row < window.height; row++) {
    for (let column = 0; column < window.width; column++) {
      const [x, y] = [window.x + column, window.y + row];
      if (isOutsideSwath(sample, x, y)) continue;
      const i = row * window.width + column;
      coverPixel(cover, corners, { layout, second, x, y, column, row });
      block.reference[i] = majority(cover, cover.surface, valueOfSurface);
      if (block.change !== undefined) {
        block.change[i] = majority(cover, cover.change, valueOfChange);
      }
      lightOf(light, x, y, lit);
      paintPixel(painting, target, { x, y, i, light: lit }, cover);
    }
  }
  return block;
}

/** The swath ends in a slanted line across the upper right corner. */
export function isOutsideSwath(sample: Sample, x: number, y: number): boolean {
  const { width, height } = sample.grid;
  return (x + 0.5) / width - (0.55 * (y + 0.5)) / height > 0.9;
}

/** What a window's pixels are written to, and what they share. */
type Target = {
  readonly window: Window;
  readonly bands: readonly Uint16Array[];
  readonly stripes: Float64Array;
  /** Scratch, (bands). */
  readonly mixed: Float64Array;
};

type Pixel = {
  readonly x: number;
  readonly y: number;
  /** Index in the window. */
  readonly i: number;
  readonly light: Light;
};

/** Mixes the spectra of what covers a pixel, lights them, adds noise and stores the numbers. */
function paintPixel(painting: Painting, target: Target, pixel: Pixel, cover: Cover): void {
  const { sample, spectra, noise, tint, offset, second } = painting;
  const { seed } = sample;
  const { bands, mixed } = target;
  const { light } = pixel;
  const { texture, blend, surface } = variation(painting, pixel, cover);
  mixInto(mixed, spectra, cover);
  const more = spectra.difference(surface);
  const brightness = light.sun * Math.exp(texture);
  const stripes = (pixel.x - target.window.x) * bands.length;
  let bits = hash(pixel.x, pixel.y, seed + (second ? 8422 : 503)) | 1;
  for (let b = 0; b < bands.length; b++) {
    const lit = brightness * (1 - light.shadow * (1 - tint[b]!)) * noise.transmission[b]!;
    const value = (mixed[b]! + blend * more[b]!) * lit;
    // xorshift32: one step for each band, from a start that the place decides.
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    const sigma = noise.floor[b]! + noise.share[b]! * Math.abs(value);
    const measured = value * target.stripes[stripes + b]! + sigma * nearNormal(bits);
    const stored = Math.round(measured / reflectanceScale) - offset;
    bands[b]![pixel.i] = Math.min(65_535, Math.max(sampleNodata + 1, stored));
  }
}

/** The mean spectrum of what covers a pixel, by area. */
function mixInto(mixed: Float64Array, spectra: ParcelSpectra, cover: Cover): void {
  for (let k = 0; k < cover.count; k++) {
    const spectrum = spectra.spectrum(cover.surface[k]!, cover.parcel[k]!);
    const area = cover.area[k]!;
    if (k === 0) for (let b = 0; b < mixed.length; b++) mixed[b] = area * spectrum[b]!;
    else for (let b = 0; b < mixed.length; b++) mixed[b]! += area * spectrum[b]!;
  }
}

/** Gain of each detector column in each band, (width, bands). */
function stripesOf({ sample, noise }: Painting, window: Window): Float64Array {
  const count = sample.bands.length;
  return Float64Array.from({ length: window.width * count }, (_, i) => {
    const column = window.x + Math.floor(i / count);
    return 1 + noise.stripes * nearNormal(hash(column, i % count, sample.seed + 509));
  });
}

const water = surfaceNames.indexOf('water');

/** How a pixel differs from its parcel: brightness, and how much more of the second curve it has. */
function variation({ sample, second }: Painting, pixel: Pixel, cover: Cover) {
  const { layout, seed, library } = sample;
  let main = 0;
  for (let k = 1; k < cover.count; k++) if (cover.area[k]! > cover.area[main]!) main = k;
  const surface = cover.surface[main]!;
  const [x, y] = [pixel.x / layout.scale, pixel.y / layout.scale];
  const grain = nearNormal(hash(pixel.x, pixel.y, seed + 541));
  const patch = gradientNoise(x / 5, y / 5, seed + 547);
  const swell = gradientNoise(x / 26, y / 26, seed + 557);
  const { texture, share } = library.surfaces[surface]!;
  const range = share[1] - share[0];
  let blend = range * (0.45 * swell + 0.06 * grain) + (second ? 0.06 * range : 0);
  if (surface === water) {
    blend *= 0.3;
    // Shallow near the shore, where the bottom and the sediment show.
    const depth = Math.max(0, layout.level.water - elevation(seed, x, y)) / 0.07;
    blend += 0.5 * Math.exp(-depth) - 0.1;
  }
  return { texture: texture * (0.8 * grain + 1.6 * patch), blend, surface };
}
