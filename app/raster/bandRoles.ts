/** A part of the spectrum that indices are made of, as bands of common sensors show it. */
export type BandRole =
  | 'blue'
  | 'green'
  | 'red'
  | 'redEdge'
  | 'redEdge3'
  | 'nir'
  | 'swir1'
  | 'swir2';

/** Where a role is looked for, nm: `centre` is preferred, what lies outside the range is something else. */
const ranges: Readonly<Record<BandRole, { centre: number; from: number; to: number }>> = {
  blue: { centre: 490, from: 440, to: 520 },
  green: { centre: 560, from: 520, to: 600 },
  red: { centre: 665, from: 620, to: 690 },
  redEdge: { centre: 705, from: 695, to: 730 },
  redEdge3: { centre: 783, from: 765, to: 795 },
  nir: { centre: 842, from: 770, to: 900 },
  swir1: { centre: 1610, from: 1550, to: 1750 },
  swir2: { centre: 2200, from: 2080, to: 2350 },
};

/** Names that tell a role where there are no wavelengths: of Sentinel-2, and words. `B2` of other sensors is another band. */
const names: Readonly<Record<BandRole, RegExp>> = {
  blue: /^B02$|\bblue\b/i,
  green: /^B03$|\bgreen\b/i,
  red: /^B04$|\bred\b(?![ _-]*edge)/i,
  redEdge: /^B05$|\bred[ _-]*edge\b/i,
  redEdge3: /^B07$/i,
  nir: /^B08$|\bnir\b|near[ _-]*infra[ _-]*red/i,
  swir1: /^B11$|\bswir[ _-]*1\b/i,
  swir2: /^B12$|\bswir[ _-]*2\b/i,
};

type Described = {
  readonly name: string;
  readonly wavelengthNm?: number | undefined;
  readonly fwhmNm?: number | undefined;
  readonly bad?: boolean | undefined;
};

/**
 * The band (from 0) that plays a role: the nearest to its centre within its range, else one whose name says so; undefined
 * where the scene has none. Bad bands play none.
 */
export function bandOfRole(role: BandRole, bands: readonly Described[]): number | undefined {
  const { centre, from, to } = ranges[role];
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, { wavelengthNm, bad }] of bands.entries()) {
    if (wavelengthNm === undefined || bad === true || wavelengthNm < from || wavelengthNm > to)
      continue;
    const distance = Math.abs(wavelengthNm - centre);
    if (distance < least) [best, least] = [index, distance];
  }
  if (best !== undefined || bands.some(({ wavelengthNm }) => wavelengthNm !== undefined))
    return best;
  const named = bands.findIndex(({ name, bad }) => bad !== true && names[role].test(name));
  return named < 0 ? undefined : named;
}
