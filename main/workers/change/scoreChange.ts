import { scaleTile } from '../../../app/learn/tileScaling.ts';
import type { Window } from '../../../app/raster/grid.ts';
import type { Network } from '../../engines/engine.ts';
import type { StoredTileModel } from '../../engines/tileModelFolder.ts';
import { openScene } from '../../raster/formats.ts';
import type { ScenePair } from '../alignment/openPair.ts';
import { liveMap } from '../liveMap.ts';
import type { RunManifest } from '../manifest.ts';
import { gridOf, type MapExtent } from '../mapExtent.ts';
import { finishRasters, identityOf, type MapWatch } from '../mapRun.ts';
import { classScores, openRasterWriters, type ScoredWindow, scoreBand } from '../mapWriters.ts';
import type { TaskContext } from '../task.ts';
import { blendTileRows, type ScoredTiles } from '../tiles/blendTileRows.ts';
import { networkScores } from '../tiles/networkScores.ts';
import { readPairTile } from './pairTiles.ts';
import { changeClasses } from './validateChange.ts';

/** A pair whose change is to be scored. */
export type ChangeScoring = {
  readonly model: StoredTileModel;
  readonly network: Network;
  readonly pair: ScenePair;
  /** Mean over the flips and rotations of each tile. */
  readonly flips: boolean;
  readonly extent: MapExtent;
  /** Raster of the probability of change. */
  readonly out: string;
  readonly compression: 'deflate' | 'zstd' | 'none';
  readonly resume: boolean;
  /** Say what of each finished row of tiles reaches this probability. */
  readonly live?: number | undefined;
  /** Of the scores alone: another threshold needs no other ones. */
  readonly manifest: RunManifest;
  readonly context: TaskContext;
};

/** Writes the probability of change, NaN where one of the dates has no data; the number of tiles. */
export async function scoreChange(scoring: ChangeScoring): Promise<number> {
  const { model, pair, extent, out, compression, resume, live, manifest, context } = scoring;
  const { imageSize: side, classes } = model.config;
  const identity = identityOf(manifest, model.card.title);
  if (resume && (await isFinished(out, identity.metadata))) return 0;
  const writers = await openRasterWriters(
    [
      {
        path: out,
        content: { bands: [scoreBand('probability of change')], overviews: 'average' },
        samples: (scored) => [classScores(scored, classes)[1]!],
      },
    ],
    {
      grid: gridOf(pair.grid, extent.area),
      compression,
      ...identity,
      resume,
      signal: context.signal,
    },
  );
  return await finishRasters(writers, context.signal, () =>
    blendTileRows({
      side,
      classes,
      score: (corners) => scorePairTiles(scoring, corners),
      extent,
      writers,
      watch: live === undefined ? undefined : liveChange(extent.area, live, context),
      context,
    }),
  );
}

/** Shows a map of change that is being made, before small patches are left out of it. */
function liveChange(area: Window, threshold: number, context: TaskContext): MapWatch {
  const [unchanged, changed] = changeClasses.map(({ value }) => value);
  const samples = ({ window, indices, scores }: ScoredWindow): Uint8Array => {
    const values = new Uint8Array(window.width * window.height);
    for (const [i, at] of indices.entries())
      values[at] = scores[2 * i + 1]! >= threshold ? changed! : unchanged!;
    return values;
  };
  const watched = { size: area, place: area, classes: changeClasses, samples, ownColors: true };
  return liveMap(watched, (event) => context.emit(event));
}

/** Whether a raster of the same run is there already. */
async function isFinished(
  path: string,
  wanted: Readonly<Record<string, string>>,
): Promise<boolean> {
  const source = await openScene(path).catch(() => undefined);
  await source?.close();
  return source?.description.metadata['PRISMAP_MANIFEST'] === wanted['PRISMAP_MANIFEST'];
}

/** Probabilities of change of tiles by their upper left corners on the grid of the pair. */
export async function scorePairTiles(
  {
    model,
    network,
    pair,
    flips,
    context,
  }: Pick<ChangeScoring, 'model' | 'network' | 'pair' | 'flips' | 'context'>,
  corners: readonly { readonly x: number; readonly y: number }[],
): Promise<ScoredTiles> {
  const { config, card } = model;
  const side = config.imageSize;
  const size = config.bands * side * side;
  const tiles = await Promise.all(
    corners.map((corner) => readPairTile(pair, { ...corner, side }, context.signal)),
  );
  const before = new Float32Array(tiles.length * size);
  const after = new Float32Array(tiles.length * size);
  for (const [i, tile] of tiles.entries()) {
    scaleTile(tile.before.values, tile.valid, card.scaling);
    scaleTile(tile.after.values, tile.valid, card.scaling);
    before.set(tile.before.values, i * size);
    after.set(tile.after.values, i * size);
  }
  const scores = networkScores({ network, config, flips }, [before, after]);
  return { scores, valid: tiles.map(({ valid }) => valid) };
}
