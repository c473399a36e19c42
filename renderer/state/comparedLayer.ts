import type { LayerRow } from '../../app/project/rows.ts';
import { drawnLayers } from './layerOrder.ts';
import { viewStore } from './view.ts';
import type { WorkspaceState } from './workspaceState.ts';

/** The raster that a comparison is about: the chosen one, else the selected one or the uppermost. */
export function comparedLayer({
  document,
  selectedLayer,
}: Pick<WorkspaceState, 'document' | 'selectedLayer'>): LayerRow | undefined {
  const rasters = drawnLayers(document.layers)
    .filter(({ row }) => row.kind === 'scene')
    .toReversed();
  const find = (id: string | undefined) => rasters.find(({ row }) => row.id === id);
  const chosen = find(viewStore.get().compareLayer);
  const first = find(selectedLayer) ?? rasters[0];
  // A layer that is alone in view has nothing to be compared with but one that is hidden.
  const isAlone = rasters.every(({ row, visible }) => visible === (row.id === first?.row.id));
  const hidden = rasters.find(({ row }) => row.id !== first?.row.id);
  return (chosen ?? (isAlone ? hidden : undefined) ?? first)?.row;
}
