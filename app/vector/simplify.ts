import { AppError } from '../error.ts';
import { CornerRemoval } from './cornerRemoval.ts';
import type { Position, Ring } from './geometry.ts';
import type { MeetingPoints } from './meetingPoints.ts';
import type { Patch } from './polygonise.ts';

/** Vertices of all outlines that are simplified together. */
const mostVertices = 10_000_000;

/** A ring as lines between meeting points: number of the line, and whether it runs the other way. */
type Course = readonly { readonly line: number; readonly backwards: boolean }[];

/**
 * Patches of one map with simpler outlines (Visvalingam and Whyatt 1993: the corner that spans the smallest triangle with its
 * neighbours goes first, as long as that is smaller than `tolerance`² square pixels). Every line between two patches is
 * simplified once, for both, and a corner stays where its triangle holds or touches another corner: borders stay shared, and
 * nothing crosses, overlaps or falls apart. Meeting points stay.
 *
 * @param tolerance in pixels; 1 takes the steps off staircases, 2 and more makes smooth lines
 * @throws AppError `too-large`
 */
export function simplifyPatches(
  patches: readonly Patch[],
  meeting: MeetingPoints,
  tolerance: number,
): readonly Patch[] {
  const lines = new Lines(meeting);
  const courses = patches.map(({ polygon }) => ({
    outer: lines.courseOf(polygon.outer),
    holes: polygon.holes.map((hole) => lines.courseOf(hole)),
  }));
  lines.simplify(tolerance ** 2);
  return patches.map((patch, index) => ({
    ...patch,
    polygon: {
      outer: lines.ringOf(courses[index]!.outer),
      holes: courses[index]!.holes.map((hole) => lines.ringOf(hole)),
    },
  }));
}

const none = -1;

/** Lines between meeting points, each once, as linked vertices. */
class Lines {
  readonly #meeting: MeetingPoints;
  /** By first vertex and first step. */
  readonly #known = new Map<string, number>();
  readonly #firsts: number[] = [];
  readonly #closed: boolean[] = [];
  readonly #xs: number[] = [];
  readonly #ys: number[] = [];
  readonly #lineOf: number[] = [];
  #next = new Int32Array(0);
  #previous = new Int32Array(0);

  constructor(meeting: MeetingPoints) {
    this.#meeting = meeting;
  }

  courseOf(ring: Ring): Course {
    const vertices = this.#withMeetingPoints(ring);
    const start = vertices.findIndex(([x, y]) => this.#meeting.has(x, y));
    const turned = turn(vertices, start < 0 ? leastOf(vertices) : start);
    const ends = turned.flatMap(([x, y], i) => (this.#meeting.has(x, y) ? [i] : []));
    if (ends.length === 0) return [this.#lineAlong([...turned, turned[0]!])];
    return ends.map((from, i) => {
      const to = ends[i + 1] ?? turned.length;
      return this.#lineAlong([...turned.slice(from, to), turned[to % turned.length]!]);
    });
  }

  simplify(limit: number): void {
    this.#next = new Int32Array(this.#xs.length).fill(none);
    this.#previous = new Int32Array(this.#xs.length).fill(none);
    for (let i = 1; i < this.#xs.length; i++) {
      if (this.#lineOf[i] !== this.#lineOf[i - 1]) continue;
      this.#next[i - 1] = i;
      this.#previous[i] = i - 1;
    }
    new CornerRemoval(
      {
        xs: Float64Array.from(this.#xs),
        ys: Float64Array.from(this.#ys),
        lineOf: Int32Array.from(this.#lineOf),
        next: this.#next,
        previous: this.#previous,
      },
      this.#firsts,
      this.#closed,
    ).run(limit);
  }

  ringOf(course: Course): Ring {
    return course.flatMap(({ line, backwards }) => {
      const positions: Position[] = [];
      for (let at = this.#firsts[line]!; at !== none; at = this.#next[at]!)
        positions.push([this.#xs[at]!, this.#ys[at]!]);
      if (backwards) positions.reverse();
      // the last one begins the next line
      return positions.slice(0, -1);
    });
  }

  /** A ring of corners, with the meeting points that lie on its straight parts. */
  #withMeetingPoints(ring: Ring): Position[] {
    return ring.flatMap(([x, y], i) => {
      const [toX, toY] = ring[(i + 1) % ring.length]!;
      const [dx, dy] = [Math.sign(toX - x), Math.sign(toY - y)];
      const found: Position[] = [[x, y]];
      for (let [atX, atY] = [x + dx, y + dy]; atX !== toX || atY !== toY; atX += dx, atY += dy)
        if (this.#meeting.has(atX, atY)) found.push([atX, atY]);
      return found;
    });
  }

  /** The line along some vertices, first and last included, known from the other side or new. */
  #lineAlong(vertices: readonly Position[]): Course[number] {
    const reversed = vertices.toReversed();
    const backwards = compare(reversed, vertices) < 0;
    const along = backwards ? reversed : vertices;
    const [first, second] = along;
    const step = [Math.sign(second![0] - first![0]), Math.sign(second![1] - first![1])];
    const key = [...first!, ...step].join(' ');
    let line = this.#known.get(key);
    if (line === undefined) {
      line = this.#firsts.length;
      this.#known.set(key, line);
      this.#add(along, line);
    }
    return { line, backwards };
  }

  #add(vertices: readonly Position[], line: number): void {
    const [first, last] = [vertices[0]!, vertices.at(-1)!];
    this.#firsts.push(this.#xs.length);
    this.#closed.push(first[0] === last[0] && first[1] === last[1]);
    for (const [x, y] of vertices) {
      this.#xs.push(x);
      this.#ys.push(y);
      this.#lineOf.push(line);
    }
    if (this.#xs.length > mostVertices)
      throw new AppError(
        'too-large',
        `The outlines of the map have more than ${mostVertices.toLocaleString('en')} corners, too many to be simplified together. Sieve small patches away, or export without simplification.`,
      );
  }
}

const turn = (ring: readonly Position[], start: number): readonly Position[] => [
  ...ring.slice(start),
  ...ring.slice(0, start),
];

function leastOf(ring: readonly Position[]): number {
  let least = 0;
  ring.forEach((position, i) => {
    if (comparePositions(position, ring[least]!) < 0) least = i;
  });
  return least;
}

const comparePositions = (a: Position, b: Position): number => a[0] - b[0] || a[1] - b[1];

/** Order of a line and its reverse: by the first position that differs. */
function compare(a: readonly Position[], b: readonly Position[]): number {
  for (let i = 0; i < a.length; i++) {
    const order = comparePositions(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return 0;
}
