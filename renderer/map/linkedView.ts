import OpenLayersMap from 'ol/Map.js';
import { comparedLayer } from '../state/comparedLayer.ts';
import { drawnLayers } from '../state/layerOrder.ts';
import { roisFor } from '../state/roisInUse.ts';
import { watch } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { createRoiLayer } from './roiLayer.ts';
import { createSceneLayers } from './sceneLayers.ts';

/** A second map beside the first that moves with it and shows one layer alone: two dates, or image and map, side by side. */
export function createLinkedView(
  target: HTMLElement,
  workspace: Workspace,
  main: OpenLayersMap,
): () => void {
  const map = new OpenLayersMap({ target, controls: [], view: main.getView() });
  const scenes = createSceneLayers(map, workspace);
  const rois = createRoiLayer(workspace, (state) =>
    roisFor(state.document.rois, comparedLayer(state)?.uri),
  );
  map.addLayer(rois.layer);
  const show = (): void => {
    const id = comparedLayer(workspace.store.get())?.id;
    const { layers } = workspace.store.get().document;
    const drawn = drawnLayers(layers).filter(({ row }) => row.id === id);
    scenes.show(drawn.map((layer) => ({ ...layer, visible: true, opacity: 1 })));
  };
  const followView = (): void => map.setView(main.getView());
  main.on('change:view', followView);
  const unwatch = [
    watch(workspace.store, ({ document }) => document.layers, show),
    watch(workspace.store, (state) => state.scenes, show),
    watch(workspace.store, (state) => state.selectedLayer, show),
    watch(viewStore, (state) => state.compareLayer, show),
  ];
  return () => {
    for (const end of unwatch) end();
    main.un('change:view', followView);
    scenes.dispose();
    rois.dispose();
    map.setTarget(undefined);
    map.dispose();
  };
}
