import { type ComplexGrid, fourier2d } from './fourier.ts';

/** How far the second picture lies from the first, in pixels to the right and down. */
export type ImageShift = {
  readonly x: number;
  readonly y: number;
  /** Share of the spectrum that agrees on it, 0 (nothing) to 1 (a mere shift). */
  readonly agreement: number;
};

/** Frequencies in cycles a pixel above which nothing is believed: noise, and aliases of resampling. */
const highest = 0.35;
/** Steps, in pixels, by which the peak is looked for, and how far about the best place so far. */
const searches = [
  { step: 0.2, reach: 1.6 },
  { step: 0.02, reach: 0.2 },
] as const;

/**
 * Phase correlation (Kuglin and Hines 1975) of square pictures, several bands together: each frequency votes with its phase
 * difference alone, so light and haze do not count. The peak is refined by the inverse transform at parts of a pixel
 * (Guizar-Sicairos et al. 2008). Both (side, side), `side` a power of two, pixels without data filled before.
 */
export function imageShift(
  before: readonly Float32Array[],
  after: readonly Float32Array[],
  side: number,
): ImageShift | undefined {
  const pixels = side * side;
  const cross: ComplexGrid = { re: new Float64Array(pixels), im: new Float64Array(pixels) };
  let votes = 0;
  for (const [band, first] of before.entries())
    votes += addPhases(cross, first, after[band]!, side);
  if (votes === 0) return undefined;
  let best = { ...peakOf(cross, side), value: 0 };
  for (const search of searches) best = refine(cross, side, best, search);
  return { x: best.x, y: best.y, agreement: Math.max(0, best.value) / votes };
}

/** Adds the phase differences of one band to the cross spectrum; how many frequencies voted. */
function addPhases(
  cross: ComplexGrid,
  before: Float32Array,
  after: Float32Array,
  side: number,
): number {
  const [a, b] = [spectrumOf(before, side), spectrumOf(after, side)];
  let votes = 0;
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const radius = Math.hypot(signed(row, side), signed(column, side)) / side;
      if (radius === 0 || radius > highest) continue;
      const i = row * side + column;
      // conj(A) · B: its phase falls with the shift of B.
      const re = a.re[i]! * b.re[i]! + a.im[i]! * b.im[i]!;
      const im = a.re[i]! * b.im[i]! - a.im[i]! * b.re[i]!;
      const size = Math.hypot(re, im);
      if (!(size > 1e-12)) continue;
      cross.re[i]! += re / size;
      cross.im[i]! += im / size;
      votes++;
    }
  return votes;
}

/** Frequency of an index, negative in the upper half. */
const signed = (index: number, side: number): number => (index < side / 2 ? index : index - side);

/** Spectrum of a picture without its mean, faded to nothing at the edges (Hann), which would vote for no shift. */
function spectrumOf(picture: Float32Array, side: number): ComplexGrid {
  const mean = picture.reduce((sum, one) => sum + one, 0) / picture.length;
  const fade = (i: number): number => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / side);
  const re = Float64Array.from(
    picture,
    (value, i) => (value - mean) * fade(i % side) * fade(Math.floor(i / side)),
  );
  const grid = { re, im: new Float64Array(picture.length) };
  fourier2d(grid, side);
  return grid;
}

function peakOf({ re, im }: ComplexGrid, side: number): { readonly x: number; readonly y: number } {
  // The inverse transform is the conjugate's transform.
  const grid = { re: re.slice(), im: im.map((one) => -one) };
  fourier2d(grid, side);
  let best = 0;
  for (let i = 1; i < grid.re.length; i++) if (grid.re[i]! > grid.re[best]!) best = i;
  return { x: signed(best % side, side), y: signed(Math.floor(best / side), side) };
}

/** The highest value of the inverse transform about a place, at parts of a pixel; only frequencies that voted are summed. */
function refine(
  { re, im }: ComplexGrid,
  side: number,
  { x, y }: { readonly x: number; readonly y: number },
  { step, reach }: { readonly step: number; readonly reach: number },
): { readonly x: number; readonly y: number; readonly value: number } {
  const steps = Math.round(reach / step);
  const offsets = Array.from({ length: 2 * steps + 1 }, (_, i) => (i - steps) * step);
  // Rows first: (offsets of y, columns of the spectrum).
  const rows = offsets.map((offset) => {
    const sums = { re: new Float64Array(side), im: new Float64Array(side) };
    for (let row = 0; row < side; row++) {
      const angle = (2 * Math.PI * signed(row, side) * (y + offset)) / side;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let column = 0; column < side; column++) {
        const i = row * side + column;
        sums.re[column]! += re[i]! * cos - im[i]! * sin;
        sums.im[column]! += re[i]! * sin + im[i]! * cos;
      }
    }
    return sums;
  });
  let best = { x, y, value: Number.NEGATIVE_INFINITY };
  for (const across of offsets) {
    const turn = Array.from({ length: side }, (_, column) => {
      const angle = (2 * Math.PI * signed(column, side) * (x + across)) / side;
      return [Math.cos(angle), Math.sin(angle)] as const;
    });
    for (const [j, sums] of rows.entries()) {
      let value = 0;
      for (const [column, [cos, sin]] of turn.entries())
        value += sums.re[column]! * cos - sums.im[column]! * sin;
      if (value > best.value) best = { x: x + across, y: y + offsets[j]!, value };
    }
  }
  return best;
}
