import { boundingExtent, getCenter } from 'ol/extent.js';
import Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import { fromExtent } from 'ol/geom/Polygon.js';
import VectorLayer from 'ol/layer/Vector.js';
import type OpenLayersMap from 'ol/Map.js';
import VectorSource from 'ol/source/Vector.js';
import { Circle, Stroke, Style } from 'ol/style.js';
import type { MarkedPoint } from '../state/mapControls.ts';
import { sceneProjection } from './projections.ts';

/** Pixels of the screen that one of the scene has at least, so that what lies in it can be told. */
const leastPixelSize = 8;

const dark = new Stroke({ color: 'rgba(0,0,0,0.8)', width: 4 });
const light = new Stroke({ color: '#ffffff', width: 2 });
const ring = (stroke: Stroke): Circle => new Circle({ radius: 22, stroke });

/** Shows a pixel of a scene: in the middle of the map, near enough, with a border and a ring around it. Undefined: shows none. */
export function createPointMark(map: OpenLayersMap): (point: MarkedPoint | undefined) => void {
  const source = new VectorSource();
  const style = [dark, light].map((stroke) => new Style({ stroke, image: ring(stroke) }));
  map.addLayer(new VectorLayer({ source, style, zIndex: 1200 }));
  return (point) => {
    source.clear();
    if (point === undefined) return;
    const { info, position } = point;
    const half = info.tiles.resolutions.at(-1)! / 2;
    const [x, y] = position;
    const pixel = fromExtent(
      boundingExtent([
        [x - half, y - half],
        [x + half, y + half],
      ]),
    );
    const view = map.getView();
    pixel.transform(sceneProjection(info), view.getProjection());
    const [minX, minY, maxX, maxY] = pixel.getExtent() as [number, number, number, number];
    const center = getCenter([minX, minY, maxX, maxY]);
    source.addFeatures([new Feature(pixel), new Feature(new Point(center))]);
    const near = (maxX - minX) / leastPixelSize;
    view.setCenter(center);
    if ((view.getResolution() ?? 0) > near) view.setResolution(near);
  };
}
