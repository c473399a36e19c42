import Feature from 'ol/Feature.js';
import MultiPoint from 'ol/geom/MultiPoint.js';
import MultiPolygon from 'ol/geom/MultiPolygon.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import { Circle, Fill, Stroke, Style } from 'ol/style.js';
import type { ClassRow, RoiRow } from '../../app/project/rows.ts';
import type { Geometry, Ring } from '../../app/vector/geometry.ts';
import type { Workspace } from '../state/workspaceState.ts';

type OlGeometry = MultiPolygon | MultiPoint;

const closed = (ring: Ring): number[][] => [...ring, ring[0]!].map(([x, y]) => [x, y]);
const open = (ring: number[][]): Ring => ring.slice(0, -1).map(([x, y]) => [x!, y!] as const);

export function toOpenLayers(geometry: Geometry): OlGeometry {
  if (geometry.kind === 'points') return new MultiPoint(geometry.points.map(([x, y]) => [x, y]));
  return new MultiPolygon(
    geometry.polygons.map(({ outer, holes }) => [closed(outer), ...holes.map(closed)]),
  );
}

export function fromOpenLayers(geometry: OlGeometry): Geometry {
  if (geometry instanceof MultiPoint)
    return {
      kind: 'points',
      points: geometry.getCoordinates().map(([x, y]) => [x!, y!] as const),
    };
  const polygons = geometry
    .getCoordinates()
    .map(([outer, ...holes]) => ({ outer: open(outer!), holes: holes.map(open) }));
  return { kind: 'polygons', polygons };
}

const styles = new Map<string, Style[]>();

/** Translucent in the colour of the class; a selected ROI has a white border inside a dark one, so that it shows on any ground. */
function styleOf(row: ClassRow | undefined, selected: boolean): Style[] {
  const color = row?.color ?? [128, 128, 128];
  const key = `${color.join()}${selected}`;
  const known = styles.get(key);
  if (known !== undefined) return known;
  const fill = new Fill({ color: [...color, selected ? 0.45 : 0.25] });
  const stroke = new Stroke({ color: [...color, 1], width: 2 });
  const dark = new Stroke({ color: 'rgba(0,0,0,0.75)', width: selected ? 6 : 3.5 });
  const image = new Circle({ radius: 5, fill: new Fill({ color: [...color, 1] }), stroke: dark });
  const light = new Stroke({ color: '#ffffff', width: 3.5 });
  const made = [
    new Style({ stroke: dark, image }),
    ...(selected ? [new Style({ stroke: light })] : []),
    new Style({ fill, stroke }),
  ];
  styles.set(key, made);
  return made;
}

/** The ROIs of the project on the map; features carry the id of their row. */
export type RoiLayer = {
  readonly layer: VectorLayer<VectorSource<Feature<OlGeometry>>>;
  readonly source: VectorSource<Feature<OlGeometry>>;
  readonly update: () => void;
};

export function createRoiLayer({ store }: Workspace): RoiLayer {
  const source = new VectorSource<Feature<OlGeometry>>({ wrapX: false });
  const rowsShown = new Map<string, RoiRow>();
  const layer = new VectorLayer({
    source,
    zIndex: 1000,
    // Ten thousand ROIs are drawn from a picture while the map moves.
    updateWhileAnimating: false,
    updateWhileInteracting: false,
    style: (item) => {
      const { document, selectedRois } = store.get();
      const row = document.rois.get(String(item.getId()));
      const landClass = row === undefined ? undefined : document.classes.get(row.classId);
      if (landClass?.visible === false) return [];
      return styleOf(landClass, selectedRois.has(String(item.getId())));
    },
  });
  layer.set('prismap', 'rois');
  const put = (row: RoiRow): void => {
    const known = source.getFeatureById(row.id);
    if (known !== null) known.setGeometry(toOpenLayers(row.geometry));
    else {
      const feature = new Feature(toOpenLayers(row.geometry));
      feature.setId(row.id);
      source.addFeature(feature);
    }
    rowsShown.set(row.id, row);
  };
  return {
    layer,
    source,
    update: () => {
      const { rois } = store.get().document;
      for (const id of [...rowsShown.keys()]) {
        if (rois.has(id)) continue;
        const gone = source.getFeatureById(id);
        if (gone !== null) source.removeFeature(gone);
        rowsShown.delete(id);
      }
      for (const row of rois.values()) if (rowsShown.get(row.id) !== row) put(row);
      layer.changed();
    },
  };
}
