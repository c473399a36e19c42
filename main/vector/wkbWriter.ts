import type { Bounds, Geometry, Position, Ring } from '../../app/vector/geometry.ts';
import { twiceSignedArea } from '../../app/vector/geometry.ts';

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
