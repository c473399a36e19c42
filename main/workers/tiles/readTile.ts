import type { Window } from '../../../app/raster/grid.ts';
import { clip } from '../../../app/raster/grid.ts';
import { type SceneSource, validEverywhere } from '../../../app/raster/scene.ts';

/** A tile in physical values. */
export type Tile = {
  /** (bands, side, side) */
  readonly values: Float32Array;
  /** (side, side), 1 where every band has data. */
  readonly valid: Uint8Array;
};

/** Reads a square of the scene's pixels; what lies outside the scene is invalid. */
export async function readTile(
  source: SceneSource,
  bands: readonly number[],
  { x, y, side }: { readonly x: number; readonly y: number; readonly side: number },
  signal?: AbortSignal,
): Promise<Tile> {
  const values = new Float32Array(bands.length * side * side);
  const valid = new Uint8Array(side * side);
  const window: Window = { x, y, width: side, height: side };
  const inside = clip(window, source.description.grid);
  if (inside === undefined) return { values, valid };
  const block = await source.read({
    window: inside,
    bands,
    ...(signal === undefined ? {} : { signal }),
  });
  const mask = validEverywhere(block);
  for (let row = 0; row < inside.height; row++) {
    const to = (inside.y - y + row) * side + inside.x - x;
    const from = row * inside.width;
    if (mask === undefined) valid.fill(1, to, to + inside.width);
    else valid.set(mask.subarray(from, from + inside.width), to);
    for (const [position, band] of bands.entries()) {
      const { scale, offset } = source.description.bands[band]!;
      const samples = block.bands[position]!;
      const start = position * side * side + to;
      for (let i = 0; i < inside.width; i++)
        values[start + i] = Number(samples[from + i]!) * scale + offset;
    }
  }
  return { values, valid };
}
