import { AppError } from '../error.ts';

/** How the points of an accuracy assessment are drawn from a map whose classes are the strata. */
export type SamplingDesign = 'stratified' | 'equalised' | 'random';

export type Stratum = { readonly value: number; readonly pixels: number };

/**
 * How many points each stratum gets, never more than it has pixels.
 * - `equalised`: the same for all.
 * - `stratified`: in proportion to pixels, but at least `least` (Olofsson et al. 2014, section 5.1.1: small classes get a fixed
 *   number, the rest is shared out in proportion). Where `points` do not suffice for that, all get the same.
 * @throws AppError `no-samples` for fewer points than strata
 */
export function allocatePoints(
  strata: readonly Stratum[],
  options: {
    readonly design: Exclude<SamplingDesign, 'random'>;
    readonly points: number;
    readonly least: number;
  },
): readonly number[] {
  const { design, points } = options;
  if (points < strata.length)
    throw new AppError(
      'no-samples',
      `${points} points cannot cover ${strata.length} classes. Draw at least ${2 * strata.length}.`,
    );
  const even = Math.floor(points / strata.length);
  if (design === 'equalised' || options.least >= even)
    return share(
      strata.map(() => 1),
      strata.map(({ pixels }) => pixels),
      points,
    );
  const given: number[] = strata.map(() => 0);
  let open = strata.map((_, index) => index);
  let rest = points;
  for (;;) {
    const pixels = open.reduce((sum, index) => sum + strata[index]!.pixels, 0);
    const small = open.filter((index) => (rest * strata[index]!.pixels) / pixels < options.least);
    if (small.length === 0) break;
    for (const index of small) {
      given[index] = Math.min(options.least, strata[index]!.pixels);
      rest -= given[index];
    }
    open = open.filter((index) => !small.includes(index));
  }
  const sizes = open.map((index) => strata[index]!.pixels);
  share(sizes, sizes, rest).forEach((count, i) => {
    given[open[i]!] = count;
  });
  return given;
}

/** `total` whole numbers in proportion to weights, each up to its limit: by largest remainder (Hamilton), the first of equals. */
function share(weights: readonly number[], limits: readonly number[], total: number): number[] {
  const given = weights.map(() => 0);
  let rest = Math.min(
    total,
    limits.reduce((sum, limit) => sum + limit, 0),
  );
  while (rest > 0) {
    const open = given.flatMap((count, index) => (count < limits[index]! ? [index] : []));
    const weight = open.reduce((sum, index) => sum + weights[index]!, 0);
    const wanted = open.map((index) => (rest * weights[index]!) / weight);
    let left = rest;
    open.forEach((index, i) => {
      const more = Math.min(Math.floor(wanted[i]!), limits[index]! - given[index]!);
      given[index]! += more;
      left -= more;
    });
    const byRemainder = open
      .map((index, i) => ({ index, remainder: wanted[i]! - Math.floor(wanted[i]!) }))
      .sort((a, b) => b.remainder - a.remainder);
    for (const { index } of byRemainder) {
      if (left === 0 || given[index] === limits[index]) continue;
      given[index]! += 1;
      left -= 1;
    }
    rest = left;
  }
  return given;
}
