import { AppError } from '../../app/error.ts';
import type { Geometry, Polygon, Position } from '../../app/vector/geometry.ts';
import type { Budget } from './limits.ts';
import { cleanPolygon, geometryOf, type Skipped } from './rings.ts';

/** What reading a geometry needs around it. */
export type WkbContext = {
  readonly budget: Budget;
  readonly skipped: Skipped;
  /** Makes the error for bytes that are not well-known binary. */
  readonly damaged: (what: string) => Error;
};

/**
 * A geometry in well-known binary: ISO (Z, M, ZM as type + 1000, 2000, 3000) or extended (flags in the high bits, SRID).
 * Polygons, points, their multi forms and collections; other kinds are counted as skipped. Z and M are dropped.
 */
export function readWkb(bytes: Uint8Array, context: WkbContext): Geometry | undefined {
  const parts = { polygons: [] as Polygon[], points: [] as Position[] };
  new WkbReader(bytes, context).geometry(parts, 0);
  return geometryOf(parts.polygons, parts.points, context.skipped);
}

/**
 * A geometry of a GeoPackage: its header, then well-known binary. Undefined where it is empty.
 */
export function readGeoPackageGeometry(
  bytes: Uint8Array,
  context: WkbContext,
): Geometry | undefined {
  if (bytes.length < 8 || bytes[0] !== 0x47 || bytes[1] !== 0x50)
    throw context.damaged('a geometry does not begin with the GeoPackage header');
  const flags = bytes[3]!;
  const envelope = [0, 32, 48, 48, 64][(flags >> 1) & 7];
  if (envelope === undefined || (flags & 0x20) !== 0)
    throw context.damaged('a geometry has an unknown kind of GeoPackage header');
  if ((flags & 0x10) !== 0) {
    context.skipped.add('objects without geometry');
    return undefined;
  }
  return readWkb(bytes.subarray(8 + envelope), context);
}

type Parts = { readonly polygons: Polygon[]; readonly points: Position[] };

const POINT = 1;
const POLYGON = 3;
const COLLECTION = 7;

class WkbReader {
  readonly #view: DataView;
  readonly #context: WkbContext;
  #offset = 0;
  #little = true;

  constructor(bytes: Uint8Array, context: WkbContext) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#context = context;
  }

  geometry(parts: Parts, depth: number): void {
    if (depth > 8) throw this.#context.damaged('geometry collections are nested too deeply');
    const { kind, dimensions } = this.#header();
    if (kind === POINT) {
      const [point] = this.#positions(1, dimensions);
      // An empty point is written as two NaN.
      if (!Number.isNaN(point![0])) parts.points.push(point!);
    } else if (kind === POLYGON) {
      const polygon = this.#polygon(dimensions);
      if (polygon !== undefined) parts.polygons.push(polygon);
    } else if (kind >= 4 && kind <= COLLECTION) {
      const count = this.#count(5);
      for (let i = 0; i < count; i++) this.geometry(parts, depth + 1);
    } else if (kind === 2) {
      this.#positions(this.#count(8 * dimensions), dimensions);
      this.#context.skipped.add('lines (only polygons and points can be ROIs)');
    } else if (kind >= 8 && kind <= 17)
      throw new AppError(
        'unsupported',
        'The layer holds curved or three-dimensional surfaces. Export it with plain polygons.',
        { wkbKind: kind },
      );
    else throw this.#context.damaged(`a geometry is of the unknown kind ${kind}`);
  }

  #header(): { kind: number; dimensions: number } {
    this.#need(5);
    const order = this.#view.getUint8(this.#offset);
    if (order > 1) throw this.#context.damaged('a geometry has an unknown byte order');
    this.#little = order === 1;
    const type = this.#view.getUint32(this.#offset + 1, this.#little);
    this.#offset += 5;
    if ((type & 0x20000000) !== 0) this.#count(0);
    const low = type & 0x1fffffff;
    const iso = Math.floor(low / 1000);
    if (iso > 3) throw this.#context.damaged(`a geometry is of the unknown kind ${low}`);
    const z = (type & 0x80000000) !== 0 || iso === 1 || iso === 3;
    const m = (type & 0x40000000) !== 0 || iso === 2 || iso === 3;
    return { kind: low % 1000, dimensions: 2 + Number(z) + Number(m) };
  }

  #polygon(dimensions: number): Polygon | undefined {
    const rings = this.#count(4);
    const positions: Position[][] = [];
    for (let i = 0; i < rings; i++)
      positions.push(this.#positions(this.#count(8 * dimensions), dimensions));
    return cleanPolygon(positions, this.#context.skipped);
  }

  #positions(count: number, dimensions: number): Position[] {
    this.#need(count * dimensions * 8);
    this.#context.budget.vertices(count);
    const positions: Position[] = [];
    for (let i = 0; i < count; i++) {
      const x = this.#view.getFloat64(this.#offset, this.#little);
      const y = this.#view.getFloat64(this.#offset + 8, this.#little);
      positions.push([x, y]);
      this.#offset += dimensions * 8;
    }
    return positions;
  }

  /** A count of parts that need at least `bytesEach` bytes each: one that cannot fit is refused before it is believed. */
  #count(bytesEach: number): number {
    this.#need(4);
    const count = this.#view.getUint32(this.#offset, this.#little);
    this.#offset += 4;
    this.#need(count * bytesEach);
    return count;
  }

  #need(bytes: number): void {
    if (this.#offset + bytes > this.#view.byteLength)
      throw this.#context.damaged('a geometry ends too soon');
  }
}
