import { AppError } from '../error.ts';
import { clip, type Window } from '../raster/grid.ts';
import { reflectanceScale, sampleNodata } from './bands.ts';
import { elevation, siteAt } from './layout.ts';
import { surfaceNames } from './library.ts';
import { type BandNoise, bandNoise, lightAt, shadowTint } from './light.ts';
import { gradientNoise, hash, nearNormal } from './noise.ts';
import type { Sample } from './sample.ts';
import type { Site } from './site.ts';
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

/** Parts of a mixed pixel: this many samples a side. */
const parts = 4;

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

/** What covers one pixel: up to parts² pairs of surface and parcel with their areas. */
type Cover = {
  count: number;
  readonly surface: Int32Array;
  readonly parcel: Float64Array;
  readonly change: Int32Array;
  readonly area: Float64Array;
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
  const cover: Cover = {
    count: 0,
    surface: new Int32Array(parts * parts),
    parcel: new Float64Array(parts * parts),
    change: new Int32Array(parts * parts),
    area: new Float64Array(parts * parts),
  };
  const corners = cornersOf(painting, window);
  for (let row = 0; row < window.height; row++) {
    for (let column = 0; column < window.width; column++) {
      const [x, y] = [window.x + column, window.y + row];
      if (isOutsideSwath(sample, x, y)) continue;
      const i = row * window.width + column;
      coverOf(painting, cover, x, y, sameCorners(corners, column, row));
      block.reference[i] = majority(cover, cover.surface, sample.valueOfSurface);
      if (block.change !== undefined) {
        block.change[i] = majority(cover, cover.change, sample.valueOfChange);
      }
      paintPixel(painting, target, { x, y, i }, cover);
    }
  }
  return block;
}

/** The swath ends in a slanted line across the upper right corner. */
export function isOutsideSwath(sample: Sample, x: number, y: number): boolean {
  const { width, height } = sample.grid;
  return (x + 0.5) / width - (0.55 * (y + 0.5)) / height > 0.9;
}

const site: Site = { surface: 0, parcel: 0, change: 0 };

/** Keys of what lies at the corners of all pixels of a window, (height + 1) · (width + 1). */
type Corners = { readonly keys: Float64Array; readonly width: number };

function cornersOf({ sample, second }: Painting, window: Window): Corners {
  const width = window.width + 1;
  const keys = new Float64Array(width * (window.height + 1));
  const { scale } = sample.layout;
  for (let i = 0; i < keys.length; i++) {
    const x = window.x + (i % width);
    const y = window.y + Math.floor(i / width);
    siteAt(sample.layout, x / scale, y / scale, second, site);
    keys[i] = keyOf(site);
  }
  return { keys, width };
}

function keyOf({ surface, parcel, change }: Site): number {
  return (surface * 8 + change) * 4294967296 + (parcel >>> 0);
}

/** The key at all four corners of a pixel, or −1 where they differ. */
function sameCorners({ keys, width }: Corners, column: number, row: number): number {
  const at = row * width + column;
  const key = keys[at]!;
  return key === keys[at + 1] && key === keys[at + width] && key === keys[at + width + 1]
    ? key
    : -1;
}

/** What covers pixel (x, y): looked at once where its corners and centre agree, else at parts² places. */
function coverOf(
  { sample, second }: Painting,
  cover: Cover,
  x: number,
  y: number,
  corner: number,
): void {
  const { layout } = sample;
  siteAt(layout, (x + 0.5) / layout.scale, (y + 0.5) / layout.scale, second, site);
  cover.count = 0;
  if (keyOf(site) === corner) return addCover(cover, 1);
  for (let part = 0; part < parts * parts; part++) {
    const dx = ((part % parts) + 0.5) / parts;
    const dy = (Math.floor(part / parts) + 0.5) / parts;
    siteAt(layout, (x + dx) / layout.scale, (y + dy) / layout.scale, second, site);
    addCover(cover, 1 / (parts * parts));
  }
}

function addCover(cover: Cover, area: number): void {
  for (let k = 0; k < cover.count; k++) {
    if (
      cover.surface[k] === site.surface &&
      cover.parcel[k] === site.parcel &&
      cover.change[k] === site.change
    ) {
      cover.area[k]! += area;
      return;
    }
  }
  cover.surface[cover.count] = site.surface;
  cover.parcel[cover.count] = site.parcel;
  cover.change[cover.count] = site.change;
  cover.area[cover.count] = area;
  cover.count++;
}

const areas = new Float64Array(256);

/** The value that covers most; the smaller one where two cover the same. */
function majority(cover: Cover, keys: Int32Array, valueOf: Uint8Array): number {
  areas.fill(0);
  let best = 0;
  for (let k = 0; k < cover.count; k++) areas[valueOf[keys[k]!]!]! += cover.area[k]!;
  for (let value = 1; value < 256; value++) if (areas[value]! > areas[best]!) best = value;
  return best;
}

/** What a window's pixels are written to, and what they share. */
type Target = {
  readonly window: Window;
  readonly bands: readonly Uint16Array[];
  readonly stripes: Float64Array;
  /** Scratch, (bands). */
  readonly mixed: Float64Array;
};

type Pixel = { readonly x: number; readonly y: number; readonly i: number };

/** Mixes the spectra of what covers a pixel, lights them, adds noise and stores the numbers. */
function paintPixel(painting: Painting, target: Target, pixel: Pixel, cover: Cover): void {
  const { sample, spectra, noise, tint, offset, second } = painting;
  const { layout, seed } = sample;
  const { bands, mixed } = target;
  const [x, y] = [pixel.x / layout.scale, pixel.y / layout.scale];
  const light = lightAt(layout, x, y, second);
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
