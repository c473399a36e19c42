import type { LayerRow } from '../../app/project/rows.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { put } from './changes.ts';
import { newId } from './newId.ts';

export type NewBasemap = {
  readonly name: string;
  /** `xyz:…`, `wmts:…#layer`, `pmtiles:…`, `mbtiles:…`, or `offline`. */
  readonly uri: string;
  /** As its terms of use want it shown; empty for what its source says. */
  readonly attribution: string;
};

/** Adds a basemap whose address the user wrote, below all other layers. */
export async function addBasemap(
  workspace: Workspace,
  { name, uri, attribution }: NewBasemap,
): Promise<void> {
  if (uri !== 'offline') await workspace.host.call('basemap.allow', { uri, typed: true });
  const orders = [...workspace.store.get().document.layers.values()].map(({ order }) => order);
  const row: LayerRow = {
    id: newId(),
    order: Math.min(1, ...orders) - 1,
    name,
    kind: 'basemap',
    visible: true,
    opacity: 1,
    uri,
    ...(attribution === '' ? {} : { attribution }),
  };
  workspace.edit(t('Add {name}', { name }), [put('layers', row)]);
}

/** Gives a basemap that a project brought leave to fetch from a host. */
export async function allowBasemap(workspace: Workspace, uri: string, host: string): Promise<void> {
  await workspace.host.call('basemap.allow', { uri, host, typed: false });
}
