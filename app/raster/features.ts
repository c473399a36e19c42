import type { RasterBlock } from './scene.ts';

/** How a band's samples become physical values: sample · scale + offset. */
export type BandScaling = { readonly scale: number; readonly offset: number };

/**
 * Physical values of chosen pixels, as models take them.
 *
 * @param indices positions in the block, row by row from 0
 * @param patch 1: (n, bands); 3: (n, bands, 3, 3), rows from north to south. Beyond the block the edge pixel is repeated
 * (a block that is read with a halo of one pixel has its edges only where the scene has them), and a neighbour without
 * data takes the value of the centre.
 */
export function extractFeatures(
  block: RasterBlock,
  scaling: readonly BandScaling[],
  indices: Int32Array,
  patch: 1 | 3,
): Float32Array {
  return patch === 1
    ? pixelFeatures(block, scaling, indices)
    : patchFeatures(block, scaling, indices);
}

function pixelFeatures(
  block: RasterBlock,
  scaling: readonly BandScaling[],
  indices: Int32Array,
): Float32Array {
  const bands = block.bands.length;
  const result = new Float32Array(indices.length * bands);
  for (let band = 0; band < bands; band++) {
    const samples = block.bands[band]!;
    const { scale, offset } = scaling[band]!;
    for (let i = 0, at = band; i < indices.length; i++, at += bands) {
      result[at] = Number(samples[indices[i]!]!) * scale + offset;
    }
  }
  return result;
}

function patchFeatures(
  block: RasterBlock,
  scaling: readonly BandScaling[],
  indices: Int32Array,
): Float32Array {
  const { width, height } = block;
  const bands = block.bands.length;
  const result = new Float32Array(indices.length * bands * 9);
  const neighbours = neighbourIndices(indices, width, height);
  for (let band = 0; band < bands; band++) {
    const samples = block.bands[band]!;
    const mask = block.masks[band];
    const { scale, offset } = scaling[band]!;
    for (let i = 0; i < indices.length; i++) {
      const at = (i * bands + band) * 9;
      for (let k = 0; k < 9; k++) {
        const neighbour = neighbours[i * 9 + k]!;
        const index = mask === undefined || mask[neighbour] === 1 ? neighbour : indices[i]!;
        result[at + k] = Number(samples[index]!) * scale + offset;
      }
    }
  }
  return result;
}

/** The nine positions around each pixel, (n, 9), the edge repeated. */
function neighbourIndices(indices: Int32Array, width: number, height: number): Int32Array {
  const result = new Int32Array(indices.length * 9);
  for (let i = 0; i < indices.length; i++) {
    const column = indices[i]! % width;
    const row = (indices[i]! - column) / width;
    for (let dy = -1; dy <= 1; dy++) {
      const y = Math.min(height - 1, Math.max(0, row + dy));
      for (let dx = -1; dx <= 1; dx++) {
        const x = Math.min(width - 1, Math.max(0, column + dx));
        result[i * 9 + (dy + 1) * 3 + dx + 1] = y * width + x;
      }
    }
  }
  return result;
}
