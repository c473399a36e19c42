import TileLayer from 'ol/layer/WebGLTile.js';
import type OpenLayersMap from 'ol/Map.js';
import { unByKey } from 'ol/Observable.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { SceneStyle } from '../../app/project/rows.ts';
import { plainStyle } from '../edits/layers.ts';
import type { DrawnLayer } from '../state/layerOrder.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { sceneLook } from './sceneLook.ts';
import { cancelUnseen } from './sceneRequests.ts';
import { sceneTiles } from './sceneTiles.ts';

type Shown = {
  readonly layer: TileLayer;
  info: SceneInfo;
  tiles: string;
  program: string;
  style: SceneStyle;
};

/** What of a change has to be done to a layer that is shown already. */
function restyle(shown: Shown, style: SceneStyle, workspace: Workspace): void {
  const look = sceneLook(style, shown.info);
  const tiles = JSON.stringify(look.tiles);
  if (tiles !== shown.tiles) {
    cancelUnseen(shown.layer.getSource(), undefined);
    shown.layer.setSource(sceneTiles(workspace.host, shown.info, look.tiles, workspace.report));
  }
  if (look.program === shown.program) shown.layer.updateStyleVariables(look.variables);
  else shown.layer.setStyle({ color: look.color, variables: look.variables });
  Object.assign(shown, { tiles, program: look.program, style });
}

/** Keeps the raster layers of a map as the layer list says. */
export type SceneLayers = {
  /** Draws these and no others; only those that `visible` says. */
  readonly show: (layers: readonly DrawnLayer[]) => void;
  readonly layerOf: (id: string) => TileLayer | undefined;
  readonly dispose: () => void;
};

export function createSceneLayers(map: OpenLayersMap, workspace: Workspace): SceneLayers {
  const shown = new Map<string, Shown>();

  const add = (id: string, info: SceneInfo, style: SceneStyle): Shown => {
    const look = sceneLook(style, info);
    const layer = new TileLayer({
      style: { color: look.color, variables: look.variables },
      source: sceneTiles(workspace.host, info, look.tiles, workspace.report),
      cacheSize: 512,
    });
    layer.set('prismap', id);
    map.addLayer(layer);
    const entry = { layer, info, tiles: JSON.stringify(look.tiles), program: look.program, style };
    shown.set(id, entry);
    return entry;
  };
  const remove = (id: string): void => {
    const entry = shown.get(id);
    if (entry === undefined) return;
    map.removeLayer(entry.layer);
    cancelUnseen(entry.layer.getSource(), undefined);
    entry.layer.dispose();
    shown.delete(id);
  };
  const show = (drawn: readonly DrawnLayer[]): void => {
    const wanted = new Set(drawn.map(({ row }) => row.id));
    for (const id of [...shown.keys()]) if (!wanted.has(id)) remove(id);
    for (const { row, visible, opacity, depth } of drawn) {
      const entry = workspace.store.get().scenes.get(row.uri ?? '');
      if (row.kind !== 'scene' || entry?.state !== 'open') continue;
      const style = row.style ?? plainStyle(entry.info);
      if (shown.get(row.id)?.info.stamp !== entry.info.stamp) remove(row.id);
      try {
        const item = shown.get(row.id) ?? add(row.id, entry.info, style);
        if (row.style !== undefined && item.style !== style) restyle(item, style, workspace);
        item.layer.setVisible(visible);
        // Its tiles are fetched while its limits are found out.
        item.layer.setOpacity(row.style === undefined ? 0 : opacity);
        item.layer.setZIndex(depth);
      } catch (error) {
        workspace.report(error);
      }
    }
  };
  const drawn = map.on('postrender', ({ frameState }) => {
    if (frameState === null) return;
    for (const { layer } of shown.values())
      cancelUnseen(layer.getSource(), layer.getVisible() ? frameState : undefined);
  });
  return {
    show,
    layerOf: (id) => shown.get(id)?.layer,
    dispose: () => {
      unByKey(drawn);
      for (const id of [...shown.keys()]) remove(id);
    },
  };
}
