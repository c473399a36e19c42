import type { Window } from '../../app/raster/grid.ts';
import { bytesPerSample, type SampleArray, type SampleType } from '../../app/raster/samples.ts';
import type { BandStatistics, SceneSource } from '../../app/raster/scene.ts';
import { throwIfCancelled } from './scenes/cancelled.ts';
import { BinCounter, type Histogram, ValueCounter } from './statisticsHistogram.ts';
import { Moments } from './statisticsMoments.ts';

/** Figures of one band over its valid pixels, in the units of the file (no scale or offset applied). */
export type SceneBandStatistics = BandStatistics & {
  readonly validPercent: number;
  /** Valid pixels that were seen. */
  readonly count: number;
  readonly histogram: Histogram;
};

export type StatisticsOptions = {
  /** Band indices from 0; all where absent. */
  readonly bands?: readonly number[];
  /** Bins of the histogram. */
  readonly bins?: number;
  /** Look at no more than about this many pixels, through overviews or nearest neighbours. Exact where absent. */
  readonly approximatePixels?: number;
  readonly signal?: AbortSignal;
  /** Called with the share of the work that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
};

/** Bytes of samples that are held at once. */
const windowBytes = 2 ** 25;
/** Bytes of the tables that count every value of 8- and 16-bit bands. */
const tableBytes = 2 ** 26;
const defaultBins = 256;

/** What is gathered of one band. */
type Tally = { readonly moments: Moments; readonly values?: ValueCounter; bins?: BinCounter };

/**
 * Minimum, maximum, mean, standard deviation (of the population, as GDAL's), valid share and histogram of each band, read
 * window by window along the file's blocks. Bands of up to 16 bits take one pass; others a second one for the histogram,
 * whose range is known only after the first. A band without a valid pixel has NaN figures and 0 per cent.
 * @throws AppError what reading throws; `cancelled`
 */
export async function sceneStatistics(
  source: SceneSource,
  options: StatisticsOptions = {},
): Promise<readonly SceneBandStatistics[]> {
  const { description } = source;
  const bands = options.bands ?? description.bands.map((_, index) => index);
  const bins = options.bins ?? defaultBins;
  const types = bands.map((band) => description.bands[band]!.type);
  const countable = fitting(types);
  const tallies = types.map(
    (type, i): Tally => ({
      moments: new Moments(),
      ...(countable[i] === true ? { values: new ValueCounter(type) } : {}),
    }),
  );
  const twice = tallies.some((tally) => tally.values === undefined);
  const plan = planOf(source, bands, options.approximatePixels);
  const progress = (share: number): void => options.onProgress?.(twice ? share / 2 : share);
  await pass(
    source,
    { plan, bands, options, progress },
    (tally, samples, mask) => {
      tally.moments.add(samples, mask);
      tally.values?.add(samples, mask);
    },
    tallies,
  );
  if (twice) {
    for (const tally of tallies) {
      const { count, min, max } = tally.moments;
      if (tally.values === undefined && count > 0) tally.bins = new BinCounter(min, max, bins);
    }
    const second = (share: number): void => options.onProgress?.(0.5 + share / 2);
    await pass(
      source,
      { plan, bands, options, progress: second },
      (tally, samples, mask) => {
        tally.bins?.add(samples, mask);
      },
      tallies,
    );
  }
  const pixels = plan.reduce((sum, part) => sum + part.width * part.height, 0);
  return tallies.map((tally) => result(tally, pixels, bins));
}

/** Which bands get a table of all their values: those of few bits, as far as the tables fit. */
function fitting(types: readonly SampleType[]): boolean[] {
  let bytes = 0;
  return types.map((type) => {
    const size = bytesPerSample(type);
    if (size > 2) return false;
    bytes += 4 * 2 ** (8 * size);
    return bytes <= tableBytes;
  });
}

/** One read: a window and the size of its result. */
type Part = { readonly window: Window; readonly width: number; readonly height: number };

function planOf(
  source: SceneSource,
  bands: readonly number[],
  approximatePixels: number | undefined,
): readonly Part[] {
  const { grid, block, bands: all } = source.description;
  const pixelBytes = bands.reduce((sum, band) => sum + bytesPerSample(all[band]!.type) + 1, 0);
  const factor =
    approximatePixels === undefined
      ? 1
      : Math.max(1, Math.sqrt((grid.width * grid.height) / Math.max(1, approximatePixels)));
  const most = Math.max(1, Math.floor(windowBytes / Math.max(1, pixelBytes)) * factor * factor);
  const height = rowsOf({ grid, block, most });
  const width = Math.min(
    grid.width,
    wholeBlocks(Math.floor(most / height), block.width, grid.width),
  );
  const parts: Part[] = [];
  for (let y = 0; y < grid.height; y += height) {
    for (let x = 0; x < grid.width; x += width) {
      const window = {
        x,
        y,
        width: Math.min(width, grid.width - x),
        height: Math.min(height, grid.height - y),
      };
      parts.push({
        window,
        width: Math.max(1, Math.round(window.width / factor)),
        height: Math.max(1, Math.round(window.height / factor)),
      });
    }
  }
  return parts;
}

/** Rows of a window: as many whole blocks as fit at full width, else one row of blocks, else as many rows as fit. */
function rowsOf(scene: {
  readonly grid: { readonly width: number; readonly height: number };
  readonly block: { readonly width: number; readonly height: number };
  readonly most: number;
}): number {
  const { grid, block, most } = scene;
  const atFullWidth = Math.floor(most / grid.width);
  if (atFullWidth >= block.height) return wholeBlocks(atFullWidth, block.height, grid.height);
  const atBlockWidth = Math.floor(most / Math.min(block.width, grid.width));
  return Math.max(1, Math.min(block.height, atBlockWidth, grid.height));
}

function wholeBlocks(length: number, block: number, whole: number): number {
  if (length >= whole) return whole;
  return length <= block ? Math.max(1, length) : length - (length % block);
}

type Work = {
  readonly plan: readonly Part[];
  readonly bands: readonly number[];
  readonly options: StatisticsOptions;
  readonly progress: (share: number) => void;
};

async function pass(
  source: SceneSource,
  work: Work,
  add: (tally: Tally, samples: SampleArray, mask: Uint8Array | undefined) => void,
  tallies: readonly Tally[],
): Promise<void> {
  const { plan, bands, options, progress } = work;
  for (const [i, part] of plan.entries()) {
    throwIfCancelled(options.signal);
    const block = await source.read({
      window: part.window,
      bands,
      size: { width: part.width, height: part.height },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    tallies.forEach((tally, b) => {
      add(tally, block.bands[b]!, block.masks[b]);
    });
    progress((i + 1) / plan.length);
  }
}

function result(tally: Tally, pixels: number, bins: number): SceneBandStatistics {
  const { count, min, max, mean } = tally.moments;
  const empty: Histogram = { min: Number.NaN, max: Number.NaN, counts: new Float64Array(bins) };
  const counted = tally.values?.histogram(min, max, bins) ?? tally.bins?.histogram();
  return {
    min,
    max,
    mean,
    std: tally.moments.std,
    count,
    validPercent: (100 * count) / pixels,
    histogram: count === 0 || counted === undefined ? empty : counted,
  };
}
