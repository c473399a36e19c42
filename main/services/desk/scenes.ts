import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { SceneInfo, sceneCalls } from '../../../app/contract/desk/scenes.ts';
import type { DeskArguments, DeskHandlers, DeskOutput } from '../../../app/contract/deskApi.ts';
import type { TileAddress } from '../../../app/contract/tileAddress.ts';
import { AppError } from '../../../app/error.ts';
import { SceneHost, startSceneChild } from '../../workers/sceneHost.ts';
import type { OpenedScene } from '../../workers/scenes/describeScene.ts';
import type { DeskDependencies, Tile } from './deskDependencies.ts';
import { exportSpectra } from './scenesExport.ts';
import { type SceneChange, SceneWatch } from './sceneWatch.ts';

export type Scenes = {
  readonly handlers: Pick<DeskHandlers, keyof typeof sceneCalls>;
  tile(address: TileAddress, signal: AbortSignal): Promise<Tile | undefined>;
  dispose(): Promise<void>;
};

/** A scene that a window has open. */
type Known = { readonly uri: string; stamp: string; readonly bands: SceneInfo['bands'] };

/** Calls about one open scene: answered by a scene process. */
type SceneCall = Exclude<keyof typeof sceneCalls, 'scene.open' | 'spectra.export'>;

const warmViewerMs = 200;
const warmAnalystMs = 1000;

/** Opens scenes by their addresses, and tells the window what becomes of their files. */
function opener({
  viewer,
  watch,
  known,
  emit,
}: {
  readonly viewer: SceneHost;
  readonly watch: SceneWatch;
  readonly known: Map<string, Known>;
  readonly emit: DeskDependencies['emit'];
}) {
  return async (uri: string, signal: AbortSignal): Promise<DeskOutput<'scene.open'>> => {
    const tell = (state: SceneChange): void => emit({ kind: 'scene', uri, state });
    const scene = createHash('sha256').update(uri).digest('hex').slice(0, 16);
    const opening = viewer.call('open', { uri }, signal) as Promise<OpenedScene>;
    const { files, ...info } = await opening.catch((error: unknown) => {
      // a layer of the project whose file is not there: the window hears of it when it comes
      if (error instanceof AppError && error.code === 'not-found')
        watch.watch(scene, { files: [uri], stamp: undefined }, tell);
      throw error;
    });
    const entry = { uri, stamp: info.stamp, bands: info.bands };
    known.set(scene, entry);
    watch.watch(scene, { files, stamp: info.stamp }, (state, stamp) => {
      // a scene that is gone keeps its stamp: what is still shown stays readable where the system permits
      entry.stamp = stamp ?? entry.stamp;
      tell(state);
    });
    return { ...info, scene };
  };
}

/**
 * Scenes for the window. One process shows them (opening, tiles, values under the cursor), another counts, grows and
 * previews: however long that takes, the map stays smooth.
 */
export function createScenes({ emit, dataFolder, startSceneProcess }: DeskDependencies): Scenes {
  const start = startSceneProcess ?? startSceneChild;
  const viewer = new SceneHost(start);
  const analyst = new SceneHost(start);
  const watch = new SceneWatch();
  const planes = join(dataFolder, 'coarse tiles');
  const known = new Map<string, Known>();
  // after the window's first calls have gone out, one after the other: the first picture waits for neither
  const warming = [
    setTimeout(() => viewer.warm(), warmViewerMs).unref(),
    setTimeout(() => analyst.warm(), warmAnalystMs).unref(),
  ];

  const open = opener({ viewer, watch, known, emit });
  const find = (scene: string): Known => {
    const entry = known.get(scene);
    if (entry !== undefined) return entry;
    throw new AppError('not-found', `No scene ${scene} is open. Open its file again.`);
  };
  const ask =
    <Name extends SceneCall>(host: SceneHost, name: Name) =>
    ({ scene, ...input }: DeskArguments<Name>, signal: AbortSignal) => {
      const { uri, stamp } = find(scene);
      return host.call(name, { uri, stamp, input }, signal) as Promise<DeskOutput<Name>>;
    };
  return {
    handlers: {
      'scene.open': ({ uri }, signal) => open(uri, signal),
      'scene.values': ask(viewer, 'scene.values'),
      'scene.indices': ask(viewer, 'scene.indices'),
      'scene.statistics': ask(analyst, 'scene.statistics'),
      'scene.indexStatistics': ask(analyst, 'scene.indexStatistics'),
      'scene.grow': ask(analyst, 'scene.grow'),
      'spectra.ofAreas': ask(analyst, 'spectra.ofAreas'),
      'spectra.separability': ask(analyst, 'spectra.separability'),
      'spectra.scatter': ask(analyst, 'spectra.scatter'),
      'spectra.export': (input, signal) => exportSpectra(input, find(input.scene).bands, signal),
      'rois.pixels': ask(analyst, 'rois.pixels'),
      'preview.map': ask(analyst, 'preview.map'),
    },
    tile: async ({ scene, stamp, ...input }, signal) => {
      const { uri, stamp: current } = find(scene);
      if (stamp !== current)
        throw new AppError('not-found', `${uri} has changed on disk. Open it again.`, { uri });
      const request = { uri, stamp, input, planes };
      return (await viewer.call('tile', request, signal)) as Tile | undefined;
    },
    dispose: async () => {
      warming.forEach(clearTimeout);
      watch.dispose();
      viewer.dispose();
      analyst.dispose();
    },
  };
}
