import { encode } from 'fast-png';
import { type Window, wholeWindow } from '../../app/raster/grid.ts';
import { classColor } from '../../app/raster/palette.ts';
import type { SampleArray } from '../../app/raster/samples.ts';
import type { Band, Palette, RasterBlock, SceneSource } from '../../app/raster/scene.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { compositeBands } from './pictureBands.ts';
import { openTiff } from './tiff/openTiff.ts';

/** A preview: PNG bytes and its size in pixels. */
export type Picture = { readonly width: number; readonly height: number; readonly png: Uint8Array };

export type PictureOptions = {
  /** Part of the scene; default all of it. */
  readonly window?: Window;
  /** Longest edge in pixels, default 1024. Small scenes are not enlarged. */
  readonly maxSize?: number;
  readonly signal?: AbortSignal;
};

/** Per cent of the valid pixels that a stretch leaves dark and bright. */
const stretchTails = [2, 98] as const;

/**
 * A class map in its colours: those given, else the map's own, else the default class colours. What is no data, and class
 * 0 where the palette does not name it, is transparent.
 * @throws AppError as `source.read`
 */
export async function classPicture(
  source: SceneSource,
  options: PictureOptions & { readonly palette?: Palette; readonly band?: number } = {},
): Promise<Picture> {
  const block = await readReduced(source, [options.band ?? 0], options);
  const palette = options.palette ?? source.description.palette;
  const pixels = new Uint8Array(block.width * block.height * 4);
  const [samples, mask] = [block.bands[0]!, block.masks[0]];
  const colors = new Map<number, readonly number[]>();
  for (let i = 0; i < samples.length; i++) {
    if (mask?.[i] === 0) continue;
    const value = Number(samples[i]);
    let color = colors.get(value);
    if (color === undefined) {
      color = palette?.get(value) ?? defaultColor(value);
      colors.set(value, color);
    }
    pixels.set(color, i * 4);
  }
  return toPicture(block, pixels);
}

function defaultColor(value: number): readonly number[] {
  return value > 0 && Number.isInteger(value) ? [...classColor(value - 1), 255] : [0, 0, 0, 0];
}

/** A composite says what it shows: `Bands 4, 3, 2 (665, 560, 492 nm) as red, green, blue, …`. */
export type Composite = Picture & { readonly bands: readonly number[]; readonly caption: string };

/**
 * A scene in colours as an eye would see it, as far as its bands permit, each band stretched between its 2nd and 98th
 * percentile. Pixels without data in all of them are transparent.
 * @throws AppError as `source.read`
 */
export async function composite(
  source: SceneSource,
  maxSize = 1024,
  options: PictureOptions & { readonly bands?: readonly number[] } = {},
): Promise<Composite> {
  const bands = options.bands ?? compositeBands(source.description.bands);
  const block = await readReduced(source, bands, { maxSize, ...options });
  const pixels = new Uint8Array(block.width * block.height * 4);
  const planes = block.bands.map((samples, index) => stretched(samples, block.masks[index]));
  for (let i = 0; i < block.width * block.height; i++) {
    // a photograph may hold the nodata value in one colour of a dark pixel: that is no hole
    if (!planes.some((plane) => plane.valid(i))) continue;
    for (let channel = 0; channel < 3; channel++)
      pixels[i * 4 + channel] = planes[channel % planes.length]!.grey(i);
    pixels[i * 4 + 3] = 255;
  }
  const caption = captionOf(source.description.bands, bands);
  return { ...toPicture(block, pixels), bands, caption };
}

function captionOf(all: readonly Band[], shown: readonly number[]): string {
  const wavelengths = shown.map((index) => all[index]?.wavelengthNm);
  const known = wavelengths.every((wavelength) => wavelength !== undefined);
  const nm = known ? ` (${wavelengths.map((value) => Math.round(value)).join(', ')} nm)` : '';
  const numbers = shown.map((index) => index + 1).join(', ');
  const colours = shown.length === 1 ? 'in grey' : 'as red, green, blue';
  return `Band${shown.length === 1 ? '' : 's'} ${numbers}${nm} ${colours}, stretched from ${stretchTails[0]} to ${stretchTails[1]} %`;
}

/** Writes the picture of a class map on disk. @throws AppError as reading the map; `disk-full`, `not-writable` */
export async function writePreview(
  mapPath: string,
  picturePath: string,
  options: PictureOptions = {},
): Promise<void> {
  const source = await openTiff(mapPath);
  try {
    await writePicture(picturePath, await classPicture(source, options));
  } finally {
    await source.close();
  }
}

/** Writes a picture whole or not at all. @throws AppError `disk-full`, `not-writable` */
async function writePicture(path: string, picture: Picture): Promise<void> {
  await writeFileAtomic(path, picture.png);
}

function readReduced(
  source: SceneSource,
  bands: readonly number[],
  options: PictureOptions,
): Promise<RasterBlock> {
  const { maxSize = 1024, signal } = options;
  const window = options.window ?? wholeWindow(source.description.grid);
  const scale = Math.min(1, maxSize / Math.max(window.width, window.height));
  const size = {
    width: Math.max(1, Math.round(window.width * scale)),
    height: Math.max(1, Math.round(window.height * scale)),
  };
  return source.read({ window, bands, size, ...(signal === undefined ? {} : { signal }) });
}

type StretchedPlane = { valid(i: number): boolean; grey(i: number): number };

function stretched(samples: SampleArray, mask: Uint8Array | undefined): StretchedPlane {
  const valid = (i: number): boolean => mask?.[i] !== 0 && Number.isFinite(Number(samples[i]));
  const values: number[] = [];
  // a hundred thousand pixels settle a percentile to less than a step of grey
  const step = Math.max(1, Math.floor(samples.length / 100_000));
  for (let i = 0; i < samples.length; i += step) if (valid(i)) values.push(Number(samples[i]));
  const sorted = Float64Array.from(values).sort();
  const [low, high] = stretchTails.map((percent) => percentile(sorted, percent)) as [
    number,
    number,
  ];
  const grey = (i: number): number => {
    if (!valid(i)) return 0;
    if (!(high > low)) return 128;
    const share = (Number(samples[i]) - low) / (high - low);
    return Math.round(255 * Math.min(1, Math.max(0, share)));
  };
  return { valid, grey };
}

/** As NumPy's default: linear between the two nearest. */
function percentile(sorted: Float64Array, percent: number): number {
  if (sorted.length === 0) return 0;
  const at = ((sorted.length - 1) * percent) / 100;
  const [before, after] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return before + (after - before) * (at - Math.floor(at));
}

function toPicture(block: RasterBlock, data: Uint8Array): Picture {
  const { width, height } = block;
  return { width, height, png: encode({ width, height, data, channels: 4 }) };
}
