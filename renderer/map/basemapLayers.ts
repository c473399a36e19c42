import Attribution from 'ol/control/Attribution.js';
import TileLayer from 'ol/layer/WebGLTile.js';
import type OpenLayersMap from 'ol/Map.js';
import type ImageTile from 'ol/source/ImageTile.js';
import type { BasemapInfo } from '../../app/contract/desk/basemaps.ts';
import type { LayerRow } from '../../app/project/rows.ts';
import { allowBasemap } from '../edits/basemaps.ts';
import type { DrawnLayer } from '../state/layerOrder.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { basemapTiles } from './basemapTiles.ts';
import { isPixels } from './projections.ts';

/** One row of the layer list: on its way, waiting for the user's leave, or on the map. */
type Entry = {
  readonly uri: string;
  state: 'opening' | 'waiting' | 'failed' | 'shown';
  layer?: TileLayer;
  info?: BasemapInfo;
  visible: boolean;
};

/** Basemaps that the user added, as the layer list says. */
export type BasemapLayers = {
  readonly show: (drawn: readonly DrawnLayer[]) => void;
  readonly dispose: () => void;
};

/** OpenLayers takes credits for HTML; ours are text. */
const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function credit(layer: TileLayer, row: LayerRow, info: BasemapInfo): void {
  const text = row.attribution ?? info.attribution;
  const source = layer.getSource() as ImageTile | null;
  const old = layer.get('credit') as string | undefined;
  if (old === text) return;
  layer.set('credit', text);
  source?.setAttributions(text === '' ? undefined : escapeHtml(text));
}

export function createBasemapLayers(map: OpenLayersMap, workspace: Workspace): BasemapLayers {
  const entries = new Map<string, Entry>();
  let drawn: readonly DrawnLayer[] = [];
  map.addControl(new Attribution({ collapsible: false }));

  const arrange = (): void => {
    for (const { row, visible, opacity, depth } of drawn) {
      const { layer, info } = entries.get(row.id) ?? {};
      if (layer === undefined || info === undefined) continue;
      layer.setVisible(visible);
      layer.setOpacity(opacity);
      layer.setZIndex(depth);
      credit(layer, row, info);
    }
  };
  const put = (id: string, entry: Entry, info: BasemapInfo): void => {
    const source = basemapTiles(workspace.host, info, workspace.report);
    const layer = new TileLayer({ source, cacheSize: 256 });
    layer.set('prismap', id);
    Object.assign(entry, { layer, info, state: 'shown' });
    map.addLayer(layer);
    arrange();
  };
  const ask = (id: string, entry: Entry, host: string): void => {
    entry.state = 'waiting';
    const question = t(
      'The basemap loads pictures from {host}, which then learns what place you look at.',
      { host },
    );
    const allow = (): void => {
      allowBasemap(workspace, entry.uri, host).then(() => open(id, entry), workspace.report);
    };
    workspace.notify(question, { label: t('Allow'), run: allow, stays: true });
  };
  const open = async (id: string, entry: Entry): Promise<void> => {
    entry.state = 'opening';
    try {
      // The host looks for the layer in the project file: the edit that added it has to be there.
      await Promise.resolve();
      await workspace.saved();
      const answer = await workspace.host.call('basemap.open', { uri: entry.uri });
      if (entries.get(id) !== entry) return;
      if (answer.info !== undefined) put(id, entry, answer.info);
      else if (answer.ask !== undefined) ask(id, entry, answer.ask);
    } catch (error) {
      entry.state = 'failed';
      workspace.report(error);
    }
  };
  const remove = (id: string): void => {
    const layer = entries.get(id)?.layer;
    entries.delete(id);
    if (layer === undefined) return;
    map.removeLayer(layer);
    layer.dispose();
  };
  /** Opens what is seen for the first time; what failed or was not allowed is tried again when it is switched on again. */
  const follow = ({ row, visible }: DrawnLayer): void => {
    const uri = row.uri!;
    if (entries.get(row.id)?.uri !== uri) remove(row.id);
    const known = entries.get(row.id);
    const entry = known ?? { uri, state: 'failed' as const, visible: false };
    entries.set(row.id, entry);
    const appears = visible && !entry.visible;
    entry.visible = visible;
    if (appears && (entry.state === 'failed' || entry.state === 'waiting'))
      void open(row.id, entry);
  };
  return {
    show: (layers) => {
      const online = layers.filter(
        ({ row }) => row.kind === 'basemap' && row.uri !== undefined && row.uri !== 'offline',
      );
      const wanted = new Set(online.map(({ row }) => row.id));
      for (const id of [...entries.keys()]) if (!wanted.has(id)) remove(id);
      // Where map units are pixels there is no place on Earth to show.
      const placed = map.getView().isDef() && !isPixels(map.getView().getProjection());
      drawn = placed ? online : [];
      drawn.forEach(follow);
      arrange();
    },
    dispose: () => {
      for (const id of [...entries.keys()]) remove(id);
    },
  };
}
