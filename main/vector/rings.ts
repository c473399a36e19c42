import type { Geometry, Polygon, Position, Ring } from '../../app/vector/geometry.ts';

/** Counts objects left out while reading, by reason in plain words. */
export class Skipped {
  readonly counts = new Map<string, number>();

  add(reason: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }
}

/**
 * A ring as Prismap keeps it: without repeated neighbours and without the closing position; undefined where fewer than
 * three distinct positions or a coordinate that is no finite number makes it cover nothing.
 */
export function cleanRing(positions: readonly Position[], skipped: Skipped): Ring | undefined {
  const ring: Position[] = [];
  for (const position of positions) {
    if (!Number.isFinite(position[0]) || !Number.isFinite(position[1])) {
      skipped.add('rings with a coordinate that is not a finite number');
      return undefined;
    }
    const last = ring.at(-1);
    if (last?.[0] !== position[0] || last[1] !== position[1]) ring.push(position);
  }
  while (ring.length > 1 && ring[0]![0] === ring.at(-1)![0] && ring[0]![1] === ring.at(-1)![1])
    ring.pop();
  if (ring.length >= 3) return ring;
  skipped.add('rings with fewer than three positions');
  return undefined;
}

/** A polygon of raw rings, outer first; undefined where its outer ring covers nothing. */
export function cleanPolygon(
  rings: readonly (readonly Position[])[],
  skipped: Skipped,
): Polygon | undefined {
  if (rings.length === 0) return undefined;
  const outer = cleanRing(rings[0]!, skipped);
  if (outer === undefined) return undefined;
  const holes = rings
    .slice(1)
    .map((ring) => cleanRing(ring, skipped))
    .filter((ring) => ring !== undefined);
  return { outer, holes };
}

/** Parts gathered from one object: polygons or points, never both (points beside polygons are left out). */
export function geometryOf(
  polygons: readonly Polygon[],
  points: readonly Position[],
  skipped: Skipped,
): Geometry | undefined {
  const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  if (finite.length < points.length) skipped.add('points without finite coordinates');
  if (polygons.length > 0) {
    if (finite.length > 0) skipped.add('points that belong to an object with polygons');
    return { kind: 'polygons', polygons };
  }
  return finite.length > 0 ? { kind: 'points', points: finite } : undefined;
}
