/** Pixels of a square image that make one of its resampled rows or columns, with their shares. */
type Taps = readonly { readonly index: number; readonly share: number }[];

/** A square of bands, row by row, and which of its pixels have data. */
export type Square = {
  /** (bands, side, side) */
  readonly values: Float32Array;
  /** (side, side), 1 = data. */
  readonly valid: Uint8Array;
};

/**
 * A square of `from` pixels a side with `to` pixels a side: the mean of the area that a new pixel covers where it shrinks, linear
 * between centres where it grows. Pixels without data do not count; a new pixel of which they are more than half has none.
 */
export function resampleSquare({ values, valid }: Square, from: number, to: number): Square {
  if (from === to) return { values, valid };
  const taps = Array.from({ length: to }, (_, i) =>
    from > to ? covered(i, from / to) : between(i, from, to),
  );
  const weights = spread(Float32Array.from(valid), taps, from);
  const result = new Float32Array((values.length / (from * from)) * to * to);
  const masked = new Float32Array(from * from);
  for (let at = 0, out = 0; at < values.length; at += from * from, out += to * to) {
    for (let i = 0; i < masked.length; i++) masked[i] = valid[i] === 0 ? 0 : values[at + i]!;
    const sums = spread(masked, taps, from);
    for (let i = 0; i < sums.length; i++)
      result[out + i] = weights[i]! > 0 ? sums[i]! / weights[i]! : 0;
  }
  // shares are rounded: half covered is covered
  return { values: result, valid: Uint8Array.from(weights, (weight) => (weight > 0.4999 ? 1 : 0)) };
}

/** What a pixel `factor` times as large covers. */
function covered(i: number, factor: number): Taps {
  const [start, end] = [i * factor, (i + 1) * factor];
  const taps: { index: number; share: number }[] = [];
  for (let index = Math.floor(start); index < end - 1e-9; index++)
    taps.push({ index, share: (Math.min(index + 1, end) - Math.max(index, start)) / factor });
  return taps;
}

/** The two pixels between whose centres a smaller one lies; at the border the outermost alone. */
function between(i: number, from: number, to: number): Taps {
  const centre = ((i + 0.5) * from) / to - 0.5;
  const left = Math.floor(centre);
  const share = centre - left;
  const at = (index: number): number => Math.min(from - 1, Math.max(0, index));
  return [
    { index: at(left), share: 1 - share },
    { index: at(left + 1), share },
  ];
}

/** Weighted sums over a plane, first along rows, then down. */
function spread(plane: Float32Array, taps: readonly Taps[], from: number): Float32Array {
  const to = taps.length;
  const rows = new Float64Array(from * to);
  for (let y = 0; y < from; y++)
    for (let x = 0; x < to; x++)
      for (const { index, share } of taps[x]!)
        rows[y * to + x]! += share * plane[y * from + index]!;
  const result = new Float64Array(to * to);
  for (let y = 0; y < to; y++)
    for (const { index, share } of taps[y]!)
      for (let x = 0; x < to; x++) result[y * to + x]! += share * rows[index * to + x]!;
  return Float32Array.from(result);
}
