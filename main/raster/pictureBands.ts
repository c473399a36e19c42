import type { Band } from '../../app/raster/scene.ts';

/** What the eye takes for red, green and blue, in nm (the bands of Sentinel-2). */
const wanted = [665, 560, 490] as const;
/** A band farther than this from its colour shows something else. */
const toleranceNm = 60;

const names = [/\bred\b|\bB0?4\b/i, /\bgreen\b|\bB0?3\b/i, /\bblue\b|\bB0?2\b/i];

/**
 * The bands (from 0) for red, green and blue: by wavelength, else by the names of bands, else the first three of an 8-bit
 * photograph and bands 3, 2, 1 of anything else (a spectrum: where they should lie); one band for a grey picture where there are fewer than three.
 */
export function compositeBands(bands: readonly Band[]): readonly number[] {
  const usable = bands.map((_, index) => index).filter((index) => bands[index]!.bad !== true);
  if (usable.length === 0) return [0];
  if (usable.length < 3) return usable.slice(0, 1);
  return (
    byWavelength(bands, usable) ??
    byName(bands, usable) ??
    (isPhotograph(bands) ? [0, 1, 2] : spread(bands, usable))
  );
}

function byWavelength(bands: readonly Band[], usable: readonly number[]) {
  const known = usable.filter((index) => bands[index]!.wavelengthNm !== undefined);
  if (known.length < 3) return undefined;
  const chosen = wanted.map((colour) => {
    const distance = (index: number): number => Math.abs(bands[index]!.wavelengthNm! - colour);
    const nearest = known.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    return distance(nearest) <= toleranceNm ? nearest : undefined;
  });
  const found = chosen.filter((index) => index !== undefined);
  return new Set(found).size === 3 ? found : undefined;
}

function byName(bands: readonly Band[], usable: readonly number[]) {
  const found = names.map((name) =>
    // "red edge" is not red
    usable.find((index) => name.test(bands[index]!.name) && !/edge/i.test(bands[index]!.name)),
  );
  const chosen = found.filter((index) => index !== undefined);
  return new Set(chosen).size === 3 ? chosen : undefined;
}

function isPhotograph(bands: readonly Band[]): boolean {
  return bands.length <= 4 && bands.every((band) => band.type === 'uint8');
}

/**
 * Bands 3, 2, 1; of a spectrum outside the visible three that lie far apart, the longest as red. A spectrum without
 * wavelengths is taken to begin at 400 nm and to end at 2500 nm (above 150 bands) or at 1000 nm.
 */
function spread(bands: readonly Band[], usable: readonly number[]): readonly number[] {
  if (bands.length <= 16) return [usable[2]!, usable[1]!, usable[0]!];
  const at = (share: number): number => usable[Math.round((usable.length - 1) * share)]!;
  if (usable.some((index) => bands[index]!.wavelengthNm !== undefined))
    return [at(0.8), at(0.5), at(0.2)];
  const range = bands.length > 150 ? 2100 : 600;
  return wanted.map((colour) => at((colour - 400) / range));
}
