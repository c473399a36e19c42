import { AppError } from '../error.ts';
import { type Grid, type Window, wholeWindow } from '../raster/grid.ts';
import { scanWindows } from '../raster/tiling.ts';
import type { PixelWindow, WindowedPixels } from './labelledPixels.ts';
import type { ClassScheme } from './roi.ts';
import type { ClassCount } from './roiPixels.ts';

/** Class values over a grid, e.g. a label raster brought onto the grid of a scene. */
export type ClassValues = {
  readonly classes: ClassScheme;
  /** Class value of each pixel of a window, row by row; 0 (or a value outside the class list) = no class. */
  read(window: Window): Promise<ArrayLike<number>>;
};

export type LabelPixelOptions = {
  /** Storage block of the scene. */
  readonly block: { readonly width: number; readonly height: number };
  /** Most pixels of a class. Default 1 million. */
  readonly perClass?: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
};

/**
 * The labelled pixels of a label raster, at most `perClass` of each class: those with the smallest hash of position and
 * seed, so the choice depends neither on windows nor on order, and is spread evenly. Pixels come without ROIs (index -1).
 * `report` counts all labelled pixels, not only the ones kept. Memory follows `perClass`, not the scene.
 * @throws AppError `no-samples` nothing is labelled, `cancelled`
 */
export async function labelPixels(
  labels: ClassValues,
  grid: Grid,
  options: LabelPixelOptions,
): Promise<{ readonly pixels: WindowedPixels; readonly report: readonly ClassCount[] }> {
  const most = options.perClass ?? 1_000_000;
  const samples = labels.classes.map(() => new HashSample(most));
  const classOf = new Map(labels.classes.map(({ value }, index) => [value, index]));
  // In rows, as `windowFinder` needs them.
  const windows = scanWindows(wholeWindow(grid), options.block).toSorted(
    (a, b) => a.y - b.y || a.x - b.x,
  );
  for (const window of windows) {
    if (options.signal?.aborted === true)
      throw new AppError('cancelled', 'Reading the labels was cancelled.');
    const values = await labels.read(window);
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue;
      const classIndex = classOf.get(values[i]!);
      if (classIndex === undefined) continue;
      const x = window.x + (i % window.width);
      const y = window.y + Math.floor(i / window.width);
      samples[classIndex]!.add(x, y, positionHash(x, y, options.seed));
    }
  }
  const report = labels.classes.map(({ name, value }, index) => ({
    name,
    value,
    rois: 0,
    pixels: samples[index]!.seen,
  }));
  if (report.every(({ pixels }) => pixels === 0))
    throw new AppError('no-samples', 'The label raster labels no pixel of the scene.', {
      classes: report,
    });
  return { pixels: arrange(samples, windows, grid.width), report };
}

/** Keeps the positions with the smallest hashes: never more than twice `most`. */
export class HashSample {
  readonly #most: number;
  #limit = 2 ** 32;
  #kept: { x: number; y: number; hash: number }[] = [];
  seen = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(x: number, y: number, hash: number): void {
    this.seen++;
    if (hash >= this.#limit) return;
    this.#kept.push({ x, y, hash });
    if (this.#kept.length >= 2 * this.#most) this.#shrink();
  }

  /** With their hashes, in no order. */
  positions(): readonly { readonly x: number; readonly y: number; readonly hash: number }[] {
    if (this.#kept.length > this.#most) this.#shrink();
    return this.#kept;
  }

  #shrink(): void {
    // ties keep their order, and the order of windows does not change which positions tie
    this.#kept.sort((a, b) => a.hash - b.hash || a.y - b.y || a.x - b.x);
    this.#kept.length = this.#most;
    this.#limit = this.#kept.at(-1)!.hash + 1;
  }
}

/** 32 bits of a position and a seed, well mixed (the finaliser of MurmurHash3). */
export function positionHash(x: number, y: number, seed: number): number {
  let hash = (Math.imul(x, 0x9e3779b1) ^ Math.imul(y + 0x7f4a7c15, 0x85ebca77)) + seed;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The kept positions by window, row by row in each. */
function arrange(
  samples: readonly HashSample[],
  windows: readonly Window[],
  width: number,
): WindowedPixels {
  const all = samples.flatMap((sample, classIndex) =>
    sample.positions().map(({ x, y }) => ({ x, y, classIndex })),
  );
  all.sort((a, b) => a.y * width + a.x - (b.y * width + b.x));
  const byWindow = windows.map(() => [] as typeof all);
  const find = windowFinder(windows);
  for (const pixel of all) byWindow[find(pixel.x, pixel.y)]!.push(pixel);
  const runs: PixelWindow[] = [];
  let start = 0;
  byWindow.forEach(({ length: count }, index) => {
    if (count > 0) runs.push({ window: windows[index]!, start, count });
    start += count;
  });
  const sorted = byWindow.flat();
  return {
    x: Int32Array.from(sorted, ({ x }) => x),
    y: Int32Array.from(sorted, ({ y }) => y),
    classIndex: Uint8Array.from(sorted, ({ classIndex }) => classIndex),
    roiIndex: new Int32Array(sorted.length).fill(-1),
    windows: runs,
  };
}

/** Finds the window of a position; windows form rows of equal columns. */
function windowFinder(windows: readonly Window[]): (x: number, y: number) => number {
  const columns = [...new Set(windows.map(({ x }) => x))].sort((a, b) => a - b);
  const rows = [...new Set(windows.map(({ y }) => y))].sort((a, b) => a - b);
  const last = (starts: readonly number[], at: number): number => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return (x, y) => last(rows, y) * columns.length + last(columns, x);
}
