import { AppError } from '../../app/error.ts';
import { toMap } from '../../app/raster/geoTransform.ts';
import type { Grid } from '../../app/raster/grid.ts';
import { mapPositions } from '../../app/vector/geometry.ts';
import { MeetingPoints } from '../../app/vector/meetingPoints.ts';
import { createPolygoniser, type Patch } from '../../app/vector/polygonise.ts';
import type { Roi, RoiSet } from '../../app/vector/roi.ts';
import { simplifyPatches } from '../../app/vector/simplify.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { createGeoPackage } from '../vector/geoPackageWriter.ts';
import { qmlOf } from '../vector/qmlWriter.ts';
import { geoJsonOf } from '../vector/writeRois.ts';
import type { ExportedMap, Exporter } from './exportSource.ts';

/** Patches of the map as polygons, with class, value, colour and size. */
export const exportPolygons: Exporter = async (map, path, { format, simplify }, { signal }) => {
  const header = {
    classes: map.classes,
    ...(map.grid.crs === undefined ? {} : { crs: map.grid.crs }),
  };
  const patches = simplify > 0 ? simplePatches(map, simplify) : plainPatches(map);
  if (format === 'gpkg') {
    const writer = await createGeoPackage(
      path,
      { layer: 'map', ...header, manifest: JSON.stringify(map.manifest) },
      signal,
    );
    try {
      for await (const { roi, pixels } of placed(patches, map.grid)) writer.add(roi, pixels);
      await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return [path];
  }
  const rois: Roi[] = [];
  for await (const { roi } of placed(patches, map.grid)) {
    rois.push(roi);
    if (rois.length > mostFeatures)
      throw new AppError(
        'too-large',
        `The map has more than ${mostFeatures.toLocaleString('en')} patches, too many for GeoJSON. Write a GeoPackage, or sieve small patches away.`,
      );
  }
  const set: RoiSet = { uri: path, rois, ...header };
  await writeFileAtomic(path, geoJsonOf(set), signal);
  // QGIS takes the style of this name by itself
  const style = path.replace(/\.[^./\\]*$/, '.qml');
  await writeFileAtomic(style, qmlOf(map.classes), signal);
  return [path, style];
};

/** GeoJSON is one text, which is held in memory. */
const mostFeatures = 200_000;

async function* plainPatches(map: ExportedMap): AsyncGenerator<Patch> {
  const polygoniser = createPolygoniser(map.grid.width);
  for await (const { values, y, height } of map.bands())
    yield* polygoniser.add(values, { y, height });
  yield* polygoniser.finish();
}

/** Borders are simplified for both sides at once, so all of them are held. */
async function* simplePatches(map: ExportedMap, tolerance: number): AsyncGenerator<Patch> {
  const { width, height } = map.grid;
  const meeting = new MeetingPoints(width, height);
  const polygoniser = createPolygoniser(width);
  const patches: Patch[] = [];
  for await (const band of map.bands()) {
    meeting.add(band.values);
    for (const patch of polygoniser.add(band.values, band)) patches.push(patch);
  }
  meeting.end();
  for (const patch of polygoniser.finish()) patches.push(patch);
  yield* simplifyPatches(patches, meeting, tolerance);
}

async function* placed(patches: AsyncIterable<Patch>, { transform }: Grid) {
  let written = 0;
  for await (const { value, polygon, pixels } of patches) {
    const geometry = mapPositions({ kind: 'polygons', polygons: [polygon] }, (x, y) =>
      transform === undefined ? [x, -y] : toMap(transform, x, y),
    );
    written += 1;
    yield { roi: { id: String(written), classValue: value, geometry }, pixels };
  }
}
