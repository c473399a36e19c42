/** A position in some CRS: x (easting or longitude), y (northing or latitude). */
export type Position = readonly [x: number, y: number];

/** Closed ring; the first position is not repeated at the end. */
export type Ring = readonly Position[];

/** An outer ring and its holes. */
export type Polygon = { readonly outer: Ring; readonly holes: readonly Ring[] };

/** What an ROI covers: polygons (several = multipart) or single points. */
export type Geometry =
  | { readonly kind: 'polygons'; readonly polygons: readonly Polygon[] }
  | { readonly kind: 'points'; readonly points: readonly Position[] };

/** The smallest rectangle around something. Empty where minX > maxX. */
export type Bounds = {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
};

/** Every position of a geometry, ring by ring. */
export function* positionsOf(geometry: Geometry): Generator<Position> {
  if (geometry.kind === 'points') yield* geometry.points;
  else
    for (const polygon of geometry.polygons) {
      yield* polygon.outer;
      for (const hole of polygon.holes) yield* hole;
    }
}

/** Bounds of a geometry; NaN anywhere makes them NaN, so that nothing compares as inside. */
export function boundsOf(geometry: Geometry): Bounds {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of positionsOf(geometry)) {
    minX = Math.min(minX, x);
    minY = Math.min(minY, y);
    maxX = Math.max(maxX, x);
    maxY = Math.max(maxY, y);
  }
  return { minX, minY, maxX, maxY };
}

/** A geometry with every position mapped; holes and parts stay what they are. */
export function mapPositions(
  geometry: Geometry,
  map: (x: number, y: number) => Position,
): Geometry {
  const ring = (positions: Ring): Ring => positions.map(([x, y]) => map(x, y));
  if (geometry.kind === 'points') return { kind: 'points', points: ring(geometry.points) };
  const polygons = geometry.polygons.map(({ outer, holes }) => ({
    outer: ring(outer),
    holes: holes.map(ring),
  }));
  return { kind: 'polygons', polygons };
}

/** Twice the signed area of a ring: positive where it runs counter-clockwise with y up. */
export function twiceSignedArea(ring: Ring): number {
  let sum = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    sum += ring[j]![0] * ring[i]![1] - ring[i]![0] * ring[j]![1];
  }
  return sum;
}

/** Area of polygons in square units: outer rings less holes. 0 for points. */
export function areaOf(geometry: Geometry): number {
  if (geometry.kind === 'points') return 0;
  let sum = 0;
  for (const { outer, holes } of geometry.polygons) {
    sum += Math.abs(twiceSignedArea(outer));
    for (const hole of holes) sum -= Math.abs(twiceSignedArea(hole));
  }
  return sum / 2;
}
