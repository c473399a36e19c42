import { AppError } from '../../../app/error.ts';
import { blendWeights, tileCorners } from '../../../app/learn/tileBlend.ts';
import type { Window } from '../../../app/raster/grid.ts';
import { fillShape } from '../../../app/vector/rasterise.ts';
import { garbageCollector } from '../../collectGarbage.ts';
import type { MapExtent } from '../mapExtent.ts';
import type { MapWatch } from '../mapRun.ts';
import type { MapWriters } from '../mapWriters.ts';
import type { TaskContext } from '../task.ts';
import { Strip } from './strip.ts';

/** Tiles that the engine sees at a time. */
export const tilesAtATime = 8;

/** Class probabilities of some tiles. */
export type ScoredTiles = {
  /** (tiles, side, side, classes) */
  readonly scores: Float32Array;
  /** (side, side) of each: 1 where there are data. */
  readonly valid: readonly Uint8Array[];
};

/** An area to be mapped tile by tile, whatever the tiles are made of. */
export type TileBlending = {
  /** Pixels a side of a tile. */
  readonly side: number;
  readonly classes: number;
  /** Scores tiles by their upper left corners in the scene, which may lie outside. */
  readonly score: (
    corners: readonly { readonly x: number; readonly y: number }[],
  ) => Promise<ScoredTiles>;
  readonly extent: MapExtent;
  readonly writers: Pick<MapWriters, 'done' | 'write'>;
  readonly watch: MapWatch;
  readonly context: TaskContext;
};

/**
 * Maps an area by tiles half a tile apart, blended by cosine weights; the number of tiles. Two rows of tiles meet in every
 * strip of pixels, so the sums of two strips are all that is held: memory grows with the width of the area alone.
 */
export async function blendTileRows(blending: TileBlending): Promise<number> {
  const { side, classes, extent, writers, watch, context } = blending;
  const { area } = extent;
  const step = side / 2;
  const rows = tileCorners(area.y, area.height, side);
  const columns = tileCorners(area.x, area.width, side);
  let upper = new Strip(area.width, step, classes);
  let lower = new Strip(area.width, step, classes);
  const collect = garbageCollector(8);
  const stripAt = (y: number): Window | undefined =>
    y < area.y || y >= area.y + area.height
      ? undefined
      : {
          x: 0,
          y: y - area.y,
          width: area.width,
          height: Math.min(step, area.y + area.height - y),
        };
  // Of a run that is continued, what is whole is not computed again.
  const missing = (y: number): Window | undefined => {
    const strip = stripAt(y);
    return strip === undefined || writers.done(strip) ? undefined : strip;
  };
  for (const [i, y] of rows.entries()) {
    // The strip at y is completed by this row of tiles, the one below begun.
    const window = missing(y);
    if (window !== undefined || missing(y + step) !== undefined)
      await addRow(blending, { y, columns, upper, lower });
    if (window !== undefined) {
      const scored = upper.scores(window, insideOf(extent, { ...window, x: area.x, y }));
      await writers.write(scored);
      watch?.(scored);
    }
    [upper, lower] = [lower, upper.cleared()];
    collect();
    context.emit({ kind: 'progress', stage: 'mapping', done: i + 1, total: rows.length });
  }
  return rows.length * columns.length;
}

/** 1 for each pixel of a window of the scene that lies in the shapes to map within; undefined where all do. */
function insideOf({ within }: MapExtent, window: Window): Uint8Array | undefined {
  if (within === undefined) return undefined;
  const inside = new Uint8Array(window.width * window.height);
  for (const shape of within)
    fillShape(shape, window, (row, from, to) => {
      const start = (row - window.y) * window.width - window.x;
      inside.fill(1, start + from, start + to);
    });
  return inside;
}

/** Adds one row of tiles to the two strips that it lies over. */
async function addRow(
  { side, classes, score, extent, context }: TileBlending,
  row: {
    readonly y: number;
    readonly columns: readonly number[];
    readonly upper: Strip;
    readonly lower: Strip;
  },
): Promise<void> {
  const weights = blendWeights(side);
  const size = side * side * classes;
  for (let from = 0; from < row.columns.length; from += tilesAtATime) {
    if (context.signal.aborted)
      throw new AppError('cancelled', 'Mapping was cancelled. Go on from it with --resume.');
    const corners = row.columns.slice(from, from + tilesAtATime);
    const { scores, valid } = await score(corners.map((x) => ({ x, y: row.y })));
    for (const [i, mask] of valid.entries()) {
      const x = corners[i]! - extent.area.x;
      const tile = { scores: scores.subarray(i * size, (i + 1) * size), valid: mask, x, side };
      row.upper.add(tile, weights, 0);
      row.lower.add(tile, weights, side / 2);
    }
  }
}
