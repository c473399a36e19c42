import { AppError } from '../error.ts';
import type { Window } from '../raster/grid.ts';
import { PixelCollector, type PixelWindow, type WindowedPixels } from './labelledPixels.ts';
import type { PlacedRois } from './placeRois.ts';
import { fillShape } from './rasterise.ts';

/** How much of a class there is to learn from. */
export type ClassCount = {
  readonly name: string;
  readonly value: number;
  /** ROIs with at least one pixel. */
  readonly rois: number;
  readonly pixels: number;
};

/** Two ROIs that share pixels. */
export type RoiOverlap = { readonly ids: readonly [string, string]; readonly pixels: number };

/** What became of the ROIs. */
export type RoiReport = {
  readonly classes: readonly ClassCount[];
  readonly outside: readonly string[];
  readonly partlyOutside: readonly string[];
  /** Inside, but without any pixel centre (smaller than a pixel) or wholly in conflict. */
  readonly empty: readonly string[];
  /** Overlaps within a class: their pixels count once, for the ROI that comes first. */
  readonly overlaps: { readonly pixels: number; readonly pairs: readonly RoiOverlap[] };
  /** Overlaps of different classes: their pixels are not used. */
  readonly conflicts: { readonly pixels: number; readonly pairs: readonly RoiOverlap[] };
};

export type RoiPixelOptions = {
  /** Storage block of the scene: windows lie in groups of whole blocks, so that each block is decoded once. */
  readonly block: { readonly width: number; readonly height: number };
  /** Most pixels to collect, all classes together. Default 20 million. */
  readonly maxPixels?: number;
  readonly signal?: AbortSignal;
};

/**
 * The pixels whose centres ROIs cover. Each pixel appears once; pixels claimed by different classes do not appear.
 * Only windows that an ROI touches are looked at: time and memory follow the ROIs, not the scene.
 * @throws AppError `too-large` more than `maxPixels`, `no-samples` no ROI covers a pixel centre, `cancelled`
 */
export function roiPixels(
  placed: PlacedRois,
  options: RoiPixelOptions,
): { readonly pixels: WindowedPixels; readonly report: RoiReport } {
  const limit = options.maxPixels ?? 20_000_000;
  const collector = new PixelCollector();
  const overlaps = new PairCounter();
  const conflicts = new PairCounter();
  const windows: PixelWindow[] = [];
  for (const [whole, members] of touchedWindows(placed, options.block)) {
    if (options.signal?.aborted === true)
      throw new AppError('cancelled', 'Placing the ROIs was cancelled.');
    const start = collector.length;
    const window = partCovered(placed, whole, members);
    collectWindow(placed, window, members, { collector, overlaps, conflicts });
    const count = collector.length - start;
    if (count > 0) windows.push({ window, start, count });
    if (collector.length > limit) throw tooMany(placed.uri, limit);
  }
  const pixels = { ...collector.pixels(), windows };
  return { pixels, report: report(placed, pixels, overlaps, conflicts) };
}

type Collected = {
  readonly collector: PixelCollector;
  readonly overlaps: PairCounter;
  readonly conflicts: PairCounter;
};

/** Marks of a pixel in a window: 0 free, n > 0 taken by ROI n - 1, -1 claimed by several classes. */
function collectWindow(
  placed: PlacedRois,
  window: Window,
  members: readonly number[],
  { collector, overlaps, conflicts }: Collected,
): void {
  const owner = new Int32Array(window.width * window.height);
  const contested = new Map<number, number>();
  for (const index of members) {
    const { shape, classIndex } = placed.rois[index]!;
    fillShape(shape, window, (row, from, to) => {
      const start = (row - window.y) * window.width - window.x;
      for (let i = start + from; i < start + to; i++) {
        const other = owner[i]! > 0 ? owner[i]! - 1 : contested.get(i);
        if (other === undefined) owner[i] = index + 1;
        else if (other === index) continue;
        else if (placed.rois[other]!.classIndex === classIndex && owner[i]! > 0)
          overlaps.add(other, index, i);
        else {
          conflicts.add(other, index, i);
          contested.set(i, other);
          owner[i] = -1;
        }
      }
    });
    overlaps.endRoi();
    conflicts.endRoi();
  }
  overlaps.endWindow();
  conflicts.endWindow();
  for (let i = 0; i < owner.length; i++) {
    const index = owner[i]! - 1;
    if (index < 0) continue;
    const y = window.y + Math.floor(i / window.width);
    collector.add(window.x + (i % window.width), y, placed.rois[index]!.classIndex, index);
  }
}

/** The part of a window that the bounds of its ROIs cover: the rest need not be looked at or read. */
function partCovered(placed: PlacedRois, window: Window, members: readonly number[]): Window {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const index of members) {
    const { bounds } = placed.rois[index]!.shape;
    left = Math.min(left, Math.floor(bounds.minX));
    top = Math.min(top, Math.floor(bounds.minY));
    right = Math.max(right, Math.floor(bounds.maxX) + 1);
    bottom = Math.max(bottom, Math.floor(bounds.maxY) + 1);
  }
  const [x, y] = [Math.max(window.x, left), Math.max(window.y, top)];
  const width = Math.min(window.x + window.width, right) - x;
  const height = Math.min(window.y + window.height, bottom) - y;
  return { x, y, width, height };
}

