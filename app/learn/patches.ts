import type { SampleArray } from '../raster/samples.ts';
import type { Spectra } from './normalise.ts';

/** Part of a scene with what is needed to make physical values of it. */
export type SampleBlock = {
  readonly width: number;
  readonly height: number;
  /** One array a band of the model, in the order of its card; each width · height, row by row. */
  readonly bands: readonly SampleArray[];
  /** Physical value = sample · scale + offset, a band each. */
  readonly scale: readonly number[];
  readonly offset: readonly number[];
};

/**
 * Raw spectra of the pixels at the given positions (y · width + x) of a block: what training and prediction start from.
 * With patch 3 a neighbour beyond the block is the nearest pixel of the block, i.e. the image mirrored with its edge pixel
 * included: so read one pixel more on every side where the scene goes on, and nothing more where it ends.
 */
export function spectraAt(block: SampleBlock, positions: ArrayLike<number>, patch: 1 | 3): Spectra {
  const count = block.bands.length;
  const features = new Float32Array(positions.length * count * patch * patch);
  const taps = patch === 3 ? neighbourOffsets() : [[0, 0] as const];
  for (let band = 0; band < count; band++) {
    const samples = block.bands[band]!;
    const [scale, offset] = [block.scale[band] ?? 1, block.offset[band] ?? 0];
    for (let i = 0; i < positions.length; i++) {
      const x = positions[i]! % block.width;
      const y = Math.floor(positions[i]! / block.width);
      for (let tap = 0; tap < taps.length; tap++) {
        const column = clamp(x + taps[tap]![0], block.width);
        const row = clamp(y + taps[tap]![1], block.height);
        const value = Number(samples[row * block.width + column]!);
        features[(i * count + band) * taps.length + tap] = value * scale + offset;
      }
    }
  }
  return { features, bands: count, patch };
}

function neighbourOffsets(): readonly (readonly [number, number])[] {
  const steps = [-1, 0, 1];
  return steps.flatMap((dy) => steps.map((dx) => [dx, dy] as const));
}

function clamp(index: number, size: number): number {
  return Math.min(size - 1, Math.max(0, index));
}
