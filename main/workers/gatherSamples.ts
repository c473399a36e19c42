import { AppError } from '../../app/error.ts';
import { createRandom } from '../../app/random.ts';
import { type BandScaling, extractFeatures } from '../../app/raster/features.ts';
import type { RasterBlock, SceneSource } from '../../app/raster/scene.ts';
import { withHalo } from '../../app/raster/tiling.ts';
import {
  type PixelWindow,
  selectPixels,
  type WindowedPixels,
} from '../../app/vector/labelledPixels.ts';

/** Physical values at labelled pixels: (n, bands) or (n, bands, 3, 3), in the order of the pixels; NaN without data. */
export type GatheredSamples = { readonly pixels: WindowedPixels; readonly features: Float32Array };

export type GatherOptions = {
  readonly bands: readonly number[];
  readonly patch: 1 | 3;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
};

/** Training samples are held in memory: this many bytes at most. */
const maxBytes = 4 * 2 ** 30;

/** Reads the windows that hold labelled pixels, and no others. */
export async function gatherSamples(
  source: SceneSource,
  pixels: WindowedPixels,
  options: GatherOptions,
): Promise<GatheredSamples> {
  const { bands, patch } = options;
  const values = bands.length * patch * patch;
  const bytes = pixels.x.length * values * 4;
  if (bytes > maxBytes) {
    throw new AppError(
      'too-large',
      `The training samples of ${source.description.uri} would take ${(bytes / 2 ** 30).toFixed(1)} GiB (${pixels.x.length} pixels, ${bands.length} bands); at most 4 GiB are held. Use --max-samples to take fewer pixels a class.`,
    );
  }
  const scaling = bands.map((band): BandScaling => source.description.bands[band]!);
  const features = new Float32Array(pixels.x.length * values);
  for (const [index, run] of pixels.windows.entries()) {
    options.signal.throwIfAborted();
    const area = withHalo(run.window, patch === 3 ? 1 : 0, source.description.grid);
    const block = await source.read({ window: area, bands, signal: options.signal });
    const positions = positionsIn(pixels, run, block);
    const part = extractFeatures(block, scaling, positions, patch);
    voidWithoutData(part, block, positions, patch * patch);
    features.set(part, run.start * values);
    options.onProgress(index + 1, pixels.windows.length);
  }
  return { pixels, features };
}

function positionsIn(pixels: WindowedPixels, run: PixelWindow, block: RasterBlock): Int32Array {
  const positions = new Int32Array(run.count);
  for (let i = 0; i < run.count; i++) {
    const at = run.start + i;
    positions[i] = (pixels.y[at]! - block.window.y) * block.width + pixels.x[at]! - block.window.x;
  }
  return positions;
}

function voidWithoutData(
  features: Float32Array,
  block: RasterBlock,
  positions: Int32Array,
  cells: number,
): void {
  const bands = block.bands.length;
  for (let band = 0; band < bands; band++) {
    const mask = block.masks[band];
    if (mask === undefined) continue;
    for (let i = 0; i < positions.length; i++) {
      if (mask[positions[i]!] === 0)
        features.fill(Number.NaN, (i * bands + band) * cells, (i * bands + band + 1) * cells);
    }
  }
}

/** At most `most` pixels a class, drawn at random and left in their order. */
export function thinPixels(pixels: WindowedPixels, most: number, seed: number): WindowedPixels {
  const byClass = new Map<number, number[]>();
  for (const [i, classIndex] of pixels.classIndex.entries()) {
    const list = byClass.get(classIndex);
    if (list === undefined) byClass.set(classIndex, [i]);
    else list.push(i);
  }
  if ([...byClass.values()].every((list) => list.length <= most)) return pixels;
  const kept = [...byClass].flatMap(([classIndex, list]) =>
    list.length <= most
      ? list
      : createRandom(seed, 'thin', classIndex).shuffle(list).slice(0, most),
  );
  return pickPixels(pixels, Int32Array.from(kept).sort());
}

/** Chosen pixels, ascending, with the windows that still hold any. */
export function pickPixels(pixels: WindowedPixels, indices: Int32Array): WindowedPixels {
  const windows: PixelWindow[] = [];
  let at = 0;
  for (const run of pixels.windows) {
    const start = at;
    while (at < indices.length && indices[at]! < run.start + run.count) at++;
    if (at > start) windows.push({ window: run.window, start, count: at - start });
  }
  return { ...selectPixels(pixels, indices), windows };
}
