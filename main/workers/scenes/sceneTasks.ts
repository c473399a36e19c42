import type { Answer } from '../../../app/contract/rpc.ts';
import { AppError } from '../../../app/error.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { grow } from './grow.ts';
import { indexStatistics, indices } from './indices.ts';
import { NewestFirst } from './newestFirst.ts';
import { previewMap } from './preview.ts';
import { readTile, type TileRequest } from './readTile.ts';
import { ScenePool } from './scenePool.ts';
import { scatter, separability } from './separability.ts';
import { ofAreas, pixelsOfAreas } from './spectra.ts';
import { statistics } from './statistics.ts';
import { values } from './values.ts';

/** What the host sends: a scene by its address, and the input of the desk's call without its key. */
export type SceneRequest = {
  readonly uri: string;
  /** The state of its files that the answer has to be of. */
  readonly stamp: string;
  readonly input: unknown;
};

type SceneTask = (source: SceneSource, input: never, signal: AbortSignal) => Promise<unknown>;

/** Calls that look at one scene, by the names of the contract. */
const tasks: Readonly<Record<string, SceneTask>> = {
  'scene.grow': grow,
  'scene.indices': indices,
  'scene.indexStatistics': indexStatistics,
  'scene.statistics': statistics,
  'scene.values': values,
  'spectra.ofAreas': ofAreas,
  'spectra.separability': separability,
  'spectra.scatter': scatter,
  'rois.pixels': pixelsOfAreas,
  'preview.map': previewMap,
};

const tilesAtOnce = 3;

/** Answers the host: `open`, `tile` and the tasks above. */
export function createSceneAnswer(): Answer {
  const pool = new ScenePool();
  const tiles = new NewestFirst(tilesAtOnce);
  return async (name, message, signal) => {
    const { uri, stamp, input } = message as SceneRequest;
    if (name === 'open') return pool.describe(uri);
    if (name === 'tile')
      return tiles.run(
        () => pool.use({ uri, stamp }, (scene) => readTile(scene, input as TileRequest, signal)),
        signal,
      );
    const task = tasks[name];
    if (task === undefined)
      throw new AppError('internal', `A scene process has no task "${name}".`);
    return pool.use({ uri, stamp }, ({ source }) => task(source, input as never, signal));
  };
}
