import type { Window } from '../raster/grid.ts';
import { type Polygon, type Position, type Ring, twiceSignedArea } from './geometry.ts';

/** A connected patch of one class. */
export type Patch = {
  readonly value: number;
  /** Number of pixels; equals the area of the polygon in square pixels. */
  readonly pixels: number;
  /** In pixel coordinates (corners at integers). */
  readonly polygon: Polygon;
};

export type Polygoniser = {
  /** Takes the next rows: `values` row by row, `window` as wide as the raster and directly below the last one. */
  add(values: ArrayLike<number>, window: Pick<Window, 'y' | 'height'>): Iterable<Patch>;
  /** The patches still open at the bottom. */
  finish(): Iterable<Patch>;
};

/**
 * Turns a class raster into polygons as rows come in: patches of equal value joined by their sides (not corners), with
 * holes. 0 is no class and makes no polygon. A patch is given as soon as the last row it touches is past, so memory follows
 * the outlines of the patches that are still open.
 */
export function createPolygoniser(
  width: number,
  options: { readonly fewestPixels?: number } = {},
): Polygoniser {
  const fewest = options.fewestPixels ?? 1;
  const patches = new OpenPatches(width);
  const keep = function* (closed: readonly Outline[]): Generator<Patch> {
    for (const outline of closed) if (outline.pixels >= fewest) yield toPatch(outline);
  };
  return {
    *add(values, { y, height }) {
      for (let row = 0; row < height; row++) yield* keep(patches.row(values, row * width, y + row));
    },
    *finish() {
      yield* keep(patches.end());
    },
  };
}

/**
 * Outline of an open patch: directed pixel sides with the patch on their right (y down), as x, y of start and of end.
 * Horizontal sides are joined to runs as they are found.
 */
type Outline = {
  value: number;
  pixels: number;
  edges: number[];
  /** Runs of the current row that belong to it: 0 = closed after this row. */
  lastRow: number;
};

/** A run of equal pixels of one row. */
type Run = { readonly from: number; readonly to: number; outline: Outline };

