import type { Window } from '../../../app/raster/grid.ts';
import { type SampleArray, samplesOf, sampleTypeOf } from '../../../app/raster/samples.ts';

export type Size = { readonly width: number; readonly height: number };

/** GDAL's tolerance: a copy up to 1.2 times coarser than asked for is good enough. */
const tolerance = 1.2;

/** Index of the coarsest overview that is fine enough for a window read at a size; -1 for the image itself. */
export function bestOverview(
  image: Size,
  overviews: readonly Size[],
  window: Window,
  size: Size,
): number {
  const wanted = Math.min(window.width / size.width, window.height / size.height);
  let best = -1;
  let coarsest = 1;
  for (const [i, overview] of overviews.entries()) {
    const factor = Math.min(image.width / overview.width, image.height / overview.height);
    if (factor <= coarsest || factor >= wanted * tolerance) continue;
    best = i;
    coarsest = factor;
  }
  return best;
}

/** The samples of a request along one axis: first index, how many are spanned, and which of them each result takes. */
export type Axis = { readonly start: number; readonly length: number; readonly picks: Int32Array };

/** Nearest samples along one axis: `start` and `length` of the window at `scale` (copy / image), `count` results. */
export function axisOf(
  span: { readonly start: number; readonly length: number; readonly limit: number },
  scale: number,
  count: number,
): Axis {
  const picks = new Int32Array(count);
  const step = (span.length * scale) / count;
  for (let i = 0; i < count; i++) {
    const at = Math.floor(span.start * scale + (i + 0.5) * step + 1e-10);
    picks[i] = Math.min(Math.max(at, 0), span.limit - 1);
  }
  const start = picks[0]!;
  const length = picks[count - 1]! - start + 1;
  for (let i = 0; i < count; i++) picks[i]! -= start;
  return { start, length, picks };
}

/** Picks rows and columns of a block of `width` columns. */
export function pick(
  samples: SampleArray,
  width: number,
  columns: Int32Array,
  rows: Int32Array,
): SampleArray {
  const result = samplesOf(sampleTypeOf(samples), columns.length * rows.length);
  let to = 0;
  for (const row of rows) {
    const from = row * width;
    for (const column of columns) result[to++] = samples[from + column]!;
  }
  return result;
}
