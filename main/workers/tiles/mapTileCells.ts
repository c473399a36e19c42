import { AppError } from '../../../app/error.ts';
import { scaleTile } from '../../../app/learn/tileScaling.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { fillShape } from '../../../app/vector/rasterise.ts';
import { garbageCollector } from '../../collectGarbage.ts';
import type { Network } from '../../engines/engine.ts';
import type { StoredTileModel } from '../../engines/tileModelFolder.ts';
import type { MapExtent } from '../mapExtent.ts';
import type { ScoredWindow } from '../mapWriters.ts';
import type { TaskContext } from '../task.ts';
import { networkScores } from './networkScores.ts';
import { readTile } from './readTile.ts';
import { resizeTile } from './resizeTile.ts';
import { cellWindow, type TileCells, tileCorner } from './tileCells.ts';

/** Tiles that the engine sees at a time. */
const tilesAtATime = 8;
/** Share of a tile that must have data for it to be judged. */
const leastValid = 0.5;

/** A scene to be mapped by a model that names whole tiles. */
export type CellMapping = {
  readonly model: StoredTileModel;
  readonly network: Network;
  readonly source: SceneSource;
  /** Of the scene, in the order of the model. */
  readonly bands: readonly number[];
  /** Mean over the flips and rotations of each tile. */
  readonly flips: boolean;
  readonly extent: MapExtent;
  readonly cells: TileCells;
  readonly context: TaskContext;
};

/** Scores of the cells of the map, a row at a time; cells whose tile is mostly without data, or outside the shapes, are left out. */
export async function* mapTileCells(mapping: CellMapping): AsyncGenerator<ScoredWindow> {
  const { cells, context, model } = mapping;
  const collect = garbageCollector(8);
  for (let row = 0; row < cells.rows; row++) {
    const columns = insideOf(mapping, row);
    const found: number[] = [];
    const scores: Float32Array[] = [];
    for (let from = 0; from < columns.length; from += tilesAtATime) {
      if (context.signal.aborted) throw new AppError('cancelled', 'Mapping was cancelled.');
      const part = await scorePart(mapping, row, columns.slice(from, from + tilesAtATime));
      found.push(...part.columns);
      scores.push(part.scores);
    }
    yield {
      window: { x: 0, y: row, width: cells.columns, height: 1 },
      indices: Int32Array.from(found),
      scores: joined(scores, found.length * model.config.classes),
    };
    collect();
    context.emit({ kind: 'progress', stage: 'mapping', done: row + 1, total: cells.rows });
  }
}

async function scorePart(
  { model, network, source, bands, flips, cells, context }: CellMapping,
  row: number,
  columns: readonly number[],
): Promise<{ readonly columns: readonly number[]; readonly scores: Float32Array }> {
  const { config, card } = model;
  const side = config.imageSize;
  const read = await Promise.all(
    columns.map(async (column) => {
      const corner = tileCorner(cells, source.description.grid, column, row);
      const square = { ...corner, side: cells.side };
      return { column, tile: await readTile(source, bands, square, context.signal) };
    }),
  );
  const judged = read.filter(
    ({ tile: { valid } }) => valid.reduce((sum, one) => sum + one, 0) >= leastValid * valid.length,
  );
  if (judged.length === 0) return { columns: [], scores: new Float32Array(0) };
  const size = bands.length * side * side;
  const values = new Float32Array(judged.length * size);
  for (const [i, { tile }] of judged.entries()) {
    const resized = resizeTile(tile, cells.side, side);
    scaleTile(resized.values, resized.valid, card.scaling);
    values.set(resized.values, i * size);
  }
  return {
    columns: judged.map(({ column }) => column),
    scores: networkScores({ network, config, flips }, [values]),
  };
}

/** Columns of a row of cells whose middle lies in the shapes to map within; all where there are none. */
function insideOf({ extent, cells }: CellMapping, row: number): readonly number[] {
  const all = Array.from({ length: cells.columns }, (_, column) => column);
  if (extent.within === undefined) return all;
  const { area } = cells;
  const middle = cellWindow(cells, 0, row);
  const line = { x: area.x, y: middle.y + (middle.height >> 1), width: area.width, height: 1 };
  const inside = new Uint8Array(area.width);
  for (const shape of extent.within)
    fillShape(shape, line, (_, from, to) => {
      inside.fill(1, from - area.x, to - area.x);
    });
  return all.filter((column) => {
    const cell = cellWindow(cells, column, row);
    return inside[cell.x - area.x + (cell.width >> 1)] === 1;
  });
}

function joined(parts: readonly Float32Array[], length: number): Float32Array {
  const all = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