/** Windows of whole blocks that bounds of ROIs touch, in reading order, with the ROIs of each in their own order. */
function touchedWindows(
  placed: PlacedRois,
  block: { readonly width: number; readonly height: number },
): readonly (readonly [Window, readonly number[]])[] {
  const { grid } = placed;
  const width = workingSize(block.width, grid.width);
  const height = workingSize(block.height, grid.height);
  const columns = Math.ceil(grid.width / width);
  const members = new Map<number, number[]>();
  let memberships = 0;
  placed.rois.forEach(({ shape, position }, index) => {
    if (position === 'outside') return;
    const left = Math.max(0, Math.floor(shape.bounds.minX / width));
    const right = Math.min(columns - 1, Math.floor(shape.bounds.maxX / width));
    const top = Math.max(0, Math.floor(shape.bounds.minY / height));
    const bottom = Math.min(
      Math.ceil(grid.height / height) - 1,
      Math.floor(shape.bounds.maxY / height),
    );
    memberships += (right - left + 1) * (bottom - top + 1);
    if (memberships > 20_000_000) throw tooMany(placed.uri, 20_000_000);
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++) {
        const list = members.get(row * columns + column);
        if (list === undefined) members.set(row * columns + column, [index]);
        else list.push(index);
      }
  });
  return [...members]
    .sort((a, b) => a[0] - b[0])
    .map(([key, list]) => {
      const x = (key % columns) * width;
      const y = Math.floor(key / columns) * height;
      const window = {
        x,
        y,
        width: Math.min(width, grid.width - x),
        height: Math.min(height, grid.height - y),
      };
      return [window, list] as const;
    });
}

/** The multiple of a block's side nearest to 512 pixels, within the scene: single-row strips are taken many at a time. */
function workingSize(side: number, whole: number): number {
  const wanted = Math.max(1, Math.round(512 / Math.max(1, side))) * Math.max(1, side);
  return Math.min(wanted, 4096, whole);
}

/** Counts shared pixels of pairs of ROIs; a pixel counts once in the total, however many ROIs share it. */
class PairCounter {
  readonly #pairs = new Map<string, number>();
  readonly #pixelsOfRoi = new Set<number>();
  readonly #pixelsOfWindow = new Set<number>();
  total = 0;

  add(first: number, second: number, pixel: number): void {
    if (this.#pixelsOfRoi.has(pixel)) return;
    this.#pixelsOfRoi.add(pixel);
    if (!this.#pixelsOfWindow.has(pixel)) this.total++;
    this.#pixelsOfWindow.add(pixel);
    const key = `${first} ${second}`;
    this.#pairs.set(key, (this.#pairs.get(key) ?? 0) + 1);
  }

  endRoi(): void {
    if (this.#pixelsOfRoi.size > 0) this.#pixelsOfRoi.clear();
  }

  endWindow(): void {
    this.endRoi();
    if (this.#pixelsOfWindow.size > 0) this.#pixelsOfWindow.clear();
  }

  /** Pairs by shared pixels, most first. */
  pairs(placed: PlacedRois): RoiOverlap[] {
    return [...this.#pairs]
      .map(([key, pixels]) => {
        const [first, second] = key.split(' ').map(Number) as [number, number];
        return { ids: [placed.rois[first]!.id, placed.rois[second]!.id] as const, pixels };
      })
      .sort((a, b) => b.pixels - a.pixels);
  }
}

function report(
  placed: PlacedRois,
  pixels: WindowedPixels,
  overlaps: PairCounter,
  conflicts: PairCounter,
): RoiReport {
  const perRoi = new Int32Array(placed.rois.length);
  for (const index of pixels.roiIndex) perRoi[index]!++;
  const classes = placed.classes.map(({ name, value }, classIndex) => {
    const counts = placed.rois.flatMap((roi, index) =>
      roi.classIndex === classIndex && perRoi[index]! > 0 ? [perRoi[index]!] : [],
    );
    return { name, value, rois: counts.length, pixels: counts.reduce((sum, n) => sum + n, 0) };
  });
  const ids = (keep: (index: number) => boolean): string[] =>
    placed.rois.flatMap((roi, index) => (keep(index) ? [roi.id] : []));
  return {
    classes,
    outside: ids((index) => placed.rois[index]!.position === 'outside'),
    partlyOutside: ids((index) => placed.rois[index]!.position === 'partly'),
    empty: ids((index) => placed.rois[index]!.position !== 'outside' && perRoi[index] === 0),
    overlaps: { pixels: overlaps.total, pairs: overlaps.pairs(placed) },
    conflicts: { pixels: conflicts.total, pairs: conflicts.pairs(placed) },
  };
}

function tooMany(uri: string, limit: number): AppError {
  return new AppError(
    'too-large',
    `The ROIs of ${uri} cover more than ${limit.toLocaleString('en')} pixels. Draw smaller ROIs: a few thousand pixels a class are plenty.`,
    { uri, limit },
  );
}
