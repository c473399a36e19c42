import {
  type Bounds,
  type Geometry,
  type Polygon,
  type Position,
  type Ring,
  twiceSignedArea,
} from './geometry.ts';

/** A geometry as a GeoPackage stores it: header with bounds, then well-known binary (multi types, little endian). */
export function geoPackageBytes(geometry: Geometry, srsId: number, bounds: Bounds): Uint8Array {
  const bytes = new ByteWriter(40 + wkbSize(geometry));
  bytes.uint8(0x47, 0x50, 0, 0b0000_0011);
  bytes.int32(srsId);
  bytes.float64(bounds.minX, bounds.maxX, bounds.minY, bounds.maxY);
  writeWkb(bytes, geometry);
  return bytes.bytes;
}

function wkbSize(geometry: Geometry): number {
  if (geometry.kind === 'points') return 9 + geometry.points.length * 21;
  let size = 9;
  for (const { outer, holes } of geometry.polygons) {
    size += 9;
    for (const ring of [outer, ...holes]) size += 4 + 16 * (ring.length + 1);
  }
  return size;
}

function writeWkb(bytes: ByteWriter, geometry: Geometry): void {
  if (geometry.kind === 'points') {
    bytes.uint8(1);
    bytes.uint32(4, geometry.points.length);
    for (const [x, y] of geometry.points) {
      bytes.uint8(1);
      bytes.uint32(1);
      bytes.float64(x, y);
    }
    return;
  }
  bytes.uint8(1);
  bytes.uint32(6, geometry.polygons.length);
  for (const { outer, holes } of geometry.polygons) {
    bytes.uint8(1);
    bytes.uint32(3, 1 + holes.length);
    [outer, ...holes].forEach((ring, index) => {
      const closed = closedRing(ring, index === 0);
      bytes.uint32(closed.length);
      for (const [x, y] of closed) bytes.float64(x, y);
    });
  }
}

/** A ring with its first position repeated at the end; outer rings counter-clockwise, holes clockwise (RFC 7946, 3.1.6). */
export function closedRing(ring: Ring, outer: boolean): Position[] {
  const counterClockwise = twiceSignedArea(ring) > 0;
  const directed = counterClockwise === outer ? [...ring] : ring.toReversed();
  return [...directed, directed[0]!];
}

/**
 * A geometry as it was written, position by position: no cleaning, no limits. For files that Prismap itself keeps; what
 * comes from elsewhere is read by main/vector/wkb.ts. Undefined for anything but polygons and points in two dimensions.
 */
export function geoPackageGeometry(bytes: Uint8Array): Geometry | undefined {
  try {
    return new GeometryReader(bytes).geometry();
  } catch (error) {
    if (error instanceof RangeError) return undefined; // ends too soon
    throw error;
  }
}

const [POINT, POLYGON, MULTI_POINT, MULTI_POLYGON] = [1, 3, 4, 6];

class GeometryReader {
  readonly #view: DataView;
  #offset = 0;
  #little = true;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  geometry(): Geometry | undefined {
    const flags = this.#view.getUint8(3);
    const envelope = [0, 32, 48, 48, 64][(flags >> 1) & 7];
    if (this.#view.getUint16(0) !== 0x4750 || envelope === undefined) return undefined;
    this.#offset = 8 + envelope;
    const kind = this.#header();
    if (kind === POINT) return { kind: 'points', points: [this.#position()] };
    if (kind === POLYGON) return { kind: 'polygons', polygons: [this.#polygon()] };
    if (kind === MULTI_POINT) return this.#points();
    return kind === MULTI_POLYGON ? this.#polygons() : undefined;
  }

  #points(): Geometry | undefined {
    const points: Position[] = [];
    for (let left = this.#uint32(); left > 0; left--) {
      if (this.#header() !== POINT) return undefined;
      points.push(this.#position());
    }
    return { kind: 'points', points };
  }

  #polygons(): Geometry | undefined {
    const polygons: Polygon[] = [];
    for (let left = this.#uint32(); left > 0; left--) {
      if (this.#header() !== POLYGON) return undefined;
      polygons.push(this.#polygon());
    }
    return { kind: 'polygons', polygons };
  }

  #polygon(): Polygon {
    const rings: Ring[] = [];
    for (let left = this.#uint32(); left > 0; left--) {
      const ring: Position[] = [];
      for (let positions = this.#uint32(); positions > 0; positions--) ring.push(this.#position());
      rings.push(ring.slice(0, -1));
    }
    return { outer: rings[0] ?? [], holes: rings.slice(1) };
  }

  #header(): number {
    this.#little = this.#view.getUint8(this.#offset++) === 1;
    return this.#uint32();
  }

  #uint32(): number {
    this.#offset += 4;
    return this.#view.getUint32(this.#offset - 4, this.#little);
  }

  #position(): Position {
    this.#offset += 16;
    return [
      this.#view.getFloat64(this.#offset - 16, this.#little),
      this.#view.getFloat64(this.#offset - 8, this.#little),
    ];
  }
}

class ByteWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  uint8(...values: number[]): void {
    for (const value of values) this.#view.setUint8(this.#offset++, value);
  }

  int32(value: number): void {
    this.#view.setInt32(this.#offset, value, true);
    this.#offset += 4;
  }

  uint32(...values: number[]): void {
    for (const value of values) {
      this.#view.setUint32(this.#offset, value, true);
      this.#offset += 4;
    }
  }

  float64(...values: number[]): void {
    for (const value of values) {
      this.#view.setFloat64(this.#offset, value, true);
      this.#offset += 8;
    }
  }
}
