import { defaults as defaultControls, OverviewMap, Rotate, ScaleLine } from 'ol/control.js';
import { getCenter } from 'ol/extent.js';
import {
  DragPan,
  defaults as defaultInteractions,
  KeyboardPan,
  KeyboardZoom,
} from 'ol/interaction.js';
import OpenLayersMap from 'ol/Map.js';
import { transformExtent } from 'ol/proj.js';
import View from 'ol/View.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { drawnLayers } from '../state/layerOrder.ts';
import { watch } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import type { Workspace } from '../state/workspace.ts';
import { offlineBasemap } from './basemap.ts';
import { compareLayer } from './compare.ts';
import { followCursor } from './cursor.ts';
import { projectionOf, sceneProjection } from './projections.ts';
import { createRoiLayer, type RoiLayer } from './roiLayer.ts';
import { createSceneLayers, type SceneLayers } from './sceneLayers.ts';

/** The map of the desk. What it shows follows the workspace; panels ask it only to move. */
export type DeskMap = {
  readonly map: OpenLayersMap;
  readonly rois: RoiLayer;
  readonly scenes: SceneLayers;
  zoomTo(extent: readonly number[], info?: SceneInfo): void;
  /** One pixel of the scene on one of the screen. */
  zoomToNative(info: SceneInfo): void;
  dispose(): void;
};

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
      new Rotate({ autoHide: false, tipLabel: 'North up', label: '▲' }),
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

/** The view of a project: in the CRS of its first scene, limited to no more than the scene needs. */
function createView(info: SceneInfo | undefined): View {
  if (info === undefined) return new View({ center: [0, 0], zoom: 2 });
  const projection = sceneProjection(info);
  const native = info.tiles.resolutions.at(-1)!;
  return new View({
    projection,
    center: getCenter([...info.bounds]),
    minResolution: native / 32,
    maxResolution: Math.max(...info.tiles.resolutions) * 4096,
    constrainResolution: false,
    showFullExtent: true,
    resolution: native,
    smoothResolutionConstraint: false,
  });
}

export function createDeskMap(target: HTMLElement, workspace: Workspace): DeskMap {
  const { store } = workspace;
  const map = createMap(target);
  const rois = createRoiLayer(workspace);
  const scenes = createSceneLayers(map, workspace);
  map.addLayer(rois.layer);
  let basemap: ReturnType<typeof offlineBasemap> | undefined;
  let overview: OverviewMap | undefined;
  let viewOf: string | undefined;

  const zoomTo = (extent: readonly number[], info?: SceneInfo): void => {
    const projection = map.getView().getProjection();
    const from = info === undefined ? projection : sceneProjection(info);
    map.getView().fit(transformExtent([...extent], from, projection), {
      padding: [24, 24, 24, 24],
      maxZoom: undefined as never,
    });
  };
  /** The first scene decides the CRS of the view; it stays until another project is opened. */
  const followScene = (): void => {
    const { document, scenes: known, project } = store.get();
    const drawn = drawnLayers(document.layers).filter(({ row }) => row.kind === 'scene');
    const crs = document.settings.get('crs') as string | undefined;
    const infos = drawn
      .map(({ row }) => known.get(row.uri ?? ''))
      .filter((entry) => entry?.state === 'open')
      .map(({ info }) => info);
    const info = infos.find((one) => one.crs === crs) ?? infos[0];
    const key = `${project?.folder}|${info?.crs}|${info?.geotransform === undefined ? info?.scene : ''}`;
    if (info === undefined || key === viewOf) return;
    viewOf = key;
    map.setView(createView(info));
    projectionOf(info.crs, info.proj4);
    replaceBasemap(info);
    zoomTo(info.bounds, info);
  };
  const replaceBasemap = (info: SceneInfo): void => {
    if (basemap !== undefined) map.removeLayer(basemap);
    if (overview !== undefined) map.removeControl(overview);
    basemap = offlineBasemap(sceneProjection(info));
    basemap.setZIndex(-1);
    map.addLayer(basemap);
    overview = new OverviewMap({
      collapsed: false,
      tipLabel: 'Overview',
      layers: [offlineBasemap(sceneProjection(info))],
      view: new View({
        projection: sceneProjection(info),
        center: getCenter([...info.bounds]),
        resolution: (info.bounds[2] - info.bounds[0]) / 12,
      }),
    });
    map.addControl(overview);
  };
  const opened = new Set<string>();
  const showLayers = (): void => {
    const drawn = drawnLayers(store.get().document.layers);
    for (const { row } of drawn) {
      if (row.kind !== 'scene' || row.uri === undefined || store.get().scenes.has(row.uri))
        continue;
      if (opened.has(row.uri)) continue;
      opened.add(row.uri);
      workspace.openScene(row.uri).catch(workspace.report);
    }
    const bare = viewStore.get().bare;
    const scenesOnly = drawn.map((layer) => ({
      ...layer,
      visible: layer.visible && !(bare && layer.row.style?.mode === 'classes'),
    }));
    scenes.show(scenesOnly);
    const roiRow = drawn.find(({ row }) => row.kind === 'rois');
    rois.layer.setVisible((roiRow?.visible ?? true) && !bare);
    rois.layer.setOpacity(roiRow?.opacity ?? 1);
    const ground = drawn.find(({ row }) => row.kind === 'basemap');
    basemap?.setVisible(ground?.visible ?? true);
    followScene();
  };
  let endCompare: (() => void) | undefined;
  const followCompare = (): void => {
    endCompare?.();
    endCompare = undefined;
    const { compare, compareLayer: chosen } = viewStore.get();
    const id = chosen ?? store.get().selectedLayer;
    const layer = id === undefined ? undefined : scenes.layerOf(id);
    if ((compare === 'swipe' || compare === 'spyglass') && layer !== undefined)
      endCompare = compareLayer(map, layer);
  };
  const updateExtent = (): void => {
    const [width, height] = map.getSize() ?? [0, 0];
    if (width === 0 || height === 0) return;
    const view = map.getView();
    viewStore.set({
      extent: view.calculateExtent([width!, height!]) as [number, number, number, number],
      resolution: view.getResolution(),
      size: [width!, height!],
    });
  };
  map.on('moveend', updateExtent);
  const unwatch = [
    watch(store, ({ document }) => document.layers, showLayers),
    watch(store, (state) => state.scenes, showLayers),
    watch(store, ({ document }) => document.rois, rois.update),
    watch(store, ({ document }) => document.classes, rois.update),
    watch(store, (state) => state.selectedRois, rois.update),
    watch(store, (state) => state.selectedLayer, followCompare),
    watch(viewStore, (state) => state.compare, followCompare),
    watch(viewStore, (state) => state.compareLayer, followCompare),
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
    zoomToNative: (info) => map.getView().setResolution(info.tiles.resolutions.at(-1)!),
    dispose: () => {
      for (const end of unwatch) end();
      endCompare?.();
      scenes.dispose();
      map.setTarget(undefined);
      map.dispose();
    },
  };
}
