import {
  boundsOf,
  type Polygon,
  type Position,
  type Ring,
  twiceSignedArea,
} from '../../app/vector/geometry.ts';

/**
 * Polygons of outer rings and the holes that lie in them. A hole goes to the smallest outer ring around it; one that lies
 * in none becomes a polygon of its own (files with all rings in one direction).
 */
export function holesWithin(outers: readonly Ring[], inners: readonly Ring[]): Polygon[] {
  if (inners.length === 0) return outers.map((outer) => ({ outer, holes: [] }));
  const candidates = outers
    .map((outer) => ({
      outer,
      holes: [] as Ring[],
      size: Math.abs(twiceSignedArea(outer)),
      bounds: boundsOf({ kind: 'points', points: outer }),
    }))
    .sort((a, b) => a.size - b.size);
  const alone: Polygon[] = [];
  for (const hole of inners) {
    const box = boundsOf({ kind: 'points', points: hole });
    const owner = candidates.find(
      ({ outer, bounds }) =>
        bounds.minX <= box.minX &&
        bounds.maxX >= box.maxX &&
        bounds.minY <= box.minY &&
        bounds.maxY >= box.maxY &&
        hole.some((position) => contains(outer, position)),
    );
    if (owner === undefined) alone.push({ outer: hole, holes: [] });
    else owner.holes.push(hole);
  }
  return [...candidates.map(({ outer, holes }) => ({ outer, holes })), ...alone];
}

/** Whether a ring contains a position (even-odd). */
export function contains(ring: Ring, [x, y]: Position): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [x1, y1] = ring[j]!;
    const [x2, y2] = ring[i]!;
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}
