import { defaults as defaultControls, Rotate, ScaleLine } from 'ol/control.js';
import {
  DragPan,
  defaults as defaultInteractions,
  KeyboardPan,
  KeyboardZoom,
} from 'ol/interaction.js';
import OpenLayersMap from 'ol/Map.js';
import { transformExtent } from 'ol/proj.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { drawnLayers } from '../state/layerOrder.ts';
import type { MapControls, MarkedPoint } from '../state/mapControls.ts';
import { roisInUse } from '../state/roisInUse.ts';
import { watch } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { createComparison } from './compare.ts';
import { followCursor } from './cursor.ts';
import { firstStyles } from './firstStyles.ts';
import { createGround } from './ground.ts';
import { placesOf } from './places.ts';
import { createPointMark } from './pointMark.ts';
import { groundResolution, sceneProjection } from './projections.ts';
import { createRoiLayer, type RoiLayer } from './roiLayer.ts';
import { createSceneLayers, type SceneLayers } from './sceneLayers.ts';

/** The map of the desk. What it shows follows the workspace; panels ask it only to move. */
export type DeskMap = Pick<
  MapControls,
  'canReach' | 'transformFrom' | 'toScene' | 'placeAt' | 'viewInDegrees'
> & {
  readonly map: OpenLayersMap;
  readonly rois: RoiLayer;
  readonly scenes: SceneLayers;
  readonly zoomTo: (extent: readonly number[], info?: SceneInfo) => void;
  /** One pixel of the scene on one of the screen. */
  readonly zoomToNative: (info: SceneInfo) => void;
  readonly showPoint: (point: MarkedPoint | undefined) => void;
  readonly dispose: () => void;
};

/** What is no longer drawn is not selected either: nobody would see what Delete removes. */
function keepSelected({ store }: Workspace, drawn: ReadonlyMap<string, unknown>): void {
  const { selectedRois } = store.get();
  const kept = [...selectedRois].filter((id) => drawn.has(id));
  if (kept.length < selectedRois.size) store.set({ selectedRois: new Set(kept) });
}

/** Middle button or Space pans in every tool. */
function panInteraction(): DragPan {
  return new DragPan({
    condition: ({ originalEvent, map }) => {
      const event = originalEvent as PointerEvent;
      return event.button === 1 || viewStore.get().bare || map.get('tool') === 'pan';
    },
  });
}

function createMap(target: HTMLElement): OpenLayersMap {
  return new OpenLayersMap({
    target,
    controls: defaultControls({ zoom: true, rotate: false, attribution: false }).extend([
      new ScaleLine({ minWidth: 90 }),
      new Rotate({ autoHide: false, tipLabel: t('North up'), label: '▲' }),
    ]),
    interactions: defaultInteractions({ dragPan: false, doubleClickZoom: false }).extend([
      panInteraction(),
      new KeyboardPan({ condition: ({ originalEvent }) => originalEvent.target === target }),
      new KeyboardZoom({ condition: ({ originalEvent }) => originalEvent.target === target }),
    ]),
    maxTilesLoading: 32,
    moveTolerance: 3,
  });
}

export function createDeskMap(target: HTMLElement, workspace: Workspace): DeskMap {
  const { store } = workspace;
  const map = createMap(target);
  const rois = createRoiLayer(workspace, () => roisInUse(workspace));
  const scenes = createSceneLayers(map, workspace);
  map.addLayer(rois.layer);

  const zoomTo = (extent: readonly number[], info?: SceneInfo): void => {
    const projection = map.getView().getProjection();
    const from = info === undefined ? projection : sceneProjection(info);
    map.getView().fit(transformExtent([...extent], from, projection), {
      padding: [24, 24, 24, 24],
      maxZoom: undefined as never,
    });
  };
  const ground = createGround(map, workspace);
  const opened = new Set<string>();
  const giveStyles = firstStyles(workspace);
  const showLayers = (): void => {
    const drawn = drawnLayers(store.get().document.layers);
    for (const { row } of drawn) {
      if (row.kind !== 'scene' || row.uri === undefined || store.get().scenes.has(row.uri))
        continue;
      if (opened.has(row.uri)) continue;
      opened.add(row.uri);
      workspace.openScene(row.uri).catch(workspace.report);
    }
    giveStyles(drawn);
    const bare = viewStore.get().bare;
    const scenesOnly = drawn.map((layer) => ({
      ...layer,
      visible: layer.visible && !(bare && layer.row.style?.mode === 'classes'),
    }));
    const raised = comparison.raise(scenesOnly);
    scenes.show(raised);
    comparison.clip(scenes);
    const roiRow = drawn.find(({ row }) => row.kind === 'rois');
    const uppermost = Math.max(...raised.map(({ depth }) => depth));
    // ROIs stay above what is compared.
    rois.layer.setZIndex(raised === scenesOnly ? (roiRow?.depth ?? drawn.length) : uppermost + 1);
    rois.show((roiRow?.visible ?? true) && !bare);
    rois.layer.setOpacity(roiRow?.opacity ?? 1);
    const shown = ground.follow(drawn);
    if (shown !== undefined) zoomTo(shown.bounds, shown);
  };
  const comparison = createComparison(map, workspace, () => showLayers());
  const updateExtent = (): void => {
    const [width, height] = map.getSize() ?? [0, 0];
    if (width === 0 || height === 0) return;
    const view = map.getView();
    viewStore.set({
      extent: view.calculateExtent([width!, height!]) as [number, number, number, number],
      resolution: groundResolution(view),
      size: [width!, height!],
    });
  };
  map.on('moveend', updateExtent);
  // For whoever waits for the picture: tests, and screen readers through the busy state of the map.
  const tiles = (state: 'loading' | 'done') => (): void => {
    target.dataset['tiles'] = state;
    target.ariaBusy = String(state === 'loading');
  };
  map.on('loadstart', tiles('loading'));
  map.on('loadend', tiles('done'));
  const unwatch = [
    watch(store, ({ document }) => document.layers, showLayers),
    watch(store, (state) => state.scenes, showLayers),
    watch(
      store,
      () => roisInUse(workspace),
      (rois) => keepSelected(workspace, rois),
    ),
    watch(viewStore, (state) => state.bare, showLayers),
    watch(
      store,
      (state) => state.tool,
      (tool) => map.set('tool', tool),
    ),
    followCursor(map, workspace),
  ];
  return {
    map,
    rois,
    scenes,
    zoomTo,
    zoomToNative: (info) => map.getView().setResolution(info.tiles.resolutions.at(-1)),
    showPoint: createPointMark(map),
    ...placesOf(map, rois),
    dispose: () => {
      for (const end of unwatch) end();
      comparison.dispose();
      ground.dispose();
      scenes.dispose();
      rois.dispose();
      map.setTarget(undefined);
      map.dispose();
    },
  };
}
