import type { ReactElement } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import { addMaps, addScene } from '../../edits/layers.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';

/** Puts a map of a batch among the layers, or goes to it where it is one already. */
export function AddMap({
  uri,
  name,
  label,
}: {
  readonly uri: string;
  /** Of the layer. */
  readonly name: string;
  readonly label: string;
}): ReactElement {
  const { workspace, map } = useDesk();
  const layers = useWorkspace((state) => state.document.layers);
  const layer = [...layers.values()].find((row) => row.uri === uri);
  const show = async (): Promise<void> => {
    const row = layer ?? (await addScene(workspace, uri, name));
    workspace.store.set({ selectedLayer: row.id });
    map.zoomToScene(await workspace.openScene(uri));
  };
  const text = layer === undefined ? label : t('Show on the map');
  return (
    <button
      type="button"
      aria-label={t('{action}: {job}', { action: text, job: name })}
      onClick={() => void show().catch(workspace.report)}
    >
      {text}
    </button>
  );
}

/** Layers that a map is still quick with. */
const mostMaps = 50;

/** Puts all maps of a batch among the layers, in a group, the newest on top. */
export function AddAllMaps({
  out,
  count,
  name,
}: {
  /** Folder of the results. */
  readonly out: string;
  readonly count: number;
  /** Of the group. */
  readonly name: string;
}): ReactElement {
  const { workspace, map } = useDesk();
  const add = async (): Promise<void> => {
    const { scenes } = await workspace.host.call('batch.scenes', {
      ...{ out, state: 'done', count: mostMaps },
    });
    const maps = scenes
      .toSorted((a, b) => ((a.date ?? '') < (b.date ?? '') ? -1 : 1))
      .flatMap(({ uri, scene }) => (uri === undefined ? [] : [{ uri, name: layerName(scene) }]));
    const infos = await addMaps(workspace, name, maps);
    const all = together(infos);
    if (all !== undefined) map.zoomToScene(all);
    if (count > maps.length)
      workspace.notify(
        t('{shown} of {count} maps were added. The mosaic shows all of them in QGIS.', {
          shown: maps.length,
          count,
        }),
      );
  };
  return (
    <button type="button" onClick={() => void add().catch(workspace.report)}>
      {t('Add all maps to the map')}
    </button>
  );
}

/** What a view of all maps has to hold; those of another CRS than the first are left out of it. */
function together(infos: readonly SceneInfo[]): SceneInfo | undefined {
  const [first] = infos;
  const bounds = infos.filter(({ crs }) => crs === first?.crs).map((info) => info.bounds);
  const least = (i: 0 | 1): number => Math.min(...bounds.map((one) => one[i]));
  const most = (i: 2 | 3): number => Math.max(...bounds.map((one) => one[i]));
  return first && { ...first, bounds: [least(0), least(1), most(2), most(3)] };
}

/** A scene's path from the folder of scenes, without its ending. */
export const layerName = (scene: string): string => scene.replace(/\.\w{1,5}$/, '');
