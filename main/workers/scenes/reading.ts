import { AppError } from '../../../app/error.ts';
import { clip, type Window, wholeWindow } from '../../../app/raster/grid.ts';
import { type SampleArray, samplesOf } from '../../../app/raster/samples.ts';
import type { RasterBlock, SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import { type MapBounds, pixelsOfBounds, toPixelTransform } from '../../../app/raster/tileGrid.ts';

/** The pixels of a scene under a rectangle on the map; the whole scene where none is given. @throws AppError `no-overlap` */
export function windowUnder(scene: SceneDescription, bounds: MapBounds | undefined): Window {
  const { grid, uri } = scene;
  if (bounds === undefined) return wholeWindow(grid);
  const toPixel = toPixelTransform(grid);
  const window = toPixel === undefined ? undefined : clip(pixelsOfBounds(toPixel, bounds), grid);
  if (window !== undefined) return window;
  throw new AppError(
    'no-overlap',
    `What is in view does not meet ${uri}. Move the map to the scene.`,
    { uri },
  );
}

/** Size of a window thinned to about `pixels` pixels. */
function thinned(window: Window, pixels: number): { width: number; height: number } {
  const factor = Math.max(1, Math.sqrt((window.width * window.height) / pixels));
  return {
    width: Math.max(1, Math.round(window.width / factor)),
    height: Math.max(1, Math.round(window.height / factor)),
  };
}

/** A reduced read that takes at most this many times the pixels of its result, each way, is a cheap one. */
const cheapReduction = 4;

/**
 * Whether reading every `step`-th pixel decodes few others: because there is an overview, or because blocks are thin enough to be
 * passed over.
 */
export function reducesCheaply(
  { grid, overviews, block }: SceneDescription,
  step: number,
): boolean {
  const finest = Math.max(
    1,
    ...overviews.map(({ height }) => grid.height / height).filter((factor) => factor <= step * 1.2),
  );
  return step / finest <= cheapReduction || block.height * 2 <= step;
}

/** Pixels that may be decoded where a reduced read is not cheap. */
const mostDecoded = 2 ** 25;
/** Windows of such a scene that stand for it, each way, and their side. */
const parts = 5;
const partSide = 224;

/** Samples of a part of a scene, thinned to about `pixels`; one array and mask a band, in no order that means anything. */
export type ThinnedSamples = {
  readonly bands: readonly SampleArray[];
  readonly masks: readonly (Uint8Array | undefined)[];
  readonly length: number;
};

/**
 * About `pixels` pixels of a window, evenly spread. Of a large scene that would have to be decoded as a whole, 25 windows that
 * lie evenly over it.
 */
export async function thinnedSamples(
  source: SceneSource,
  window: Window,
  request: {
    readonly bands: readonly number[];
    readonly pixels: number;
    readonly signal: AbortSignal;
  },
): Promise<ThinnedSamples> {
  const { bands, pixels, signal } = request;
  const size = thinned(window, pixels);
  const step = window.height / size.height;
  if (reducesCheaply(source.description, step) || window.width * window.height <= mostDecoded) {
    const block = await source.read({ window, size, bands, signal });
    return { bands: block.bands, masks: block.masks, length: size.width * size.height };
  }
  const blocks: RasterBlock[] = [];
  for (let i = 0; i < parts * parts; i++) {
    const { block } = source.description;
    const part = {
      x: partStart(window.x, window.width, i % parts, block.width),
      y: partStart(window.y, window.height, Math.floor(i / parts), block.height),
      width: Math.min(partSide, window.width),
      height: Math.min(partSide, window.height),
    };
    blocks.push(await source.read({ window: part, bands, signal }));
  }
  const each = blocks[0]!.width * blocks[0]!.height;
  return {
    bands: bands.map((band, b) => {
      const all = samplesOf(source.description.bands[band]!.type, each * blocks.length);
      blocks.forEach((block, i) => {
        (all as Float64Array).set(block.bands[b]! as Float64Array, i * each);
      });
      return all;
    }),
    masks: bands.map((_, b) => {
      const all = new Uint8Array(each * blocks.length).fill(1);
      blocks.forEach((block, i) => {
        const mask = block.masks[b];
        if (mask !== undefined) all.set(mask, i * each);
      });
      return all;
    }),
    length: each * blocks.length,
  };
}

/** Where the n-th of the parts of a length begins: their middles divide it evenly, but a part keeps within a block that holds it. */
function partStart(start: number, length: number, n: number, block: number): number {
  const middle = start + ((n + 0.5) * length) / parts;
  const inBlock = Math.floor(middle / block) * block + block / 2;
  const centre = block >= partSide ? inBlock : middle;
  const last = start + Math.max(0, length - partSide);
  return Math.max(start, Math.min(last, Math.round(centre - partSide / 2)));
}

/** @throws AppError `usage` for a band that the scene does not have */
export function checkBands(scene: SceneDescription, bands: readonly number[]): void {
  const wrong = bands.find((band) => band >= scene.bands.length);
  if (wrong === undefined) return;
  throw new AppError(
    'usage',
    `${scene.uri} has ${scene.bands.length} bands; band ${wrong + 1} was asked for.`,
  );
}

/** Bands that are not bad; of more than `most`, evenly spread ones. */
export function spreadBands({ bands }: SceneDescription, most: number): readonly number[] {
  const good = bands.map((_, index) => index).filter((index) => bands[index]!.bad !== true);
  if (good.length === 0) return [0];
  if (good.length <= most) return good;
  return Array.from(
    { length: most },
    (_, i) => good[Math.floor(((i + 0.5) * good.length) / most)]!,
  );
}
