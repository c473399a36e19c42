import type { RasterBlock } from './scene.ts';

/** How values between pixels are found. Cubic is Catmull-Rom's convolution (Keys 1981, a = −½), as in GDAL. */
export type ResamplingMethod = 'nearest' | 'bilinear' | 'cubic';

/** Where pixels of the result lie in a block: columns and rows with corners at integers, NaN = nowhere. */
export type ResamplePositions = { readonly x: Float64Array; readonly y: Float64Array };

/** Pixels of the source a pixel of the result; above 1 the kernel is widened, so that nothing is skipped. */
export type PixelRatio = { readonly x: number; readonly y: number };

/** Resampled bands and their masks (1 valid). */
export type Resampled = { readonly bands: Float32Array[]; readonly masks: Uint8Array[] };

type Kernel = { readonly radius: number; weight(distance: number): number };

const linear: Kernel = { radius: 1, weight: (t) => Math.max(0, 1 - Math.abs(t)) };
const cubic: Kernel = {
  radius: 2,
  weight: (distance) => {
    const t = Math.abs(distance);
    if (t <= 1) return (1.5 * t - 2.5) * t * t + 1;
    return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
  },
};

/** Farthest that a pixel of the result reaches into the source, in pixels of it. */
export function resampleReach(method: ResamplingMethod, ratio: PixelRatio): number {
  if (method === 'nearest') return 1;
  const { radius } = method === 'cubic' ? cubic : linear;
  return Math.ceil(radius * Math.max(1, ratio.x, ratio.y)) + 1;
}

/**
 * Values of a block at positions of its own pixel grid, by GDAL's rules: a pixel is valid where the source pixel under it
 * is; pixels without data have no weight; where a cubic kernel lacks one of its sixteen pixels, the linear one is taken.
 */
export function resampleBlock(
  block: RasterBlock,
  positions: ResamplePositions,
  { method, ratio }: { readonly method: ResamplingMethod; readonly ratio: PixelRatio },
): Resampled {
  const pixels = positions.x.length;
  const bands = block.bands.map(() => new Float32Array(pixels));
  const masks = block.bands.map(() => new Uint8Array(pixels));
  const widen = { x: widening(ratio.x), y: widening(ratio.y) };
  const taps: Taps = { columns: [], rows: [], across: [], down: [], whole: false, strict: false };
  for (let i = 0; i < pixels; i++) {
    const [x, y] = [positions.x[i]!, positions.y[i]!];
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (!(column >= 0 && row >= 0 && column < block.width && row < block.height)) continue;
    const under = row * block.width + column;
    if (method !== 'nearest')
      gather(taps, block, { x, y }, method === 'cubic' ? cubic : linear, widen);
    for (const [band, samples] of block.bands.entries()) {
      const mask = block.masks[band];
      if (mask !== undefined && mask[under] === 0) continue;
      masks[band]![i] = 1;
      bands[band]![i] =
        method === 'nearest'
          ? Number(samples[under]!)
          : (weigh(taps, block, band) ??
            gathered(block, { x, y }, widen, band) ??
            Number(samples[under]!));
    }
  }
  return { bands, masks };
}

/** GDAL widens a kernel only where the result is coarser by more than a twentieth. */
const widening = (ratio: number): number => (ratio > 1 / 0.95 ? ratio : 1);

type Taps = {
  columns: number[];
  rows: number[];
  across: number[];
  down: number[];
  /** Nothing of the kernel lies outside, or it need not be whole. */
  whole: boolean;
  /** Each of its pixels is needed. */
  strict: boolean;
};

/** Source pixels under a kernel and their weights; `whole` = all of it lies inside the block. */
function gather(
  taps: Taps,
  block: RasterBlock,
  { x, y }: { readonly x: number; readonly y: number },
  kernel: Kernel,
  widen: PixelRatio,
): void {
  const inX = line(taps.columns, taps.across, {
    at: x - 0.5,
    size: block.width,
    kernel,
    widen: widen.x,
  });
  const inY = line(taps.rows, taps.down, {
    at: y - 0.5,
    size: block.height,
    kernel,
    widen: widen.y,
  });
  // A widened kernel has enough others to make do with.
  taps.strict = kernel === cubic && widen.x === 1 && widen.y === 1;
  taps.whole = !taps.strict || (inX && inY);
}

function line(
  places: number[],
  weights: number[],
  { at, size, kernel, widen }: { at: number; size: number; kernel: Kernel; widen: number },
): boolean {
  places.length = 0;
  weights.length = 0;
  const reach = kernel.radius * widen;
  let whole = true;
  for (let place = Math.ceil(at - reach); place <= at + reach; place++) {
    const weight = kernel.weight((place - at) / widen);
    if (weight === 0) continue;
    if (place < 0 || place >= size) {
      whole = false;
      continue;
    }
    places.push(place);
    weights.push(weight);
  }
  return whole;
}

/** The weighted mean of the taps; undefined where a cubic kernel lacks a pixel, or nothing has weight. */
function weigh(taps: Taps, block: RasterBlock, band: number): number | undefined {
  if (!taps.whole) return undefined;
  const [samples, mask] = [block.bands[band]!, block.masks[band]];
  const strict = taps.strict;
  let [sum, total] = [0, 0];
  for (const [j, row] of taps.rows.entries())
    for (const [i, column] of taps.columns.entries()) {
      const at = row * block.width + column;
      if (mask !== undefined && mask[at] === 0) {
        if (strict) return undefined;
        continue;
      }
      const weight = taps.down[j]! * taps.across[i]!;
      sum += weight * Number(samples[at]!);
      total += weight;
    }
  return total > 1e-5 ? sum / total : undefined;
}

const fallback: Taps = { columns: [], rows: [], across: [], down: [], whole: false, strict: false };

/** The same with the linear kernel. */
function gathered(
  block: RasterBlock,
  at: { readonly x: number; readonly y: number },
  widen: PixelRatio,
  band: number,
): number | undefined {
  gather(fallback, block, at, linear, widen);
  return weigh(fallback, block, band);
}
