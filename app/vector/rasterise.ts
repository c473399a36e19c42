import type { Window } from '../raster/grid.ts';
import {
  type Bounds,
  boundsOf,
  type Geometry,
  type Polygon,
  type Position,
  type Ring,
  twiceSignedArea,
} from './geometry.ts';

/** Receives one run of pixels of a row: columns `from` to `to`, `to` excluded, in pixels of the scene. */
export type EmitRun = (row: number, from: number, to: number) => void;

/**
 * The edges of one polygon in pixel coordinates, four numbers an edge (x and y of its upper end, x and y of its lower
 * end; y grows downwards), sorted by upper y. Horizontal edges are left out: no scanline needs them to tell inside from
 * outside. `ledges` are the horizontal edges exactly on a scanline whose pixels GDAL adds: row, first column, end column.
 */
export type EdgeTable = {
  readonly edges: Float64Array;
  readonly ledges: readonly (readonly [row: number, from: number, to: number])[];
  readonly bounds: Bounds;
};

/**
 * The edge table of a polygon with its holes. Coordinates in pixels of the scene, (0, 0) the corner of the first.
 * `northUp` (the usual case): y of the CRS grows upwards in the picture. It decides on edges through pixel centres only.
 */
export function edgeTable(polygon: Polygon, northUp = true): EdgeTable {
  const list: [number, number, number, number][] = [];
  const ledges: [number, number, number][] = [];
  for (const ring of [polygon.outer, ...polygon.holes]) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [x1, y1] = ring[j]!;
      const [x2, y2] = ring[i]!;
      if (y1 < y2) list.push([x1, y1, x2, y2]);
      else if (y2 < y1) list.push([x2, y2, x1, y1]);
      else if (Number.isInteger(y1 - 0.5)) {
        const leftwards = isClockwise(ring, northUp) ? x1 > x2 : x2 > x1;
        const [from, to] = [Math.floor(Math.min(x1, x2) + 0.5), Math.floor(Math.max(x1, x2) + 0.5)];
        if (leftwards && from < to) ledges.push([y1 - 0.5, from, to]);
      }
    }
  }
  list.sort((a, b) => a[1] - b[1]);
  ledges.sort((a, b) => a[0] - b[0]);
  const bounds = boundsOf({ kind: 'polygons', polygons: [polygon] });
  return { edges: Float64Array.from(list.flat()), ledges, bounds };
}

/** Direction of a ring in the CRS, told at its lowest vertex (of several the rightmost), as GDAL tells it. */
function isClockwise(ring: Ring, northUp: boolean): boolean {
  const sign = northUp ? -1 : 1;
  let lowest = 0;
  ring.forEach(([x, y], i) => {
    const [lowX, lowY] = ring[lowest]!;
    if (sign * y < sign * lowY || (y === lowY && x > lowX)) lowest = i;
  });
  const [x0, y0] = ring[lowest]!;
  const neighbour = (step: number): Position => {
    for (let i = 1; i < ring.length; i++) {
      const [x, y] = ring[(lowest + ring.length + step * i) % ring.length]!;
      if (x !== x0 || y !== y0) return [x - x0, sign * (y - y0)];
    }
    return [0, 0];
  };
  const [[ax, ay], [bx, by]] = [neighbour(-1), neighbour(1)];
  const cross = bx * ay - ax * by;
  return cross === 0 ? sign * twiceSignedArea(ring) < 0 : cross < 0;
}

/**
 * Emits the pixels of a window whose centres a polygon contains, by GDAL's rule (`all_touched` off): on the scanline
 * through the centres of a row, crossings with edges that begin at or above it and end below it, rounded to column
 * borders, filled in pairs (even-odd, so self-intersections and holes need no special care), and the ledges.
 */
