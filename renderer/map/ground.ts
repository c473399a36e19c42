import { OverviewMap } from 'ol/control.js';
import { getCenter } from 'ol/extent.js';
import type OpenLayersMap from 'ol/Map.js';
import View from 'ol/View.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { DrawnLayer } from '../state/layerOrder.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { offlineBasemap } from './basemap.ts';
import { createBasemapLayers } from './basemapLayers.ts';
import { sceneProjection } from './projections.ts';
import { createSceneLayers, type SceneLayers } from './sceneLayers.ts';

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

const isScene = ({ row }: DrawnLayer): boolean => row.kind === 'scene';

/** The place of the scene in its surroundings, in the corner. */
function createOverview(info: SceneInfo): OverviewMap {
  const [minX, minY, maxX, maxY] = info.bounds;
  const projection = sceneProjection(info);
  return new OverviewMap({
    collapsed: false,
    tipLabel: t('Overview'),
    layers: [offlineBasemap(projection, Promise.resolve())],
    view: new View({
      projection,
      center: getCenter([...info.bounds]),
      resolution: Math.max((maxX - minX) / 110, (maxY - minY) / 80),
    }),
  });
}

const patienceMs = 3000;

/** Resolves when the map shows what it was given and that was painted, or after a while: then that is slow. */
function firstPicture(map: OpenLayersMap): Promise<unknown> {
  return new Promise((resolve) => {
    // A task of its own after the frame: what begins in the frame holds back its picture.
    map.once('loadend', () => requestAnimationFrame(() => setTimeout(resolve)));
    setTimeout(resolve, patienceMs);
  });
}

/** What lies under the scenes: the view in their CRS, the basemap, and the overview in the corner. */
export type Ground = {
  /** Gives the scene that decided the view where the view is a new one. */
  readonly follow: (drawn: readonly DrawnLayer[]) => SceneInfo | undefined;
  readonly dispose: () => void;
};

export function createGround(map: OpenLayersMap, workspace: Workspace): Ground {
  const { store } = workspace;
  const online = createBasemapLayers(map, workspace);
  let offline: ReturnType<typeof offlineBasemap> | undefined;
  let overview: OverviewMap | undefined;
  let overviewScenes: SceneLayers | undefined;
  let viewOf: string | undefined;
  let shown: readonly DrawnLayer[] = [];

  /** The scene in the CRS of the project, else the lowest one. */
  const leading = (drawn: readonly DrawnLayer[]): SceneInfo | undefined => {
    const { document, scenes } = store.get();
    const infos = drawn
      .filter(isScene)
      .map(({ row }) => scenes.get(row.uri ?? ''))
      .filter((entry) => entry?.state === 'open')
      .map(({ info }) => info);
    return infos.find(({ crs }) => crs === document.settings.get('crs')) ?? infos[0];
  };
  const replace = (info: SceneInfo | undefined): void => {
    if (offline !== undefined) map.removeLayer(offline);
    if (overview !== undefined) map.removeControl(overview);
    overviewScenes?.dispose();
    [overview, overviewScenes] = [undefined, undefined];
    const drawn = firstPicture(map);
    const layer = offlineBasemap(map.getView().getProjection(), drawn);
    layer.setZIndex(-1);
    map.addLayer(layer);
    offline = layer;
    if (info === undefined) return;
    void drawn.then(() => {
      if (offline !== layer) return;
      overview = createOverview(info);
      map.addControl(overview);
      overviewScenes = createSceneLayers(overview.getOverviewMap(), workspace);
      showInOverview();
    });
  };
  const showInOverview = (): void => {
    const info = leading(shown);
    const ofScene = shown.filter(({ row }) => info !== undefined && row.uri === info.uri);
    overviewScenes?.show(ofScene.slice(0, 1));
  };
  const isOffline = ({ row }: DrawnLayer): boolean =>
    row.kind === 'basemap' && (row.uri ?? 'offline') === 'offline';
  /** Says which view there has to be: that of a scene, or the world where only a basemap is there; undefined where none. */
  const viewNeeded = (drawn: readonly DrawnLayer[], info: SceneInfo | undefined) => {
    if (info === undefined)
      return drawn.some(({ row }) => row.kind === 'basemap') && !drawn.some(isScene)
        ? 'world'
        : undefined;
    return `${store.get().project?.folder}|${info.crs}|${info.geotransform === undefined ? info.scene : ''}`;
  };
  return {
    follow: (drawn) => {
      shown = drawn;
      const info = leading(drawn);
      const key = viewNeeded(drawn, info);
      const isNew = key !== undefined && key !== viewOf;
      if (isNew) {
        viewOf = key;
        map.setView(createView(info));
        replace(info);
      }
      offline?.setVisible(drawn.find(isOffline)?.visible ?? true);
      online.show(drawn);
      showInOverview();
      return isNew ? info : undefined;
    },
    dispose: () => {
      offline = undefined;
      online.dispose();
      overviewScenes?.dispose();
    },
  };
}
