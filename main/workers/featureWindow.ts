import { type BandScaling, extractFeatures } from '../../app/raster/features.ts';
import type { Window } from '../../app/raster/grid.ts';
import { type RasterBlock, type SceneSource, validEverywhere } from '../../app/raster/scene.ts';
import { withHalo } from '../../app/raster/tiling.ts';

/** The pixels of one window that can be mapped, ready for a model. */
export type FeatureWindow = {
  readonly window: Window;
  /** Positions in the window, row by row, of the pixels with data in every band. */
  readonly indices: Int32Array<ArrayBuffer>;
  /** Physical values (n, bands) or (n, bands, 3, 3). */
  readonly features: Float32Array<ArrayBuffer>;
};

/** Which features to read. */
export type FeatureRequest = {
  readonly bands: readonly number[];
  readonly scaling: readonly BandScaling[];
  readonly patch: 1 | 3;
  /** 1 where a pixel of the window is wanted; all where absent. */
  readonly wanted?: Uint8Array;
  readonly signal?: AbortSignal;
};

/** Reads a window, with the halo that the patch needs, and takes the features of its valid pixels. */
export async function readFeatureWindow(
  source: SceneSource,
  window: Window,
  request: FeatureRequest,
): Promise<FeatureWindow> {
  const area = withHalo(window, request.patch === 3 ? 1 : 0, source.description.grid);
  const block = await source.read({
    window: area,
    bands: request.bands,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const inBlock = validPositions(block, window, request.wanted);
  const features = extractFeatures(
    block,
    request.scaling,
    inBlock,
    request.patch,
  ) as Float32Array<ArrayBuffer>;
  const indices = new Int32Array(inBlock.length);
  const shift = (window.y - area.y) * area.width + (window.x - area.x);
  for (let i = 0; i < indices.length; i++) {
    const at = inBlock[i]! - shift;
    const row = Math.floor(at / area.width);
    indices[i] = row * window.width + (at - row * area.width);
  }
  return { window, indices, features };
}

/** Positions in the block of the window's pixels that have data in every band. */
function validPositions(
  block: RasterBlock,
  window: Window,
  wanted: Uint8Array | undefined,
): Int32Array {
  const valid = validEverywhere(block);
  const left = window.x - block.window.x;
  const top = window.y - block.window.y;
  const positions = new Int32Array(window.width * window.height);
  let count = 0;
  for (let row = 0; row < window.height; row++) {
    const start = (row + top) * block.width + left;
    for (let column = 0; column < window.width; column++) {
      if (valid !== undefined && valid[start + column] === 0) continue;
      if (wanted !== undefined && wanted[row * window.width + column] === 0) continue;
      positions[count++] = start + column;
    }
  }
  return positions.slice(0, count);
}