export function fillPolygon(table: EdgeTable, window: Window, emit: EmitRun): void {
  const { edges, bounds, ledges } = table;
  const first = Math.max(window.y, Math.floor(bounds.minY));
  const end = Math.min(window.y + window.height, Math.ceil(bounds.maxY) + 1);
  const right = window.x + window.width;
  if (!(first < end) || !(bounds.minX < right) || !(bounds.maxX > window.x)) return;
  const emitClipped: EmitRun = (row, from, to) => {
    const [left, stop] = [Math.max(window.x, from), Math.min(right, to)];
    if (left < stop) emit(row, left, stop);
  };
  for (const [row, from, to] of ledges) if (row >= first && row < end) emitClipped(row, from, to);
  const active: number[] = [];
  const crossings: number[] = [];
  let next = 0;
  for (let row = first; row < end; row++) {
    const y = row + 0.5;
    for (; next < edges.length && edges[next + 1]! <= y; next += 4)
      if (edges[next + 3]! > y) active.push(next);
    if (active.length === 0 && next === edges.length) return;
    crossScanline(edges, active, y, crossings);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      emitClipped(row, Math.floor(crossings[i]! + 0.5), Math.floor(crossings[i + 1]! + 0.5));
    }
  }
}

/** Drops edges that have ended from `active` and leaves the sorted crossings of the others with y in `crossings`. */
function crossScanline(
  edges: Float64Array,
  active: number[],
  y: number,
  crossings: number[],
): void {
  let kept = 0;
  crossings.length = 0;
  for (const edge of active) {
    const [x1, y1] = [edges[edge]!, edges[edge + 1]!];
    const [x2, y2] = [edges[edge + 2]!, edges[edge + 3]!];
    if (y2 <= y) continue;
    active[kept++] = edge;
    crossings.push(((y - y1) * (x2 - x1)) / (y2 - y1) + x1);
  }
  active.length = kept;
  crossings.sort((a, b) => a - b);
}

/** A shape ready to be filled, window by window, as often as needed. */
export type PreparedShape = {
  readonly tables: readonly EdgeTable[];
  readonly points: readonly Position[];
  readonly bounds: Bounds;
};

/**
 * Prepares a geometry in pixel coordinates. Parts of a multipart are united, each part is even-odd in itself. `northUp`
 * as for `edgeTable`.
 */
export function prepareShape(geometry: Geometry, northUp = true): PreparedShape {
  const bounds = boundsOf(geometry);
  if (geometry.kind === 'points') return { tables: [], points: geometry.points, bounds };
  return {
    tables: geometry.polygons.map((polygon) => edgeTable(polygon, northUp)),
    points: [],
    bounds,
  };
}

/** Emits the pixels of a shape inside a window. Overlapping parts emit a pixel more than once. */
export function fillShape(shape: PreparedShape, window: Window, emit: EmitRun): void {
  for (const table of shape.tables) fillPolygon(table, window, emit);
  for (const [x, y] of shape.points) {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const inside =
      column >= window.x &&
      column < window.x + window.width &&
      row >= window.y &&
      row < window.y + window.height;
    if (inside) emit(row, column, column + 1);
  }
}

/** Shapes burnt into one window. */
export type BurntWindow = {
  /** Class value of each pixel, row by row; 0 where no shape covers its centre. */
  readonly values: Uint8Array;
  /** Index of the shape that set it, -1 where none. */
  readonly shapes: Int32Array;
};

/** Burns shapes (pixel coordinates) into a window in order: later ones cover earlier ones, as GDAL does. */
export function rasterise(
  shapes: readonly { readonly shape: PreparedShape; readonly value: number }[],
  window: Window,
): BurntWindow {
  const values = new Uint8Array(window.width * window.height);
  const indices = new Int32Array(values.length).fill(-1);
  shapes.forEach(({ shape, value }, index) => {
    fillShape(shape, window, (row, from, to) => {
      const start = (row - window.y) * window.width - window.x;
      values.fill(value, start + from, start + to);
      indices.fill(index, start + from, start + to);
    });
  });
  return { values, shapes: indices };
}
