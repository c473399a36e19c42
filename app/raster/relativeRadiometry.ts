import { type DatePair, unchangedPixels } from './unchangedPixels.ts';

/** How the values of a band went from the first date to the second, over pixels that look unchanged. */
export type BandRadiometry = {
  /** after = gain · before + offset */
  readonly gain: number;
  readonly offset: number;
  /** Mean of after − before, in standard deviations of before. */
  readonly difference: number;
  /** Correlation of the two dates over these pixels. */
  readonly correlation: number;
};

export type RelativeRadiometry = {
  readonly bands: readonly BandRadiometry[];
  /** Share of the pixels that may well be unchanged. */
  readonly unchanged: number;
};

/** Probabilities from which a pixel is good enough for the regression, and from which it may well be unchanged. */
const [certain, possible] = [0.5, 0.001];
/** Fewest pixels that a regression stands on. */
const fewest = 200;

/**
 * Relative radiometry of two dates: orthogonal regression, band by band, over pixels that multivariate alteration
 * detection finds unchanged (Canty and Nielsen 2008). Undefined where too few are.
 */
export function relativeRadiometry(pair: DatePair): RelativeRadiometry | undefined {
  const pixels = pair.before[0]?.length ?? 0;
  if (pixels < fewest) return undefined;
  const probability = unchangedPixels(pair);
  const chosen = Int32Array.from(probability.keys()).filter((i) => probability[i]! >= certain);
  if (chosen.length < fewest) return undefined;
  return {
    unchanged: probability.reduce((sum, one) => sum + (one >= possible ? 1 : 0), 0) / pixels,
    bands: pair.before.map((before, band) => regression(before, pair.after[band]!, chosen)),
  };
}

function regression(before: Float32Array, after: Float32Array, chosen: Int32Array): BandRadiometry {
  const count = chosen.length;
  let [x, y] = [0, 0];
  for (const i of chosen) {
    x += before[i]! / count;
    y += after[i]! / count;
  }
  let [xx, yy, xy] = [0, 0, 0];
  for (const i of chosen) {
    const [dx, dy] = [before[i]! - x, after[i]! - y];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  // The line with the least distances to it, both dates having noise.
  const gain = xy === 0 ? 1 : (yy - xx + Math.sqrt((yy - xx) ** 2 + 4 * xy * xy)) / (2 * xy);
  return {
    gain,
    offset: y - gain * x,
    difference: (y - x) / Math.max(1e-12, Math.sqrt(xx / count)),
    correlation: xy / Math.max(1e-12, Math.sqrt(xx * yy)),
  };
}
