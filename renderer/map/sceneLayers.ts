import TileLayer from 'ol/layer/WebGLTile.js';
import type OpenLayersMap from 'ol/Map.js';
import { unByKey } from 'ol/Observable.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { SceneStyle } from '../../app/project/rows.ts';
import { plainStyle } from '../edits/layers.ts';
import type { DrawnLayer } from '../state/layerOrder.ts';
import { watch } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { keepDrawing, requireGraphics } from './lostContext.ts';
import { isPixels, sceneProjection } from './projections.ts';
import { fits, sceneLook } from './sceneLook.ts';
import { cancelUnseen } from './sceneRequests.ts';
import { incomplete, sceneTiles } from './sceneTiles.ts';

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

/** The same files, opened again: tiles that could not be had are asked for once more. */
function openedAgain(shown: Shown, info: SceneInfo, workspace: Workspace): void {
  shown.info = info;
  if (shown.layer.getSource()?.get(incomplete) !== true) return;
  const { tiles } = sceneLook(shown.style, info);
  shown.layer.setSource(sceneTiles(workspace.host, info, tiles, workspace.report));
}

/** A scene without coordinate system lies nowhere on a map that has one, nor the other way round. */
function hasPlace(map: OpenLayersMap, info: SceneInfo): boolean {
  const view = map.getView();
  return !view.isDef() || isPixels(view.getProjection()) === isPixels(sceneProjection(info));
}

/** What OpenLayers asks a graphics context for when it draws the first tile. */
const extensions = ['OES_texture_float', 'OES_texture_float_linear', 'OES_element_index_uint'];

/**
 * Switches on what tiles need in a fresh graphics context. The answer comes when all that was asked for before is drawn: now that is
 * nothing; when the first tiles have come, the window would stand still for a frame or two.
 */
function askForExtensions(context: unknown): void {
  if (!(context instanceof WebGLRenderingContext)) return;
  for (const name of extensions) context.getExtension(name);
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
  const canDraw = requireGraphics(workspace);
  let last: readonly DrawnLayer[] = [];

  const add = (id: string, info: SceneInfo, style: SceneStyle): Shown => {
    const look = sceneLook(style, info);
    const layer = new TileLayer({
      style: { color: look.color, variables: look.variables },
      source: sceneTiles(workspace.host, info, look.tiles, workspace.report),
      cacheSize: 512,
    });
    layer.set('prismap', id);
    layer.once('prerender', ({ context }) => askForExtensions(context));
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
  const arrange = ({ row, visible, opacity, depth }: DrawnLayer): void => {
    const layer = shown.get(row.id)?.layer;
    layer?.setVisible(visible);
    // Its tiles are fetched while its limits are found out.
    layer?.setOpacity(row.style === undefined ? 0 : opacity);
    layer?.setZIndex(depth);
  };
  /** What is drawn of a layer; nothing of what was another scene when it was styled, until `firstStyles` gives it a look that fits. */
  const drawable = ({ kind, uri, style: own }: DrawnLayer['row']) => {
    const entry = workspace.store.get().scenes.get(uri ?? '');
    if (kind !== 'scene' || entry?.state !== 'open') return undefined;
    const { info } = entry;
    const style = own ?? plainStyle(info);
    return fits(style, info) && hasPlace(map, info) ? { info, style } : undefined;
  };
  const show = (drawn: readonly DrawnLayer[]): void => {
    last = drawn;
    if (!canDraw) return;
    const wanted = new Set(drawn.map(({ row }) => row.id));
    for (const id of [...shown.keys()]) if (!wanted.has(id)) remove(id);
    for (const layer of drawn) {
      const { row } = layer;
      arrange(layer);
      const found = drawable(row);
      if (found === undefined) continue;
      const { info, style } = found;
      if (shown.get(row.id)?.info.stamp !== info.stamp) remove(row.id);
      try {
        const item = shown.get(row.id) ?? add(row.id, info, style);
        if (item.info !== info) openedAgain(item, info, workspace);
        if (row.style !== undefined && item.style !== style) restyle(item, style, workspace);
        arrange(layer);
      } catch (error) {
        workspace.report(error);
      }
    }
  };
  const endThreshold = watch(
    viewStore,
    ({ threshold }) => threshold,
    (moved) => {
      const item = moved === undefined ? undefined : shown.get(moved.layer);
      if (moved === undefined || item?.style.threshold === undefined) return;
      const { variables } = sceneLook({ ...item.style, threshold: moved.value }, item.info);
      item.layer.updateStyleVariables(variables);
    },
  );
  const endDrawing = keepDrawing(map, workspace);
  const viewed = map.on('change:view', () => show(last));
  const drawn = map.on('postrender', ({ frameState }) => {
    if (frameState === null) return;
    for (const { layer } of shown.values())
      cancelUnseen(layer.getSource(), layer.getVisible() ? frameState : undefined);
  });
  return {
    show,
    layerOf: (id) => shown.get(id)?.layer,
    dispose: () => {
      endThreshold();
      endDrawing();
      unByKey(viewed);
      unByKey(drawn);
      for (const id of [...shown.keys()]) remove(id);
    },
  };
}
