import { formatColor } from '../../app/raster/palette.ts';
import type { Geometry, Position } from '../../app/vector/geometry.ts';
import { closedRing } from '../../app/vector/geoPackageGeometry.ts';
import type { RoiSet } from '../../app/vector/roi.ts';

/**
 * ROIs as comma-separated values (RFC 4180, UTF-8): geometry as well-known text in `WKT`, the column that GDAL and QGIS
 * look for. A CSV names no CRS: `crs` repeats it in every row.
 */
export function csvOf({ rois, classes, crs }: RoiSet): string {
  const byValue = new Map(classes.map((landClass) => [landClass.value, landClass]));
  const rows = rois.map(({ id, geometry, classValue }) => {
    const { name, color, macroclass } = byValue.get(classValue)!;
    return [wktOf(geometry), id, name, classValue, formatColor(color), macroclass ?? '', crs ?? ''];
  });
  const header = ['WKT', 'id', 'class', 'value', 'color', 'macroclass', 'crs'];
  return [header, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

function quoted(value: string | number): string {
  const text = String(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Well-known text with all digits of its numbers. */
function wktOf(geometry: Geometry): string {
  const list = (positions: readonly Position[]): string =>
    `(${positions.map(([x, y]) => `${x} ${y}`).join(',')})`;
  if (geometry.kind === 'points')
    return geometry.points.length === 1
      ? `POINT ${list(geometry.points)}`
      : `MULTIPOINT (${geometry.points.map((point) => list([point])).join(',')})`;
  const polygons = geometry.polygons.map(
    ({ outer, holes }) =>
      `(${[outer, ...holes].map((ring, index) => list(closedRing(ring, index === 0))).join(',')})`,
  );
  return polygons.length === 1 ? `POLYGON ${polygons[0]}` : `MULTIPOLYGON (${polygons.join(',')})`;
}
