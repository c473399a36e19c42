import { AppError } from '../../app/error.ts';
import { formatColor } from '../../app/raster/palette.ts';
import { type Bounds, boundsOf, type Geometry, type Position } from '../../app/vector/geometry.ts';
import { closedRing } from '../../app/vector/geoPackageGeometry.ts';
import type { Roi, RoiSet } from '../../app/vector/roi.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { dbaseOf } from './dbaseWriter.ts';
import { spatialReference } from './geoPackageWriter.ts';

const [MULTI_POINT, POLYGON] = [8, 5];

/**
 * Writes a Shapefile (ESRI, July 1998) with `.shx`, `.dbf`, `.cpg` (UTF-8) and `.prj` beside it. One file holds one kind of
 * geometry: where there are polygons and points, the points go to `NAME_points.shp`. The `.shp` comes last, so that a set
 * that was interrupted has no new one.
 * @throws AppError `not-writable`, `disk-full`, `cancelled`, `unknown-crs`, `too-large`
 */
export async function writeShapefile(
  path: string,
  set: RoiSet,
  signal?: AbortSignal,
): Promise<void> {
  const points = set.rois.filter(({ geometry }) => geometry.kind === 'points');
  const polygons = set.rois.filter(({ geometry }) => geometry.kind === 'polygons');
  const base = path.replace(/\.shp$/i, '');
  if (polygons.length > 0 || points.length === 0)
    await writeOne(base, POLYGON, { ...set, rois: polygons }, signal);
  if (points.length > 0) {
    const name = polygons.length > 0 ? `${base}_points` : base;
    await writeOne(name, MULTI_POINT, { ...set, rois: points }, signal);
  }
}

async function writeOne(
  base: string,
  type: number,
  set: RoiSet,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { definition } = spatialReference(set.crs);
  const { shp, shx } = shapesOf(type, set.rois, base);
  if (set.crs !== undefined && definition !== 'undefined')
    await writeFileAtomic(`${base}.prj`, definition, signal);
  await writeFileAtomic(`${base}.cpg`, 'UTF-8', signal);
  await writeFileAtomic(`${base}.dbf`, tableOf(set), signal);
  await writeFileAtomic(`${base}.shx`, shx, signal);
  await writeFileAtomic(`${base}.shp`, shp, signal);
}

function tableOf({ rois, classes }: RoiSet): Uint8Array {
  const byValue = new Map(classes.map((landClass) => [landClass.value, landClass]));
  return dbaseOf(
    [
      { name: 'class', size: 254 },
      { name: 'value', size: 4, numeric: true },
      { name: 'color', size: 7 },
      { name: 'macroclass', size: 254 },
    ],
    rois.map(({ classValue }) => {
      const { name, color, macroclass } = byValue.get(classValue)!;
      return [name, String(classValue), formatColor(color), macroclass ?? ''];
    }),
  );
}

/** The main file and its index. */
function shapesOf(
  type: number,
  rois: readonly Roi[],
  base: string,
): { readonly shp: Uint8Array; readonly shx: Uint8Array } {
  const records = rois.map(({ geometry }) => recordOf(type, geometry));
  const size = records.reduce((sum, record) => sum + 8 + record.length, 100);
  // lengths are counted in 16-bit words in a signed 32-bit number
  if (size > 2 ** 31)
    throw new AppError(
      'too-large',
      `The ROIs take ${size.toLocaleString('en')} bytes, more than a Shapefile can hold. Export them as GeoPackage.`,
      { path: `${base}.shp` },
    );
  const bounds = rois.map(({ geometry }) => boundsOf(geometry)).reduce(union, nowhere);
  const shp = Buffer.alloc(size);
  const shx = Buffer.alloc(100 + 8 * records.length);
  writeHeader(shp, type, bounds);
  writeHeader(shx, type, bounds);
  let offset = 100;
  for (const [index, record] of records.entries()) {
    shx.writeInt32BE(offset / 2, 100 + 8 * index);
    shx.writeInt32BE(record.length / 2, 104 + 8 * index);
    shp.writeInt32BE(index + 1, offset);
    shp.writeInt32BE(record.length / 2, offset + 4);
    record.copy(shp, offset + 8);
    offset += 8 + record.length;
  }
  return { shp, shx };
}

const nowhere: Bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };

const union = (a: Bounds, b: Bounds): Bounds => ({
  minX: Math.min(a.minX, b.minX),
  minY: Math.min(a.minY, b.minY),
  maxX: Math.max(a.maxX, b.maxX),
  maxY: Math.max(a.maxY, b.maxY),
});

function writeHeader(bytes: Buffer, type: number, bounds: Bounds): void {
  bytes.writeInt32BE(9994, 0);
  bytes.writeInt32BE(bytes.length / 2, 24);
  bytes.writeInt32LE(1000, 28);
  bytes.writeInt32LE(type, 32);
  if (bounds.minX <= bounds.maxX) writeBox(bytes, 36, bounds);
}

function writeBox(bytes: Buffer, at: number, { minX, minY, maxX, maxY }: Bounds): void {
  for (const [index, value] of [minX, minY, maxX, maxY].entries())
    bytes.writeDoubleLE(value, at + 8 * index);
}

/** Contents of a record: rings with outer ones clockwise, the reverse of every other format here. */
function recordOf(type: number, geometry: Geometry): Buffer {
  const parts: readonly (readonly Position[])[] =
    geometry.kind === 'points'
      ? [geometry.points]
      : geometry.polygons.flatMap(({ outer, holes }) =>
          [outer, ...holes].map((ring, index) => closedRing(ring, index !== 0)),
        );
  const starts = geometry.kind === 'points' ? 0 : 4 + 4 * parts.length;
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = Buffer.alloc(40 + starts + 16 * count);
  bytes.writeInt32LE(type, 0);
  writeBox(bytes, 4, boundsOf(geometry));
  let at = 36;
  if (geometry.kind === 'polygons') at = bytes.writeInt32LE(parts.length, at);
  at = bytes.writeInt32LE(count, at);
  if (geometry.kind === 'polygons') {
    let first = 0;
    for (const part of parts) {
      at = bytes.writeInt32LE(first, at);
      first += part.length;
    }
  }
  for (const [x, y] of parts.flat()) at = bytes.writeDoubleLE(y, bytes.writeDoubleLE(x, at));
  return bytes;
}
