import { bytesPerSample, type SampleArray, type SampleType, samplesOf } from './samples.ts';

/** How four pixels become one. `nearest` keeps the first, as GDAL does; the others leave nodata out. */
export type Reduction = 'nearest' | 'mode' | 'average';

/** Samples of one band, row by row, all of them inside the image. */
export type Plane = {
  readonly type: SampleType;
  readonly width: number;
  readonly height: number;
  readonly samples: SampleArray;
};

/** Half of a length, rounded up: the last pixel of an odd line stands for one pixel. */
export const half = (length: number): number => (length + 1) >> 1;

/**
 * Sizes of the reduced copies of an image, largest first, each half of the one before (rounded up), until one fits into
 * `limit` pixels each way.
 */
export function overviewSizes(
  size: { readonly width: number; readonly height: number },
  limit: number,
): readonly { readonly width: number; readonly height: number }[] {
  const sizes: { width: number; height: number }[] = [];
  let { width, height } = size;
  while (width > limit || height > limit) {
    width = half(width);
    height = half(height);
    sizes.push({ width, height });
  }
  return sizes;
}

/**
 * A plane of half the size (rounded up): pixel (c, r) stands for (2c, 2r), (2c + 1, 2r), (2c, 2r + 1), (2c + 1, 2r + 1)
 * where they exist. NaN and `nodata` count for nothing in `mode` and `average`; where nothing counts, the result is
 * nodata. A tie in `mode` goes to the value that reaches its count first, row by row.
 */
export function reduceByTwo(plane: Plane, method: Reduction, nodata?: number): Plane {
  const width = half(plane.width);
  const height = half(plane.height);
  const samples = samplesOf(plane.type, width * height);
  const result = { type: plane.type, width, height, samples };
  if (method === 'nearest') nearest(plane, result);
  else if (samples instanceof BigInt64Array || samples instanceof BigUint64Array)
    reduceLong(plane, result, method, nodata);
  else reduceNumbers(plane, result, method, nodata);
  return result;
}

function nearest(from: Plane, to: Plane): void {
  for (let row = 0; row < to.height; row++) {
    const first = 2 * row * from.width;
    const at = row * to.width;
    for (let column = 0; column < to.width; column++)
      to.samples[at + column] = from.samples[first + 2 * column]!;
  }
}

/** Calls `each(at, a, b, c, d)` with the position of a result pixel and those of its four (a repeated one is −1). */
function overQuads(
  from: Plane,
  to: Plane,
  each: (at: number, a: number, b: number, c: number, d: number) => void,
): void {
  for (let row = 0; row < to.height; row++) {
    const top = 2 * row * from.width;
    const below = 2 * row + 1 < from.height ? from.width : 0;
    for (let column = 0; column < to.width; column++) {
      const a = top + 2 * column;
      const right = 2 * column + 1 < from.width;
      const b = right ? a + 1 : -1;
      const c = below > 0 ? a + below : -1;
      each(row * to.width + column, a, b, c, right && below > 0 ? a + below + 1 : -1);
    }
  }
}

type NumberSamples = Exclude<SampleArray, BigInt64Array | BigUint64Array>;

function reduceNumbers(from: Plane, to: Plane, method: Reduction, nodata?: number): void {
  const source = from.samples as NumberSamples;
  const target = to.samples as NumberSamples;
  const float = from.type === 'float32' || from.type === 'float64';
  const fill = nodata ?? (float ? Number.NaN : 0);
  // float32 samples are compared with the nodata value as float32 holds it
  const absent = from.type === 'float32' ? Math.fround(fill) : fill;
  const guarded = nodata !== undefined;
  const values = new Float64Array(4);
  const reduce = method === 'mode' ? modeOf : averageOf(float, guarded, absent, largest(from.type));
  const counts = (value: number): boolean => !Number.isNaN(value) && !(guarded && value === absent);
  overQuads(from, to, (at, a, b, c, d) => {
    const first = source[a]!;
    // inside a patch of one class nothing has to be counted
    if (method === 'mode' && d >= 0 && first === source[d]!) {
      if (first === source[b]! && first === source[c]!) {
        target[at] = first;
        return;
      }
    }
    let count = 0;
    if (counts(first)) values[count++] = first;
    if (b >= 0 && counts(source[b]!)) values[count++] = source[b]!;
    if (c >= 0 && counts(source[c]!)) values[count++] = source[c]!;
    if (d >= 0 && counts(source[d]!)) values[count++] = source[d]!;
    target[at] = count === 0 ? fill : reduce(values, count);
  });
}

function modeOf(values: Float64Array, count: number): number {
  let best = values[0]!;
  let most = 1;
  for (let i = 1; i < count; i++) {
    let seen = 1;
    for (let j = 0; j < i; j++) if (values[j] === values[i]) seen++;
    if (seen > most) {
      most = seen;
      best = values[i]!;
    }
  }
  return best;
}

/** The mean of the first values; for integers rounded half away from zero, and never the nodata value by chance. */
function averageOf(
  float: boolean,
  guarded: boolean,
  absent: number,
  most: number,
): (values: Float64Array, count: number) => number {
  return (values, count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[i]!;
    const mean = sum / count;
    if (float) return mean;
    const rounded = mean < 0 ? Math.ceil(mean - 0.5) : Math.floor(mean + 0.5);
    if (guarded && rounded === absent) return rounded === most ? rounded - 1 : rounded + 1;
    return rounded;
  };
}

function largest(type: SampleType): number {
  const bits = bytesPerSample(type) * 8;
  return type.startsWith('u') ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
}

function reduceLong(from: Plane, to: Plane, method: Reduction, nodata?: number): void {
  const source = from.samples as BigInt64Array | BigUint64Array;
  const target = to.samples as BigInt64Array | BigUint64Array;
  const absent = nodata === undefined ? undefined : BigInt(nodata);
  overQuads(from, to, (at, ...positions) => {
    const values: bigint[] = [];
    for (const position of positions) {
      const value = position < 0 ? undefined : source[position]!;
      if (value !== undefined && value !== absent) values.push(value);
    }
    if (values.length === 0) target[at] = absent ?? 0n;
    else target[at] = method === 'mode' ? longMode(values) : longAverage(values, absent);
  });
}

function longMode(values: readonly bigint[]): bigint {
  const counts = new Map<bigint, number>();
  let best = values[0]!;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count > (counts.get(best) ?? 0)) best = value;
  }
  return best;
}

function longAverage(values: readonly bigint[], absent: bigint | undefined): bigint {
  const sum = values.reduce((a, b) => a + b, 0n);
  const n = BigInt(values.length);
  const rounded = sum < 0n ? (2n * sum - n) / (2n * n) : (2n * sum + n) / (2n * n);
  return rounded === absent ? rounded + 1n : rounded;
}
