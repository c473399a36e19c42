const none = -1;

/** Vertices of lines, each linked to its neighbours on its line. */
export type LinkedVertices = {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly lineOf: Int32Array;
  /** −1 at the ends of a line. */
  readonly next: Int32Array;
  readonly previous: Int32Array;
};

/** Side of the squares in which vertices are looked up. */
const cell = 8;

/** Takes corners out of linked lines, the smallest triangle with its neighbours first. */
export class CornerRemoval {
  readonly #vertices: LinkedVertices;
  readonly #closed: readonly boolean[];
  /** Vertices between the ends of each line. */
  readonly #inner: Int32Array;
  readonly #firsts: readonly number[];
  readonly #lasts: Int32Array;
  readonly #gone: Uint8Array;
  readonly #areas: Float64Array;
  readonly #columns: number;
  readonly #heads: Int32Array;
  readonly #chain: Int32Array;
  /** Ends of lines that are straight by now: a second one between the same ends would lie on the first. */
  readonly #straight = new Set<string>();

  constructor(vertices: LinkedVertices, firsts: readonly number[], closed: readonly boolean[]) {
    const { xs, ys, lineOf } = vertices;
    const count = xs.length;
    this.#vertices = vertices;
    this.#firsts = firsts;
    this.#closed = closed;
    this.#gone = new Uint8Array(count);
    this.#areas = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    this.#inner = new Int32Array(firsts.length).fill(-2);
    this.#lasts = new Int32Array(firsts.length);
    this.#columns = Math.floor(greatest(xs) / cell) + 1;
    this.#heads = new Int32Array(this.#columns * (Math.floor(greatest(ys) / cell) + 1)).fill(none);
    this.#chain = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      this.#inner[lineOf[i]!]! += 1;
      this.#lasts[lineOf[i]!] = i;
      const at = Math.floor(ys[i]! / cell) * this.#columns + Math.floor(xs[i]! / cell);
      this.#chain[i] = this.#heads[at]!;
      this.#heads[at] = i;
    }
    for (let line = 0; line < firsts.length; line++)
      if (this.#inner[line] === 0) this.#straight.add(this.#endsOf(line));
  }

  /** Until no triangle is smaller than `limit` or may go: one that holds or touches another corner stays. */
  run(limit: number): void {
    const queue = new AreaQueue();
    const offer = (vertex: number, least: number): void => {
      const { previous, next } = this.#vertices;
      if (previous[vertex] === none || next[vertex] === none) return;
      const area = Math.max(least, this.#triangle(vertex));
      this.#areas[vertex] = area;
      if (area < limit) queue.push(area, vertex);
    };
    for (let vertex = 0; vertex < this.#gone.length; vertex++) offer(vertex, 0);
    for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
      const { area, vertex } = entry;
      if (this.#gone[vertex] === 1 || this.#areas[vertex] !== area || !this.#mayGo(vertex))
        continue;
      const { previous, next } = this.#vertices;
      const [before, after] = [previous[vertex]!, next[vertex]!];
      this.#remove(vertex);
      offer(before, area);
      offer(after, area);
    }
  }

  #remove(vertex: number): void {
    const { previous, next, lineOf } = this.#vertices;
    const line = lineOf[vertex]!;
    next[previous[vertex]!] = next[vertex]!;
    previous[next[vertex]!] = previous[vertex]!;
    this.#gone[vertex] = 1;
    this.#inner[line]! -= 1;
    if (this.#inner[line] === 0) this.#straight.add(this.#endsOf(line));
  }

  #mayGo(vertex: number): boolean {
    const line = this.#vertices.lineOf[vertex]!;
    if (this.#closed[line] === true && this.#inner[line]! <= 2) return false;
    if (this.#inner[line] === 1 && this.#straight.has(this.#endsOf(line))) return false;
    return this.#isEmpty(vertex);
  }

  #endsOf(line: number): string {
    const { xs, ys } = this.#vertices;
    const ends = [this.#firsts[line]!, this.#lasts[line]!].map((end) => `${xs[end]} ${ys[end]}`);
    return ends.sort().join(' ');
  }

  /** Area of the triangle with the neighbours. */
  #triangle(vertex: number): number {
    const { previous, next } = this.#vertices;
    return Math.abs(this.#cross(previous[vertex]!, vertex, next[vertex]!)) / 2;
  }

  #cross(a: number, b: number, c: number): number {
    const { xs, ys } = this.#vertices;
    return (xs[b]! - xs[a]!) * (ys[c]! - ys[a]!) - (ys[b]! - ys[a]!) * (xs[c]! - xs[a]!);
  }

  /** Whether no other corner lies in or on the triangle with the neighbours. */
  #isEmpty(vertex: number): boolean {
    const { xs, ys, previous, next } = this.#vertices;
    const corners = [previous[vertex]!, vertex, next[vertex]!] as const;
    const range = (values: Float64Array): readonly [number, number] => {
      const of = corners.map((corner) => values[corner]!);
      return [Math.floor(Math.min(...of) / cell), Math.floor(Math.max(...of) / cell)];
    };
    const [left, right] = range(xs);
    const [top, bottom] = range(ys);
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++)
        if (this.#meets(corners, row * this.#columns + column)) return false;
    return true;
  }

  #meets(corners: readonly [number, number, number], place: number): boolean {
    const { xs, ys } = this.#vertices;
    for (let other = this.#heads[place]!; other !== none; other = this.#chain[other]!) {
      if (this.#gone[other] === 1) continue;
      if (corners.some((corner) => xs[corner] === xs[other] && ys[corner] === ys[other])) continue;
      if (this.#holds(corners, other)) return true;
    }
    return false;
  }

  #holds([a, b, c]: readonly [number, number, number], point: number): boolean {
    const turns = [this.#cross(a, b, point), this.#cross(b, c, point), this.#cross(c, a, point)];
    return turns.every((value) => value >= 0) || turns.every((value) => value <= 0);
  }
}

function greatest(values: Float64Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** A binary heap of vertices, the smallest area first; of equal ones the lowest number. */
class AreaQueue {
  readonly #areas: number[] = [];
  readonly #vertices: number[] = [];

  push(area: number, vertex: number): void {
    let at = this.#areas.length;
    this.#areas.push(area);
    this.#vertices.push(vertex);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): { readonly area: number; readonly vertex: number } | undefined {
    const end = this.#areas.length - 1;
    if (end < 0) return undefined;
    this.#swap(0, end);
    const [area, vertex] = [this.#areas.pop()!, this.#vertices.pop()!];
    for (let at = 0, child = 1; child < end; child = 2 * at + 1) {
      if (child + 1 < end && this.#before(child + 1, child)) child += 1;
      if (!this.#before(child, at)) break;
      this.#swap(child, at);
      at = child;
    }
    return { area, vertex };
  }

  #before(a: number, b: number): boolean {
    const difference = this.#areas[a]! - this.#areas[b]!;
    return difference < 0 || (difference === 0 && this.#vertices[a]! < this.#vertices[b]!);
  }

  #swap(a: number, b: number): void {
    [this.#areas[a], this.#areas[b]] = [this.#areas[b]!, this.#areas[a]!];
    [this.#vertices[a], this.#vertices[b]] = [this.#vertices[b]!, this.#vertices[a]!];
  }
}
