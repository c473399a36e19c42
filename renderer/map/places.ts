import type OpenLayersMap from 'ol/Map.js';
import { type Projection, transform, transformExtent } from 'ol/proj.js';
import type { MapControls, MapPlace } from '../state/mapControls.ts';
import { isPixels, knownProjection, sceneProjection } from './projections.ts';
import type { RoiLayer } from './roiLayer.ts';

/** How far beside an ROI a click may be, pixels. */
const hitPixels = 6;

/** The ROI at a position of the map. */
export function roiAt(
  map: OpenLayersMap,
  rois: RoiLayer,
  position: readonly number[],
): string | undefined {
  return rois.at(position, hitPixels * (map.getView().getResolution() ?? 1))?.id;
}

/** Places of the map and of scenes, as panels and commands ask for them. */
export function placesOf(
  map: OpenLayersMap,
  rois: RoiLayer,
): Pick<MapControls, 'canReach' | 'transformFrom' | 'toScene' | 'placeAt' | 'viewInDegrees'> {
  const view = () => map.getView().getProjection();
  return {
    placeAt: (pixel) => placeAt(map, rois, pixel),
    viewInDegrees: () => viewInDegrees(map),
    canReach: (info) => isPixels(sceneProjection(info)) === isPixels(view()),
    toScene: (position, info) => between(view(), sceneProjection(info))(position),
    transformFrom: (crs) => {
      const from = knownProjection(crs);
      const reachable = from !== undefined && isPixels(from) === isPixels(view());
      return reachable ? between(from, view()) : undefined;
    },
  };
}

/** Sides of a large view are bent in degrees: so many points of each are taken. */
const pointsOfSide = 8;

function viewInDegrees(map: OpenLayersMap): ReturnType<MapControls['viewInDegrees']> {
  const view = map.getView();
  if (!view.isDef() || isPixels(view.getProjection())) return undefined;
  const extent = view.calculateExtent(map.getSize());
  const [west, south, east, north] = transformExtent(
    extent,
    view.getProjection(),
    'EPSG:4326',
    pointsOfSide,
  );
  const within = (degrees: number, most: number): number =>
    Math.min(most, Math.max(-most, degrees));
  return [within(west!, 180), within(south!, 90), within(east!, 180), within(north!, 90)];
}

const between =
  (from: Projection, to: Projection) =>
  (position: readonly [number, number]): [number, number] =>
    transform([...position], from, to) as [number, number];

/** @param pixel of the window; the crosshair in the middle of the map where absent */
function placeAt(
  map: OpenLayersMap,
  rois: RoiLayer,
  pixel?: readonly [x: number, y: number],
): MapPlace | undefined {
  const box = map.getTargetElement()?.getBoundingClientRect();
  const at =
    pixel === undefined || box === undefined
      ? map.getView().getCenter()
      : (map.getCoordinateFromPixel([pixel[0] - box.x, pixel[1] - box.y]) as number[] | null);
  if (at === undefined || at === null) return undefined;
  const position = [at[0]!, at[1]!] as const;
  const projection = map.getView().getProjection();
  const roi = roiAt(map, rois, position);
  return {
    position,
    ...(isPixels(projection)
      ? {}
      : { geographic: transform([...position], projection, 'EPSG:4326') as [number, number] }),
    ...(roi === undefined ? {} : { roi }),
  };
}
