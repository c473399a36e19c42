import { scaleTile } from '../../../app/learn/tileScaling.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import type { Network } from '../../engines/engine.ts';
import type { StoredTileModel } from '../../engines/tileModelFolder.ts';
import type { MapExtent } from '../mapExtent.ts';
import type { MapWatch } from '../mapRun.ts';
import type { MapWriters } from '../mapWriters.ts';
import type { TaskContext } from '../task.ts';
import { blendTileRows, type ScoredTiles } from './blendTileRows.ts';
import { networkScores } from './networkScores.ts';
import { readTile } from './readTile.ts';

/** A scene to be mapped by a segmentation model. */
export type TileMapping = {
  readonly model: StoredTileModel;
  readonly network: Network;
  readonly source: SceneSource;
  /** Of the scene, in the order of the model. */
  readonly bands: readonly number[];
  /** Mean over the flips and rotations of each tile. */
  readonly flips: boolean;
  readonly extent: MapExtent;
  readonly writers: Pick<MapWriters, 'done' | 'write'>;
  readonly watch: MapWatch;
  readonly context: TaskContext;
};

/** Maps an area of a scene with a segmentation model, by overlapping tiles; the number of tiles. */
export async function mapTileRows(mapping: TileMapping): Promise<number> {
  const { config } = mapping.model;
  return await blendTileRows({
    ...mapping,
    side: config.imageSize,
    classes: config.classes,
    score: (corners) => scoreSceneTiles(mapping, corners),
  });
}

/** Class probabilities of tiles by their upper left corners in the scene. */
export async function scoreSceneTiles(
  {
    model,
    network,
    source,
    bands,
    flips,
    context,
  }: Omit<TileMapping, 'extent' | 'writers' | 'watch'>,
  corners: readonly { readonly x: number; readonly y: number }[],
): Promise<ScoredTiles> {
  const { config, card } = model;
  const side = config.imageSize;
  const tiles = await Promise.all(
    corners.map((corner) => readTile(source, bands, { ...corner, side }, context.signal)),
  );
  const values = new Float32Array(tiles.length * bands.length * side * side);
  for (const [i, tile] of tiles.entries()) {
    scaleTile(tile.values, tile.valid, card.scaling);
    values.set(tile.values, i * tile.values.length);
  }
  const scores = networkScores({ network, config, flips }, [values]);
  return { scores, valid: tiles.map(({ valid }) => valid) };
}
