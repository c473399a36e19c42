import { OverviewMap } from 'ol/control.js';
import { getCenter } from 'ol/extent.js';
import type OpenLayersMap from 'ol/Map.js';
import View from 'ol/View.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { DrawnLayer } from '../state/layerOrder.ts';
import type { Workspace } from '../state/workspace.ts';
import { offlineBasemap } from './basemap.ts';
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

/** What lies under the scenes: the view in their CRS, the basemap, and the overview in the corner. */
export type Ground = {
  /** Gives the scene that decided the view where the view is a new one. */
  readonly follow: (drawn: readonly DrawnLayer[]) => SceneInfo | undefined;
};

export function createGround(map: OpenLayersMap, workspace: Workspace): Ground {
  const { store } = workspace;
  let basemap: ReturnType<typeof offlineBasemap> | undefined;
  let overview: OverviewMap | undefined;
  let overviewScenes: SceneLayers | undefined;
  let viewOf: string | undefined;

  /** The scene in the CRS of the project, else the lowest one. */
  const leading = (drawn: readonly DrawnLayer[]): SceneInfo | undefined => {
    const { document, scenes } = store.get();
    const infos = drawn
      .filter(({ row }) => row.kind === 'scene')
      .map(({ row }) => scenes.get(row.uri ?? ''))
      .filter((entry) => entry?.state === 'open')
      .map(({ info }) => info);
    return infos.find(({ crs }) => crs === document.settings.get('crs')) ?? infos[0];
  };
  const replace = (info: SceneInfo): void => {
    if (basemap !== undefined) map.removeLayer(basemap);
    if (overview !== undefined) map.removeControl(overview);
    overviewScenes?.dispose();
    basemap = offlineBasemap(sceneProjection(info));
    basemap.setZIndex(-1);
    map.addLayer(basemap);
    const [minX, minY, maxX, maxY] = info.bounds;
    overview = new OverviewMap({
      collapsed: false,
      tipLabel: 'Overview',
      layers: [offlineBasemap(sceneProjection(info))],
      view: new View({
        projection: sceneProjection(info),
        center: getCenter([...info.bounds]),
        resolution: Math.max((maxX - minX) / 110, (maxY - minY) / 80),
      }),
    });
    map.addControl(overview);
    overviewScenes = createSceneLayers(overview.getOverviewMap(), workspace);
  };
  return {
    follow: (drawn) => {
      const info = leading(drawn);
      const shown = drawn.find(({ row }) => row.kind === 'basemap');
      const key = `${store.get().project?.folder}|${info?.crs}|${info?.geotransform === undefined ? info?.scene : ''}`;
      const isNew = info !== undefined && key !== viewOf;
      if (isNew) {
        viewOf = key;
        map.setView(createView(info));
        replace(info);
      }
      basemap?.setVisible(shown?.visible ?? true);
      overviewScenes?.show(
        drawn.filter(({ row }) => info !== undefined && row.uri === info.uri).slice(0, 1),
      );
      return isNew ? info : undefined;
    },
  };
}
