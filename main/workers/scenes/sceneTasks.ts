import type { Answer } from '../../../app/contract/rpc.ts';
import { AppError } from '../../../app/error.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { isRemote } from './fileStamp.ts';
import { NewestFirst } from './newestFirst.ts';
import { PlaneStore, type ScenePlanes } from './planeStore.ts';
import { readIndexTile } from './readIndexTile.ts';
import { readTile, type TileRequest } from './readTile.ts';
import { ScenePool } from './scenePool.ts';

/** What the host sends: a scene by its address, and the input of the desk's call without its key. */
export type SceneRequest = {
  readonly uri: string;
  /** The state of its files that the answer has to be of. */
  readonly stamp: string;
  readonly input: unknown;
  /** Folder where coarse tiles are kept. */
  readonly planes?: string;
};

type SceneTask = (source: SceneSource, input: never, signal: AbortSignal) => Promise<unknown>;

/** Calls that look at one scene, by the names of the contract. Lazy: the first picture waits for none of them. */
const tasks: Readonly<Record<string, () => Promise<SceneTask>>> = {
  'scene.grow': async () => (await import('./grow.ts')).grow,
  'scene.indices': async () => (await import('./indices.ts')).indices,
  'scene.indexStatistics': async () => (await import('./indices.ts')).indexStatistics,
  'scene.statistics': async () => (await import('./statistics.ts')).statistics,
  'scene.values': async () => (await import('./values.ts')).values,
  'spectra.ofAreas': async () => (await import('./spectra.ts')).ofAreas,
  'spectra.separability': async () => (await import('./separability.ts')).separability,
  'spectra.scatter': async () => (await import('./separability.ts')).scatter,
  'rois.pixels': async () => (await import('./spectra.ts')).pixelsOfAreas,
  'preview.map': async () => (await import('./preview.ts')).previewMap,
};

const tilesAtOnce = 3;
/** Bytes of coarse tiles on disk: those of some thirty scenes of a gigabyte, three bands each. */
const planesBudget = 2 ** 31;

const tileOf: typeof readTile = (scene, { expression, ...request }, signal) =>
  expression === undefined
    ? readTile(scene, request, signal)
    : readIndexTile(scene, { ...request, expression }, signal);

/** Finds where the coarse tiles of a scene are kept; nowhere for one of the network, whose changes have no stamp. */
function createPlanes(): (
  folder: string | undefined,
  uri: string,
  stamp: string,
) => ScenePlanes | undefined {
  let store: PlaneStore | undefined;
  const known = new Map<string, ScenePlanes>();
  return (folder, uri, stamp) => {
    if (folder === undefined || isRemote(uri)) return undefined;
    store ??= new PlaneStore(folder, planesBudget);
    const planes = known.get(uri + stamp) ?? store.scene(uri, stamp);
    known.set(uri + stamp, planes);
    return planes;
  };
}

/** Answers the host: `open`, `tile` and the tasks above. */
export function createSceneAnswer(): Answer {
  const pool = new ScenePool();
  const tiles = new NewestFirst(tilesAtOnce);
  const planesOf = createPlanes();
  return async (name, message, signal) => {
    const { uri, stamp, input, planes: folder } = message as SceneRequest;
    if (name === 'open') return pool.describe(uri);
    if (name === 'tile')
      return tiles.run(
        () =>
          pool.use({ uri, stamp }, (scene) =>
            tileOf(
              { ...scene, planes: planesOf(folder, uri, stamp) },
              input as TileRequest,
              signal,
            ),
          ),
        signal,
      );
    const load = tasks[name];
    if (load === undefined)
      throw new AppError('internal', `A scene process has no task "${name}".`);
    const task = await load();
    return pool.use({ uri, stamp }, ({ source }) => task(source, input as never, signal));
  };
}
