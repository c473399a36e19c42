import type { AreaAdjusted, Estimate } from './metricsArea.ts';

/** A labelled point: indices of its stratum, of the map's class and of the true class. */
export type LabelledPoint = {
  readonly stratum: number;
  readonly map: number;
  readonly reference: number;
};

/** Two-sided 95 % quantile of the normal distribution, rounded as in Olofsson et al. 2014. */
const quantile = 1.96;

/**
 * Accuracy and areas from a stratified random sample whose strata need not be the classes of the map (Stehman 2014,
 * International Journal of Remote Sensing 35, 4923–4939, equations 2, 3 and 25 to 28 without the finite-population
 * correction). Where they are, the estimates and intervals are those of Olofsson et al. 2014, equations 4 to 11. A simple
 * random sample is estimated with the classes of the map as strata (post-stratification).
 *
 * @param pixels of each stratum in the whole map, in any unit of area
 * @param mapped area of each class in the map, in the same unit
 * @returns undefined where a stratum that covers ground has no point
 */
export function stratifiedAccuracy(
  points: readonly LabelledPoint[],
  pixels: readonly number[],
  mapped: readonly number[],
): AreaAdjusted | undefined {
  const strata = pixels.map((size, stratum) => ({
    size,
    points: points.filter((point) => point.stratum === stratum),
  }));
  if (strata.some((stratum) => stratum.size > 0 && stratum.points.length === 0)) return undefined;
  const used = strata.filter((stratum) => stratum.size > 0);
  const total = used.reduce((sum, { size }) => sum + size, 0);
  if (total === 0) return undefined;
  const one = (): number => 1;
  const estimate = (y: Indicator, x: Indicator): Estimate | undefined => ratio(used, y, x);
  return {
    oa: estimate(({ map, reference }) => Number(map === reference), one)!,
    perClass: mapped.map((area, k) => {
      const right: Indicator = ({ map, reference }) => Number(map === k && reference === k);
      const share = estimate(({ reference }) => Number(reference === k), one)!;
      return {
        value: k,
        mapped: area,
        area: {
          value: share.value * total,
          margin: share.margin === undefined ? undefined : share.margin * total,
        },
        users: estimate(right, ({ map }) => Number(map === k)),
        producers: estimate(right, ({ reference }) => Number(reference === k)),
      };
    }),
  };
}

type Indicator = (point: LabelledPoint) => number;
type Stratum = { readonly size: number; readonly points: readonly LabelledPoint[] };

/** Ratio of two totals over the map with half the width of its 95 % interval; undefined where the lower total is 0. */
function ratio(strata: readonly Stratum[], y: Indicator, x: Indicator): Estimate | undefined {
  let [upper, lower] = [0, 0];
  for (const { size, points } of strata) {
    upper += size * mean(points.map(y));
    lower += size * mean(points.map(x));
  }
  if (lower === 0) return undefined;
  const value = upper / lower;
  let variance = 0;
  for (const { size, points } of strata) {
    if (points.length < 2) return { value, margin: undefined };
    // s²(y) + R² s²(x) − 2 R s(x, y) is the variance of y − R x
    const residuals = points.map((point) => y(point) - value * x(point));
    variance += (size ** 2 * sampleVariance(residuals)) / points.length;
  }
  return { value, margin: (quantile * Math.sqrt(variance)) / lower };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function sampleVariance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}
