import {
  type Bounds,
  boundsOf,
  type Geometry,
  type Position,
  type Ring,
} from '../../app/vector/geometry.ts';

const knownBounds = new WeakMap<Geometry, Bounds>();

/** Bounds of a geometry, worked out once: with ten thousand ROIs every stroke asks for those of all. */
export function quickBounds(geometry: Geometry): Bounds {
  const known = knownBounds.get(geometry);
  if (known !== undefined) return known;
  const bounds = boundsOf(geometry);
  knownBounds.set(geometry, bounds);
  return bounds;
}

/** Whether the bounds of two geometries meet. */
export function boundsMeet(a: Geometry, b: Geometry): boolean {
  const [p, q] = [quickBounds(a), quickBounds(b)];
  return p.minX <= q.maxX && q.minX <= p.maxX && p.minY <= q.maxY && q.minY <= p.maxY;
}

/**
 * Groups of geometries whose bounds hang together: those of different groups have nothing in common, so that nothing has to be
 * clipped between them. Clipping a thousand ROIs at once takes half a second, a thousand groups of one nothing.
 */
export function groupsApart(geometries: readonly Geometry[]): readonly (readonly Geometry[])[] {
  const parent = geometries.map((_, i) => i);
  const rootOf = (i: number): number => {
    let at = i;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  const order = geometries
    .map((_, i) => i)
    .sort((a, b) => quickBounds(geometries[a]!).minX - quickBounds(geometries[b]!).minX);
  // From left to right; open are those that reach as far as the one at hand.
  let open: number[] = [];
  for (const i of order) {
    const { minX } = quickBounds(geometries[i]!);
    open = open.filter((other) => quickBounds(geometries[other]!).maxX >= minX);
    for (const other of open)
      if (boundsMeet(geometries[i]!, geometries[other]!)) parent[rootOf(i)] = rootOf(other);
    open.push(i);
  }
  const groups = Map.groupBy(geometries.keys(), rootOf);
  return [...groups.values()].map((members) => members.map((i) => geometries[i]!));
}

/** The ring of a geometry that is one polygon without holes; undefined for any other. */
export function ringOf(geometry: Geometry): Ring | undefined {
  if (geometry.kind === 'points' || geometry.polygons.length !== 1) return undefined;
  const { outer, holes } = geometry.polygons[0]!;
  return holes.length === 0 ? outer : undefined;
}

/** Whether a ring of these bounds lies wholly within polygons and touches none of their rings. */
export function liesWithin(ring: Ring, bounds: Bounds, geometry: Geometry): boolean {
  if (geometry.kind === 'points' || !holds(geometry, ring[0]!)) return false;
  return geometry.polygons.every(({ outer, holes }) =>
    [outer, ...holes].every((border) => !touchesRing(ring, bounds, border)),
  );
}

/** Whether polygons hold a position, by the even-odd rule. */
export function holds(geometry: Geometry, [x, y]: Position): boolean {
  if (geometry.kind === 'points') return false;
  let inside = false;
  for (const { outer, holes } of geometry.polygons)
    for (const ring of [outer, ...holes])
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [a, b] = [ring[i]!, ring[j]!];
        if (a[1] > y === b[1] > y) continue;
        if (x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
      }
  return inside;
}

function touchesRing(ring: Ring, bounds: Bounds, border: Ring): boolean {
  for (let i = 0, j = border.length - 1; i < border.length; j = i++) {
    const [a, b] = [border[j]!, border[i]!];
    if (Math.max(a[0], b[0]) < bounds.minX || Math.min(a[0], b[0]) > bounds.maxX) continue;
    if (Math.max(a[1], b[1]) < bounds.minY || Math.min(a[1], b[1]) > bounds.maxY) continue;
    for (let k = 0, l = ring.length - 1; k < ring.length; l = k++)
      if (meet(a, b, ring[l]!, ring[k]!)) return true;
  }
  return false;
}

/** Greater than 0 where `p` lies left of the line from `a` to `b`. */
export const side = (a: Position, b: Position, p: Position): number =>
  (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);

/** Whether the segments a–b and c–d cross or touch; also where they only might, lying on one line. */
const meet = (a: Position, b: Position, c: Position, d: Position): boolean =>
  side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
