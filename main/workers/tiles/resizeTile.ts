import { resizePlane } from '../../../app/learn/tileResize.ts';
import type { Tile } from './readTile.ts';

/** A tile of `from` pixels a side on a square of `to`. */
export function resizeTile({ values, valid }: Tile, from: number, to: number): Tile {
  if (from === to) return { values, valid };
  const bands = values.length / (from * from);
  const result = new Float32Array(bands * to * to);
  let mask = valid;
  for (let band = 0; band < bands; band++) {
    const plane = {
      width: from,
      height: from,
      values: values.subarray(band * from * from, (band + 1) * from * from),
      valid,
    };
    const resized = resizePlane(plane, to);
    result.set(resized.values, band * to * to);
    mask = resized.valid;
  }
  return { values: result, valid: mask };
}
