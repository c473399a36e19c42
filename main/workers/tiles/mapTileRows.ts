import { AppError } from '../../../app/error.ts';
import { blendWeights, tileCorners } from '../../../app/learn/tileBlend.ts';
import { scaleTile } from '../../../app/learn/tileScaling.ts';
import { segment } from '../../../app/model/spectralGpt/segmentation.ts';
import type { Window } from '../../../app/raster/grid.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { fillShape } from '../../../app/vector/rasterise.ts';
import { garbageCollector } from '../../collectGarbage.ts';
import type { Network } from '../../engines/engine.ts';
import type { StoredTileModel } from '../../engines/tileModelFolder.ts';
import type { MapExtent } from '../mapExtent.ts';
import type { MapWatch } from '../mapRun.ts';
import type { MapWriters } from '../mapWriters.ts';
import type { TaskContext } from '../task.ts';
import { readTile } from './readTile.ts';
import { Strip } from './strip.ts';

/** Tiles that the engine sees at a time. */
const tilesAtATime = 8;

/** A scene to be mapped by a segmentation model. */
export type TileMapping = {
  readonly model: StoredTileModel;
  readonly network: Network;
  readonly source: SceneSource;
  /** Of the scene, in the order of the model. */
  readonly bands: readonly number[];
  readonly extent: MapExtent;
  readonly writers: MapWriters;
  readonly watch: MapWatch;
  readonly context: TaskContext;
};

/**
 * Maps an area by tiles half a tile apart, blended by cosine weights; the number of tiles. Two rows of tiles meet in every
 * strip of pixels, so the sums of two strips are all that is held: memory grows with the width of the area alone.
 */
export async function mapTileRows(mapping: TileMapping): Promise<number> {
  const { model, extent, writers, watch, context } = mapping;
  const { imageSize: side, classes } = model.config;
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
      await addRow(mapping, { y, columns, upper, lower });
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
  { model, network, source, bands, extent, context }: TileMapping,
  row: {
    readonly y: number;
    readonly columns: readonly number[];
    readonly upper: Strip;
    readonly lower: Strip;
  },
): Promise<void> {
  const { config, card } = model;
  const side = config.imageSize;
  const weights = blendWeights(side);
  const size = side * side * config.classes;
  for (let from = 0; from < row.columns.length; from += tilesAtATime) {
    if (context.signal.aborted)
      throw new AppError('cancelled', 'Mapping was cancelled. Go on from it with --resume.');
    const corners = row.columns.slice(from, from + tilesAtATime);
    const tiles = await Promise.all(
      corners.map((x) => readTile(source, bands, { x, y: row.y, side }, context.signal)),
    );
    const values = new Float32Array(tiles.length * bands.length * side * side);
    for (const [i, tile] of tiles.entries()) {
      scaleTile(tile.values, tile.valid, card.scaling);
      values.set(tile.values, i * tile.values.length);
    }
    const shape = [tiles.length, bands.length, side, side];
    const [scores] = network.evaluate(
      new Map([['image', { shape, values }]]),
      (ops, parameters, inputs) => [
        ops.softmax(segment({ ops, weights: parameters, config }, inputs.get('image')!)),
      ],
    );
    for (const [i, { valid }] of tiles.entries()) {
      const x = corners[i]! - extent.area.x;
      const tile = { scores: scores!.subarray(i * size, (i + 1) * size), valid, x, side };
      row.upper.add(tile, weights, 0);
      row.lower.add(tile, weights, side / 2);
    }
  }
}
