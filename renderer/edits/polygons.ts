import { difference, type Geom, union } from 'polyclip-ts';
import {
  boundsOf,
  type Geometry,
  type Polygon,
  type Position,
  type Ring,
} from '../../app/vector/geometry.ts';
import { boundsMeet, groupsApart, holds, liesWithin, quickBounds, ringOf, side } from './apart.ts';

type Multi = [number, number][][][];

const pairsOf = (ring: Ring): [number, number][] => ring.map(([x, y]) => [x, y]);

function toClip(geometry: Geometry): Multi {
  if (geometry.kind === 'points') return [];
  return geometry.polygons.map(({ outer, holes }) => [pairsOf(outer), ...holes.map(pairsOf)]);
}

/** Rings of polyclip repeat their first position; ours do not. Slivers of fewer than three positions are dropped. */
function fromClip(multi: Multi): Geometry | undefined {
  const cut = (ring: [number, number][]): Ring => ring.slice(0, -1);
  const polygons = multi
    .map(([outer, ...holes]): Polygon => ({ outer: cut(outer!), holes: holes.map(cut) }))
    .filter(({ outer }) => outer.length >= 3);
  return polygons.length === 0 ? undefined : { kind: 'polygons', polygons };
}

/** All of `parts` as one geometry; undefined where there is none. */
export function unionOf(parts: readonly Geometry[]): Geometry | undefined {
  const areas = parts.filter(({ kind }) => kind === 'polygons');
  const polygons = groupsApart(areas).flatMap((group) => {
    if (group.length === 1) return polygonsOf(group[0]);
    const [first, ...rest] = group.map(toClip);
    return polygonsOf(fromClip(union(first!, ...(rest as Geom[]))));
  });
  return polygons.length === 0 ? undefined : { kind: 'polygons', polygons };
}

/** `geometry` without `others`; undefined where nothing is left. */
export function without(geometry: Geometry, others: readonly Geometry[]): Geometry | undefined {
  const near = others.filter((other) => boundsMeet(geometry, other));
  if (near.length === 0) return geometry;
  // What lies inside by itself becomes a hole as it is; only what crosses the border has to be clipped.
  const holes: Ring[] = [];
  const crossing: Geometry[] = [];
  for (const group of groupsApart(near)) {
    const [first] = group;
    const ring = group.length === 1 ? ringOf(first!) : undefined;
    if (ring !== undefined && liesWithin(ring, quickBounds(first!), geometry)) holes.push(ring);
    else crossing.push(...group);
  }
  const rest =
    crossing.length === 0
      ? geometry
      : fromClip(difference(toClip(geometry), ...(crossing.map(toClip) as Geom[])));
  return rest === undefined ? undefined : withHoles(rest, holes);
}

const polygonsOf = (geometry: Geometry | undefined): readonly Polygon[] =>
  geometry?.kind === 'polygons' ? geometry.polygons : [];

/** A geometry with holes more, each in the polygon that it lies in. */
function withHoles(geometry: Geometry, holes: readonly Ring[]): Geometry {
  if (holes.length === 0) return geometry;
  const polygons = polygonsOf(geometry).map((polygon): Polygon => {
    const alone: Geometry = { kind: 'polygons', polygons: [polygon] };
    const own = holes.filter((hole) => holds(alone, hole[0]!));
    return { ...polygon, holes: [...polygon.holes, ...own] };
  });
  return { kind: 'polygons', polygons };
}

/** The two sides of a polygon along a line that crosses it; undefined where the line does not divide it. */
export function splitBy(
  geometry: Geometry,
  line: readonly Position[],
): readonly Geometry[] | undefined {
  if (line.length < 2) return undefined;
  const { minX, minY, maxX, maxY } = boundsOf(geometry);
  const reach = 4 * (maxX - minX + maxY - minY) + 4 * lengthOf(line);
  const start = beyond(line[1]!, line[0]!, reach);
  const end = beyond(line.at(-2)!, line.at(-1)!, reach);
  // What divides is the line itself, never what it is lengthened by to close the half plane.
  if (crossesRings(geometry, start, line[0]!) || crossesRings(geometry, line.at(-1)!, end))
    return undefined;
  // The half plane left of the line, closed far away.
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  const long = Math.hypot(dx, dy);
  const [nx, ny] = [(-dy / long) * reach, (dx / long) * reach];
  const outer: Ring = [
    start,
    ...line,
    end,
    [end[0] + nx, end[1] + ny],
    [start[0] + nx, start[1] + ny],
  ];
  const side: Geometry = { kind: 'polygons', polygons: [{ outer, holes: [] }] };
  const right = without(geometry, [side]);
  const left = right === undefined ? undefined : without(geometry, [right]);
  return left === undefined || right === undefined ? undefined : [left, right];
}

const lengthOf = (line: readonly Position[]): number =>
  line.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - line[i]![0], y - line[i]![1]), 0);

function beyond(from: Position, through: Position, distance: number): Position {
  const [dx, dy] = [through[0] - from[0], through[1] - from[1]];
  const length = Math.hypot(dx, dy) || 1;
  return [through[0] + (dx / length) * distance, through[1] + (dy / length) * distance];
}

function crossesRings(geometry: Geometry, a: Position, b: Position): boolean {
  if (geometry.kind === 'points') return false;
  return geometry.polygons.some(({ outer, holes }) =>
    [outer, ...holes].some((ring) =>
      ring.some((position, i) => crosses(a, b, ring.at(i - 1)!, position)),
    ),
  );
}

/** Whether the segments a–b and c–d cross. */
function crosses(a: Position, b: Position, c: Position, d: Position): boolean {
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

const corners = 24;

/** What a round brush of `radius` covers on its way from `a` to `b`. */
export function brushStroke(a: Position, b: Position, radius: number): Geometry {
  const heading = Math.atan2(b[1] - a[1], b[0] - a[0]);
  const half = corners / 2;
  const outer: Position[] = [];
  for (let i = 0; i <= half; i++)
    outer.push(onCircle(b, radius, heading - Math.PI / 2 + (Math.PI * i) / half));
  for (let i = 0; i <= half; i++)
    outer.push(onCircle(a, radius, heading + Math.PI / 2 + (Math.PI * i) / half));
  return { kind: 'polygons', polygons: [{ outer, holes: [] }] };
}

const onCircle = ([x, y]: Position, radius: number, angle: number): Position => [
  x + radius * Math.cos(angle),
  y + radius * Math.sin(angle),
];
