import type { LabelledPixels } from '../vector/labelledPixels.ts';

/** Pixels that stay together in a split. */
export type Unit = {
  /** Sorts units and names their random draw: the same whatever the order of pixels. */
  readonly key: string;
  readonly indices: readonly number[];
  /** Pixels by class index. */
  readonly counts: ReadonlyMap<number, number>;
};

/**
 * Divides pixels into units: all that lie in one cell of a square lattice of `blockSize`. An ROI goes whole to the cell of
 * its middle pixel. A class that then has a single unit is divided further, for otherwise it could not be on both sides:
 * by ROIs where it has several, else its only ROI (or patch) into strips along its longer side.
 */
export function splitUnits(pixels: LabelledPixels, blockSize: number): Unit[] {
  const cellOf = cellsOfRois(pixels, blockSize);
  const cells = new Map<string, number[]>();
  for (let i = 0; i < pixels.x.length; i++) {
    const roi = pixels.roiIndex[i]!;
    const cell = cellOf.get(roi) ?? cellName(pixels.x[i]!, pixels.y[i]!, blockSize);
    append(cells, cell, i);
  }
  const classCells = new Map<number, Set<string>>();
  for (const [cell, indices] of cells)
    for (const index of indices) {
      const classIndex = pixels.classIndex[index]!;
      if (!classCells.has(classIndex)) classCells.set(classIndex, new Set());
      classCells.get(classIndex)!.add(cell);
    }
  const units = new Map<string, number[]>();
  for (const [cell, indices] of cells) {
    const lonely = new Map<number, number[]>();
    for (const index of indices) {
      const classIndex = pixels.classIndex[index]!;
      if (classCells.get(classIndex)!.size === 1) append(lonely, classIndex, index);
      else append(units, cell, index);
    }
    for (const [classIndex, members] of lonely)
      for (const [part, list] of divide(pixels, members))
        units.set(`${cell} class ${classIndex} ${part}`, list);
  }
  return [...units]
    .map(([key, indices]) => ({ key, indices, counts: countClasses(pixels, indices) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Parts of a class that lies in one cell: its ROIs, or strips of the only one. */
function divide(pixels: LabelledPixels, members: readonly number[]): Map<string, number[]> {
  const rois = new Map<number, number[]>();
  for (const index of members) append(rois, pixels.roiIndex[index]!, index);
  if (rois.size > 1)
    return new Map([...rois.values()].map((list) => [`at ${firstPosition(pixels, list)}`, list]));
  const xs = range(members, pixels.x);
  const ys = range(members, pixels.y);
  const [along, [low, high]] = xs[1] - xs[0] >= ys[1] - ys[0] ? [pixels.x, xs] : [pixels.y, ys];
  const strips = new Map<string, number[]>();
  const count = Math.min(STRIPS, high - low + 1);
  for (const index of members)
    append(
      strips,
      `strip ${Math.floor(((along[index]! - low) * count) / (high - low + 1))}`,
      index,
    );
  return strips;
}

const STRIPS = 4;

/** The cell of each ROI: that of its middle pixel in reading order. */
function cellsOfRois(pixels: LabelledPixels, blockSize: number): Map<number, string> {
  const sums = new Map<number, { x: number; y: number; n: number }>();
  for (let i = 0; i < pixels.x.length; i++) {
    const roi = pixels.roiIndex[i]!;
    if (roi < 0) continue;
    const sum = sums.get(roi) ?? { x: 0, y: 0, n: 0 };
    sum.x += pixels.x[i]!;
    sum.y += pixels.y[i]!;
    sum.n++;
    sums.set(roi, sum);
  }
  return new Map(
    [...sums].map(([roi, { x, y, n }]) => [
      roi,
      cellName(Math.round(x / n), Math.round(y / n), blockSize),
    ]),
  );
}

const cellName = (x: number, y: number, blockSize: number): string =>
  `${Math.floor(y / blockSize)} ${Math.floor(x / blockSize)}`;

function countClasses(
  pixels: LabelledPixels,
  indices: readonly number[],
): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const index of indices) {
    const classIndex = pixels.classIndex[index]!;
    counts.set(classIndex, (counts.get(classIndex) ?? 0) + 1);
  }
  return counts;
}

function firstPosition(pixels: LabelledPixels, list: readonly number[]): string {
  let best = list[0]!;
  for (const index of list) {
    const down = pixels.y[index]! - pixels.y[best]!;
    if (down < 0 || (down === 0 && pixels.x[index]! < pixels.x[best]!)) best = index;
  }
  return `${pixels.y[best]} ${pixels.x[best]}`;
}

function range(indices: readonly number[], values: Int32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const index of indices) {
    low = Math.min(low, values[index]!);
    high = Math.max(high, values[index]!);
  }
  return [low, high];
}

function append<Key>(lists: Map<Key, number[]>, key: Key, index: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [index]);
  else list.push(index);
}
