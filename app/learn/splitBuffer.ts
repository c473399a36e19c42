import type { LabelledPixels } from '../vector/labelledPixels.ts';
import { Side } from './split.ts';

/**
 * Drops training pixels that have a validation pixel within `buffer` columns and rows (the square around them), so that
 * no patch around a training pixel sees what validation measures. Changes `sides`. Work follows the number of pixels and
 * of runs of validation pixels in a row.
 */
export function dropNearValidation(
  pixels: LabelledPixels,
  sides: Uint8Array,
  buffer: number,
): void {
  if (buffer <= 0) return;
  const validation = rowsOf(pixels, sides, Side.validation);
  for (const [row, indices] of rowsOf(pixels, sides, Side.train)) {
    const zones = zonesOf(pixels, validation, row, buffer);
    let at = 0;
    for (const index of indices) {
      const x = pixels.x[index]!;
      while (at < zones.length && zones[at]![1] < x) at++;
      if (at < zones.length && zones[at]![0] <= x) sides[index] = Side.dropped;
    }
  }
}

type Rows = ReadonlyMap<number, readonly number[]>;

/** Indices of the pixels of one side by row, each row sorted by column. */
function rowsOf(pixels: LabelledPixels, sides: Uint8Array, side: number): Rows {
  const rows = new Map<number, number[]>();
  for (let i = 0; i < sides.length; i++) {
    if (sides[i] !== side) continue;
    const row = rows.get(pixels.y[i]!);
    if (row === undefined) rows.set(pixels.y[i]!, [i]);
    else row.push(i);
  }
  for (const row of rows.values()) row.sort((a, b) => pixels.x[a]! - pixels.x[b]!);
  return rows;
}

/** Column ranges [first, last] of a row within `buffer` of a validation pixel, disjoint and ascending. */
function zonesOf(
  pixels: LabelledPixels,
  validation: Rows,
  row: number,
  buffer: number,
): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (let y = row - buffer; y <= row + buffer; y++) {
    for (const index of validation.get(y) ?? []) {
      const x = pixels.x[index]!;
      const last = ranges.at(-1);
      // columns ascend within a row, so neighbours join at once
      if (last !== undefined && x - buffer >= last[0] && x - buffer <= last[1] + 1)
        last[1] = Math.max(last[1], x + buffer);
      else ranges.push([x - buffer, x + buffer]);
    }
  }
  ranges.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && range[0] <= last[1] + 1) last[1] = Math.max(last[1], range[1]);
    else merged.push(range);
  }
  return merged;
}
