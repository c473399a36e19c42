import type { MapWriters, ScoredWindow } from '../mapWriters.ts';
import { SeamMeter } from './seamMeter.ts';

/** Writers that measure the seams of the class probabilities on the way; undefined where a run was continued, or too small. */
export type SeamWriters = Pick<MapWriters, 'done' | 'write'> & {
  readonly seam: () => number | undefined;
};

/** Measures what is written to a map of tiles `spacing` pixels apart. */
export function withSeamMeter(
  writers: Pick<MapWriters, 'done' | 'write'>,
  { classes, spacing }: { readonly classes: number; readonly spacing: number },
): SeamWriters {
  const meter = new SeamMeter(spacing);
  let isWhole = true;
  return {
    done: (window) => {
      const done = writers.done(window);
      if (done) isWhole = false;
      return done;
    },
    write: async (scored) => {
      meter.add(planesOf(scored, classes), scored.window);
      await writers.write(scored);
    },
    seam: () => (isWhole ? meter.ratio() : undefined),
  };
}

/** Probability of each class over the window; NaN where nothing is mapped. */
function planesOf(
  { window, indices, scores }: ScoredWindow,
  classes: number,
): readonly Float32Array[] {
  const pixels = window.width * window.height;
  return Array.from({ length: classes }, (_, k) => {
    const plane = new Float32Array(pixels).fill(Number.NaN);
    for (const [i, pixel] of indices.entries()) plane[pixel] = scores[i * classes + k]!;
    return plane;
  });
}
