import { extname } from 'node:path';
import { AppError } from '../../app/error.ts';
import { formatColor } from '../../app/raster/palette.ts';
import { type Geometry, mapPositions } from '../../app/vector/geometry.ts';
import { closedRing } from '../../app/vector/geoPackageGeometry.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { createTransform, normaliseCrs } from './crs.ts';
import { csvOf } from './csvWriter.ts';
import { createGeoPackage } from './geoPackageWriter.ts';
import { writeShapefile } from './shapefileWriter.ts';

/** Forms in which ROIs are written. */
export type RoiFormat = 'geojson' | 'gpkg' | 'shapefile' | 'csv';

/**
 * Writes ROIs with class, value, colour and macroclass as GeoJSON (`.geojson`, `.json`) or GeoPackage (`.gpkg`). The file
 * appears whole or not at all.
 * @throws AppError `usage` another extension, `not-writable`, `disk-full`, `cancelled`, `unknown-crs`
 */
export async function writeRois(path: string, set: RoiSet, signal?: AbortSignal): Promise<void> {
  const format = formats[extname(path).toLowerCase()];
  if (format === undefined)
    throw new AppError(
      'usage',
      `ROIs are written as .geojson or .gpkg; ${path} ends otherwise. Choose one of these.`,
      { path },
    );
  return writeRoisAs(format, path, set, signal);
}

const formats: Readonly<Record<string, RoiFormat>> = {
  '.gpkg': 'gpkg',
  '.geojson': 'geojson',
  '.json': 'geojson',
};

/** The same in a form that is named. @throws AppError `not-writable`, `disk-full`, `cancelled`, `unknown-crs` */
export async function writeRoisAs(
  format: RoiFormat,
  path: string,
  set: RoiSet,
  signal?: AbortSignal,
): Promise<void> {
  switch (format) {
    case 'gpkg':
      return writeGeoPackage(path, set, signal);
    case 'geojson':
      return writeFileAtomic(path, geoJsonOf(set), signal);
    case 'shapefile':
      return writeShapefile(path, set, signal);
    case 'csv':
      return writeFileAtomic(path, csvOf(set), signal);
  }
}

async function writeGeoPackage(path: string, set: RoiSet, signal?: AbortSignal): Promise<void> {
  const { classes, crs } = set;
  const header = { layer: 'rois', classes, ...(crs === undefined ? {} : { crs }) };
  const writer = await createGeoPackage(path, header, signal);
  try {
    for (const roi of set.rois) writer.add(roi);
  } catch (error) {
    await writer.abort();
    throw error;
  }
  await writer.finish();
}

/**
 * GeoJSON text of ROIs. In longitude and latitude as RFC 7946 wants; a CRS with an EPSG code keeps its coordinates and is
 * named in the `crs` member that GDAL and QGIS read. Other CRSs are converted.
 */
export function geoJsonOf(set: RoiSet): string {
  const crs = set.crs === undefined ? undefined : normaliseCrs(set.crs);
  const code = /^EPSG:(\d+)$/.exec(crs ?? '')?.[1];
  const convert =
    crs === undefined || code !== undefined ? undefined : createTransform(crs, 'EPSG:4326');
  const classes = new Map(set.classes.map((landClass) => [landClass.value, landClass]));
  const features = set.rois.map(({ id, geometry, classValue }) => {
    const landClass = classes.get(classValue)!;
    const properties = {
      class: landClass.name,
      value: classValue,
      color: formatColor(landClass.color),
      ...(landClass.macroclass === undefined ? {} : { macroclass: landClass.macroclass }),
    };
    const placed = convert === undefined ? geometry : mapPositions(geometry, convert);
    return JSON.stringify({ type: 'Feature', id, properties, geometry: geometryJson(placed) });
  });
  const member =
    crs === undefined
      ? '"crs": null,\n'
      : code === undefined || code === '4326'
        ? ''
        : `"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::${code}"}},\n`;
  return `{"type": "FeatureCollection",\n${member}"features": [\n${features.join(',\n')}\n]}\n`;
}

function geometryJson(geometry: Geometry): unknown {
  if (geometry.kind === 'points')
    return geometry.points.length === 1
      ? { type: 'Point', coordinates: geometry.points[0] }
      : { type: 'MultiPoint', coordinates: geometry.points };
  const polygons = geometry.polygons.map(({ outer, holes }) =>
    [outer, ...holes].map((ring, index) => closedRing(ring, index === 0)),
  );
  return polygons.length === 1
    ? { type: 'Polygon', coordinates: polygons[0] }
    : { type: 'MultiPolygon', coordinates: polygons };
}
