/** One band of a tile. */
export type Plane = {
  readonly width: number;
  readonly height: number;
  /** (height, width) */
  readonly values: Float32Array;
  /** (height, width), 1 where there is data; absent = everywhere. */
  readonly valid?: Uint8Array | undefined;
};

/** A part of a plane, in shares of its width and height: the same place for planes of any resolution. */
export type Region = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

const everything: Region = { x: 0, y: 0, width: 1, height: 1 };

type FullPlane = Plane & { readonly valid: Uint8Array };

/** Which pixels of the source make one of the target, and by how much; weights add up to 1. */
type Taps = { readonly from: number; readonly weights: readonly number[] };

/**
 * A plane, or a region of it, on a square of `side` pixels, bilinear with pixel centres at halves; a plane that shrinks is averaged under a
 * triangle as wide as the step, so that nothing is skipped (`antialias` of PyTorch and Pillow; without shrinking it is the
 * plain bilinear one). Pixels without data take no part; a target pixel has data where at least half of its weight has.
 */
export function resizePlane(plane: Plane, side: number, region = everything): FullPlane {
  const { width, height, values } = plane;
  const valid = plane.valid ?? new Uint8Array(values.length).fill(1);
  if (width === side && height === side && region === everything)
    return { width, height, values, valid };
  const across = tapsOf(width, side, region.x, region.width);
  const down = tapsOf(height, side, region.y, region.height);
  if (!valid.includes(0))
    return {
      width: side,
      height: side,
      values: weigh(values, width, across, down),
      valid: new Uint8Array(side * side).fill(1),
    };
  const known = values.map((value, i) => (valid[i] === 0 ? 0 : value));
  const sums = weigh(known, width, across, down);
  const shares = weigh(Float32Array.from(valid), width, across, down);
  return {
    width: side,
    height: side,
    values: sums.map((sum, i) => (shares[i]! > 0 ? sum / shares[i]! : 0)),
    valid: Uint8Array.from(shares, (share) => (share >= 0.5 ? 1 : 0)),
  };
}

function tapsOf(size: number, side: number, start: number, extent: number): readonly Taps[] {
  const step = (size * extent) / side;
  const reach = Math.max(1, step);
  return Array.from({ length: side }, (_, i) => {
    const centre = start * size + (i + 0.5) * step;
    const from = Math.max(0, Math.floor(centre - reach + 0.5));
    const to = Math.min(size, Math.floor(centre + reach + 0.5));
    const raw = Array.from({ length: to - from }, (__, k) =>
      Math.max(0, 1 - Math.abs(from + k + 0.5 - centre) / reach),
    );
    const sum = raw.reduce((total, one) => total + one, 0);
    return { from, weights: raw.map((one) => one / sum) };
  });
}

/** Rows first, then columns. */
function weigh(
  values: Float32Array,
  width: number,
  across: readonly Taps[],
  down: readonly Taps[],
): Float32Array {
  const side = across.length;
  const height = values.length / width;
  const rows = new Float32Array(height * side);
  for (let row = 0; row < height; row++)
    for (const [column, { from, weights }] of across.entries()) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * values[row * width + from + k]!;
      rows[row * side + column] = sum;
    }
  const result = new Float32Array(side * side);
  for (const [row, { from, weights }] of down.entries())
    for (let column = 0; column < side; column++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++)
        sum += weights[k]! * rows[(from + k) * side + column]!;
      result[row * side + column] = sum;
    }
  return result;
}
