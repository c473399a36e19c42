import { AppError } from '../error.ts';
import { type Confusion, confusionRows } from './metrics.ts';

/** An estimate and half the width of its 95 % confidence interval; undefined where it cannot be estimated. */
export type Estimate = { readonly value: number; readonly margin: number | undefined };

/** Estimates of one class. Areas are in the unit of the mapped areas given. */
export type ClassArea = {
  readonly value: number;
  readonly mapped: number;
  /** Area of the class in truth, from map and sample together. */
  readonly area: Estimate;
  readonly users: Estimate | undefined;
  readonly producers: Estimate | undefined;
};

/** Accuracy and areas that allow for how much of the map each class covers. */
export type AreaAdjusted = {
  readonly oa: Estimate;
  readonly perClass: readonly ClassArea[];
};

/** Two-sided 95 % quantile of the normal distribution; the paper rounds it to 1.96, and so do we. */
const quantile = 1.96;

/**
 * Stratified estimates of accuracy and area with 95 % confidence intervals (Olofsson et al. 2014, Remote Sensing of
 * Environment 148, 42–57, equations 2 and 4 to 11). The strata are the map classes. The intervals hold for reference pixels drawn
 * at random, alone or by stratum; for pixels of drawn polygons they are too narrow.
 *
 * @param confusion Rows = reference, columns = map (the paper has them the other way round).
 * @param mappedArea Area of each class in the whole map, in any unit.
 */
export function areaAdjusted(
  confusion: Confusion,
  mappedArea: readonly number[],
): AreaAdjusted | undefined {
  if (mappedArea.length !== confusion.values.length) {
    throw new AppError('internal', 'Area-adjusted figures need one mapped area for each class.');
  }
  const strata = strataOf(confusion, mappedArea);
  const total = mappedArea.reduce((sum, area) => sum + area, 0);
  // A stratum that covers ground but was not sampled could hold anything.
  if (total <= 0 || strata.some((s) => s.weight > 0 && s.n === 0)) return undefined;
  return {
    oa: overall(strata),
    perClass: confusion.values.map((value, k) => ({
      value,
      mapped: mappedArea[k]!,
      area: scaled(areaShare(strata, k), total),
      users: users(strata[k]!, k),
      producers: producers(strata, k),
    })),
  };
}

/** One map class: its share of the map, its sample, and how the reference divides that sample. */
type Stratum = {
  readonly weight: number;
  readonly n: number;
  /** Share of the stratum's sample that is of each class in the reference. */
  readonly shares: readonly number[];
};

function strataOf(confusion: Confusion, mappedArea: readonly number[]): readonly Stratum[] {
  const rows = confusionRows(confusion);
  const total = mappedArea.reduce((sum, area) => sum + area, 0);
  return mappedArea.map((area, column) => {
    const counts = rows.map((row) => row[column]!);
    const n = counts.reduce((sum, count) => sum + count, 0);
    return { weight: area / total, n, shares: counts.map((count) => (n === 0 ? 0 : count / n)) };
  });
}

/** Equation 4, 8: Σ W_i p_ii and its standard error from the strata. */
function overall(strata: readonly Stratum[]): Estimate {
  const value = strata.reduce((sum, s, i) => sum + s.weight * s.shares[i]!, 0);
  return { value, margin: margin(variance(strata, (s, i) => s.shares[i]!)) };
}

/** Equations 9, 10: share of the map's area that is of class k in truth. */
function areaShare(strata: readonly Stratum[], k: number): Estimate {
  const value = strata.reduce((sum, s) => sum + s.weight * s.shares[k]!, 0);
  return { value, margin: margin(variance(strata, (s) => s.shares[k]!)) };
}

/** Σ W_i² p_i (1 − p_i) / (n_i − 1) over the strata, or undefined where a stratum has a single sample. */
function variance(
  strata: readonly Stratum[],
  share: (stratum: Stratum, index: number) => number,
): number | undefined {
  let total = 0;
  for (const [i, stratum] of strata.entries()) {
    if (stratum.weight === 0) continue;
    if (stratum.n < 2) return undefined;
    const p = share(stratum, i);
    total += (stratum.weight ** 2 * p * (1 - p)) / (stratum.n - 1);
  }
  return total;
}

/** Equations 5, 6. */
function users(stratum: Stratum, k: number): Estimate | undefined {
  if (stratum.n === 0) return undefined;
  const value = stratum.shares[k]!;
  return {
    value,
    margin: margin(stratum.n < 2 ? undefined : (value * (1 - value)) / (stratum.n - 1)),
  };
}

/** Equations 5, 7; weights stand for the areas, since only their ratios enter. */
function producers(strata: readonly Stratum[], k: number): Estimate | undefined {
  const area = strata.reduce((sum, s) => sum + s.weight * s.shares[k]!, 0);
  if (area === 0) return undefined;
  const own = strata[k]!;
  const value = (own.weight * own.shares[k]!) / area;
  const u = own.shares[k]!;
  const others = variance(
    strata.map((s, i) => (i === k ? { ...s, weight: 0 } : s)),
    (s) => s.shares[k]!,
  );
  if (others === undefined || (own.weight > 0 && own.n < 2)) return { value, margin: undefined };
  const first =
    own.weight === 0 ? 0 : (own.weight ** 2 * (1 - value) ** 2 * u * (1 - u)) / (own.n - 1);
  return { value, margin: margin((first + value ** 2 * others) / area ** 2) };
}

function margin(varianceOfEstimate: number | undefined): number | undefined {
  return varianceOfEstimate === undefined ? undefined : quantile * Math.sqrt(varianceOfEstimate);
}

function scaled(share: Estimate, total: number): Estimate {
  return {
    value: share.value * total,
    margin: share.margin === undefined ? undefined : share.margin * total,
  };
}
