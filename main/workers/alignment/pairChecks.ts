import { imageShift } from '../../../app/raster/imageShift.ts';
import {
  type RelativeRadiometry,
  relativeRadiometry,
} from '../../../app/raster/relativeRadiometry.ts';
import type { PairSamples, SampledWindow } from './pairSamples.ts';

/** Where the second date lies beside the first, in pixels to the right and down. */
export type Registration = {
  readonly x: number;
  readonly y: number;
  /** Median distance of single windows from it. */
  readonly spread: number;
  readonly windows: number;
};

/** Bands that vote on the shift: some from each end of the spectrum do. */
const mostBands = 6;
/** A window whose spectrum agrees less says nothing. */
const leastAgreement = 0.12;
const fewestWindows = 3;

/** The shift between two dates: the median over windows that can be matched; undefined where too few can. */
export function registrationOf({ side, bands, windows }: PairSamples): Registration | undefined {
  const step = Math.max(1, Math.ceil(bands / mostBands));
  const chosen = Array.from({ length: bands }, (_, band) => band).filter(
    (band) => band % step === 0,
  );
  const shifts = windows.flatMap((window) => {
    const planes = (values: Float32Array): Float32Array[] =>
      chosen.map((band) => filled(values, window.valid, band));
    const shift = imageShift(planes(window.before), planes(window.after), side);
    return shift === undefined || shift.agreement < leastAgreement ? [] : [shift];
  });
  if (shifts.length < Math.min(fewestWindows, windows.length) || shifts.length === 0)
    return undefined;
  const x = median(shifts.map((shift) => shift.x));
  const y = median(shifts.map((shift) => shift.y));
  const spread = median(shifts.map((shift) => Math.hypot(shift.x - x, shift.y - y)));
  return { x, y, spread, windows: shifts.length };
}

/** A band of a window, its mean where there are no data. */
function filled(values: Float32Array, valid: Uint8Array, band: number): Float32Array {
  const plane = values.slice(band * valid.length, (band + 1) * valid.length);
  let [sum, count] = [0, 0];
  for (let i = 0; i < plane.length; i++) {
    if (valid[i] === 0) continue;
    sum += plane[i]!;
    count++;
  }
  const mean = count === 0 ? 0 : sum / count;
  return plane.map((value, i) => (valid[i] === 0 ? mean : value));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Pixels that the regression is fitted to at most. */
const mostPixels = 20_000;

/** How the light of the two dates differs over pixels that look unchanged. */
export function radiometryOf({ bands, windows }: PairSamples): RelativeRadiometry | undefined {
  const total = windows.reduce((sum, { valid }) => sum + valid.reduce((a, b) => a + b, 0), 0);
  const every = Math.max(1, Math.ceil(total / mostPixels));
  const before = Array.from({ length: bands }, () => [] as number[]);
  const after = Array.from({ length: bands }, () => [] as number[]);
  let seen = 0;
  for (const window of windows)
    for (let i = 0; i < window.valid.length; i++) {
      if (window.valid[i] === 0 || seen++ % every !== 0) continue;
      for (let band = 0; band < bands; band++) {
        before[band]!.push(window.before[band * window.valid.length + i]!);
        after[band]!.push(window.after[band * window.valid.length + i]!);
      }
    }
  const columns = (lists: readonly number[][]): Float32Array[] =>
    lists.map((list) => Float32Array.from(list));
  return relativeRadiometry({ before: columns(before), after: columns(after) });
}

/** Whether both dates hold the same numbers everywhere: then they are one picture. */
export const samePicture = ({ windows }: PairSamples): boolean =>
  windows.length > 0 && windows.every(sameWindow);

const sameWindow = ({ before, after }: SampledWindow): boolean =>
  before.every((value, i) => value === after[i]);
