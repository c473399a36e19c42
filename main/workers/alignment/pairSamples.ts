import { createRandom } from '../../../app/random.ts';
import type { Window } from '../../../app/raster/grid.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { readTile } from '../tiles/readTile.ts';

/** A square of both dates in physical values. */
export type SampledWindow = {
  readonly x: number;
  readonly y: number;
  /** (bands, side, side) */
  readonly before: Float32Array;
  readonly after: Float32Array;
  /** (side, side), 1 where both dates have data. */
  readonly valid: Uint8Array;
};

export type PairSamples = {
  readonly side: number;
  readonly bands: number;
  readonly windows: readonly SampledWindow[];
};

/** One date: a scene on the common grid, and its bands in the common order. */
export type PairDate = { readonly source: SceneSource; readonly bands: readonly number[] };

/** Squares looked at: enough for a median, few enough to cost seconds on a scene of any size. */
const mostWindows = 16;
const [smallest, largest] = [32, 128];

/** Squares spread over the area that both dates have, at random places of a regular grid; those mostly without data are left out. */
export async function samplePair(
  before: PairDate,
  after: PairDate,
  overlap: Window,
  signal: AbortSignal,
): Promise<PairSamples> {
  const room = Math.min(overlap.width, overlap.height);
  let side = largest;
  while (side > smallest && side * 2 > room) side /= 2;
  const across = Math.max(1, Math.min(4, Math.floor(overlap.width / side)));
  const down = Math.max(1, Math.min(mostWindows / 4, Math.floor(overlap.height / side)));
  const random = createRandom(0, 'pair samples');
  const windows: SampledWindow[] = [];
  for (let row = 0; row < down; row++)
    for (let column = 0; column < across; column++) {
      const place = (start: number, length: number, cell: number, cells: number): number => {
        const [from, to] = [(cell * length) / cells, ((cell + 1) * length) / cells];
        return Math.floor(start + from + random.uniform() * Math.max(0, to - from - side));
      };
      const corner = {
        x: place(overlap.x, overlap.width, column, across),
        y: place(overlap.y, overlap.height, row, down),
        side,
      };
      const first = await readTile(before.source, before.bands, corner, signal);
      const second = await readTile(after.source, after.bands, corner, signal);
      const valid = first.valid.map((one, i) => one & second.valid[i]!);
      const known = valid.reduce((sum, one) => sum + one, 0);
      if (known < 0.5 * valid.length) continue;
      windows.push({ ...corner, before: first.values, after: second.values, valid });
    }
  return { side, bands: before.bands.length, windows };
}
