import MultiPoint from 'ol/geom/MultiPoint.js';
import MultiPolygon from 'ol/geom/MultiPolygon.js';
import type { Geometry, Ring } from '../../app/vector/geometry.ts';

/** An ROI as OpenLayers holds it. */
export type OlGeometry = MultiPolygon | MultiPoint;

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