class OpenPatches {
  readonly #width: number;
  #above: Run[] = [];
  #row = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** Takes one row; gives the outlines that it closes. */
  row(values: ArrayLike<number>, offset: number, y: number): Outline[] {
    this.#row = y;
    const runs = this.#runs(values, offset);
    this.#join(runs);
    this.#border(this.#above, runs, y);
    for (const { from, to, outline } of runs) {
      outline.pixels += to - from;
      outline.lastRow = y;
      outline.edges.push(from, y + 1, from, y, to, y, to, y + 1);
    }
    const closed = distinct(this.#above).filter((outline) => outline.lastRow < y);
    this.#above = runs;
    return closed;
  }

  end(): Outline[] {
    this.#border(this.#above, [], this.#row + 1);
    const closed = distinct(this.#above);
    this.#above = [];
    return closed;
  }

  #runs(values: ArrayLike<number>, offset: number): Run[] {
    const runs: Run[] = [];
    for (let from = 0, to = 0; from < this.#width; from = to) {
      const value = values[offset + from]!;
      for (to = from + 1; to < this.#width && values[offset + to] === value; ) to++;
      if (value !== 0)
        runs.push({ from, to, outline: { value, pixels: 0, edges: [], lastRow: this.#row } });
    }
    return runs;
  }

  /** Gives runs the outline of a run of the same value above them; merges outlines that meet here. */
  #join(runs: Run[]): void {
    const merged = new Map<Outline, Outline>();
    const final = (outline: Outline): Outline => {
      let result = outline;
      for (let next = merged.get(result); next !== undefined; next = merged.get(result))
        result = next;
      return result;
    };
    let at = 0;
    for (const run of runs) {
      let known: Outline | undefined;
      while (at > 0 && this.#above[at - 1]!.to > run.from) at--;
      for (; at < this.#above.length && this.#above[at]!.from < run.to; at++) {
        const above = this.#above[at]!;
        if (above.to <= run.from || above.outline.value !== run.outline.value) continue;
        const outline = final(above.outline);
        if (known === undefined) known = outline;
        else if (known !== outline) {
          const [large, small] =
            known.edges.length >= outline.edges.length ? [known, outline] : [outline, known];
          for (const edge of small.edges) large.edges.push(edge);
          large.pixels += small.pixels;
          merged.set(small, large);
          known = large;
        }
      }
      if (known !== undefined) run.outline = known;
    }
    for (const run of runs) run.outline = final(run.outline);
    for (const run of this.#above) run.outline = final(run.outline);
  }

  /** Adds the horizontal sides between two rows: below `above` where it ends, above `runs` where it begins. */
  #border(above: readonly Run[], runs: readonly Run[], y: number): void {
    for (const run of above)
      for (const [from, to] of uncovered(run, runs)) run.outline.edges.push(to, y, from, y);
    for (const run of runs)
      for (const [from, to] of uncovered(run, above)) run.outline.edges.push(from, y, to, y);
  }
}

/** The parts of a run that no run of the same value in the other row touches. */
function* uncovered(run: Run, others: readonly Run[]): Generator<readonly [number, number]> {
  let from = run.from;
  for (let i = firstEndingAfter(others, run.from); i < others.length; i++) {
    const other = others[i]!;
    if (other.from >= run.to) break;
    if (other.outline.value !== run.outline.value) continue;
    if (other.from > from) yield [from, other.from];
    from = Math.max(from, other.to);
  }
  if (from < run.to) yield [from, run.to];
}

/** Index of the first run that ends after a column; runs are in order and apart. */
function firstEndingAfter(runs: readonly Run[], column: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.to > column) high = middle;
    else low = middle + 1;
  }
  return low;
}

const distinct = (runs: readonly Run[]): Outline[] => [
  ...new Set(runs.map(({ outline }) => outline)),
];

/** Links the sides of a closed outline to rings: the outer one runs clockwise on the screen, holes the other way. */
function toPatch({ value, pixels, edges }: Outline): Patch {
  const starts = new Map<string, number[]>();
  for (let edge = 0; edge < edges.length; edge += 4) {
    const key = `${edges[edge]} ${edges[edge + 1]}`;
    const list = starts.get(key);
    if (list === undefined) starts.set(key, [edge]);
    else list.push(edge);
  }
  let outer: Ring = [];
  const holes: Ring[] = [];
  const used = new Uint8Array(edges.length / 4);
  for (let edge = 0; edge < edges.length; edge += 4) {
    if (used[edge / 4] === 1) continue;
    const ring = traceRing(edges, starts, used, edge);
    if (twiceSignedArea(ring) > 0) outer = ring;
    else holes.push(ring);
  }
  return { value, pixels, polygon: { outer, holes } };
}

/**
 * Follows sides from one to the next until the ring closes, keeping corners only. Where two rings meet in a corner it
 * turns left, so that a hole touching the outside stays a ring of its own and no ring touches itself.
 */
function traceRing(
  edges: readonly number[],
  starts: ReadonlyMap<string, readonly number[]>,
  used: Uint8Array,
  first: number,
): Ring {
  const ring: Position[] = [];
  let edge = first;
  let [dx, dy] = direction(edges, edge);
  do {
    used[edge / 4] = 1;
    const [x, y] = [edges[edge + 2]!, edges[edge + 3]!];
    const following = starts.get(`${x} ${y}`)!.filter((next) => used[next / 4] === 0);
    const next =
      following.find((candidate) => {
        const [nx, ny] = direction(edges, candidate);
        return nx === dy && ny === -dx;
      }) ?? following[0];
    const [nx, ny] = direction(edges, next ?? first);
    if (nx !== dx || ny !== dy) ring.push([x, y]);
    [dx, dy] = [nx, ny];
    edge = next ?? first;
  } while (used[edge / 4] === 0);
  return ring;
}

function direction(edges: readonly number[], edge: number): readonly [number, number] {
  return [
    Math.sign(edges[edge + 2]! - edges[edge]!),
    Math.sign(edges[edge + 3]! - edges[edge + 1]!),
  ];
}
