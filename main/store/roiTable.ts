import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { type ClassRow, type RoiRow, type RowChange, roiRow } from '../../app/project/rows.ts';
import { formatColor } from '../../app/raster/palette.ts';
import { type Bounds, boundsOf, type Geometry } from '../../app/vector/geometry.ts';
import { geoPackageBytes, geoPackageGeometry } from '../../app/vector/geoPackageGeometry.ts';
import type { SpatialReference } from '../../app/vector/geoPackageTables.ts';
import { prepared } from './prepared.ts';

/** ROIs of the file, and how many of its objects are none (lines, empty geometries, unknown classes). */
export type StoredRois = { readonly rows: RoiRow[]; readonly leftOut: number };

export function readRoiRows(database: DatabaseSync): StoredRois {
  const rows: RoiRow[] = [];
  let leftOut = 0;
  // All columns: a project of version 1 that is open read-only has no `scene`.
  for (const stored of prepared(database, 'SELECT * FROM rois ORDER BY fid').iterate()) {
    const { geom, roi, class_id: classId, name, scene } = stored;
    const geometry = geom instanceof Uint8Array ? geoPackageGeometry(geom) : undefined;
    const parsed = described.safeParse({
      id: roi,
      classId,
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof scene === 'string' ? { scene } : {}),
    });
    if (parsed.success && geometry !== undefined && isWhole(geometry))
      rows.push({ ...parsed.data, geometry: geometry as RoiRow['geometry'] });
    else leftOut += 1;
  }
  return { rows, leftOut };
}

/** A row without its geometry, whose positions come from a reader of our own: checking each again takes a second. */
const described = roiRow.omit({ geometry: true });

/** As the schema of geometries wants it: nothing empty, rings of three positions or more, finite numbers. */
function isWhole(geometry: Geometry): boolean {
  const parts =
    geometry.kind === 'points'
      ? [geometry.points]
      : geometry.polygons.flatMap(({ outer, holes }) => [outer, ...holes]);
  const least = geometry.kind === 'points' ? 1 : 3;
  return (
    parts.length > 0 &&
    parts.every(
      (part) =>
        part.length >= least && part.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
    )
  );
}

/** Makes one change; false where the ROI is not what the change says that it was. */
export function changeRoi(
  database: DatabaseSync,
  change: Extract<RowChange, { table: 'rois' }>,
): boolean {
  const { id, before, after } = change;
  const stored = prepared(
    database,
    'SELECT fid, geom, class_id, name, scene FROM rois WHERE roi = ?',
  ).get(id);
  if (!isSame(stored, before)) return false;
  if (after === undefined) {
    prepared(database, 'DELETE FROM rois WHERE roi = ?').run(id);
    return true;
  }
  const bounds = boundsOf(after.geometry);
  const values = [
    geoPackageBytes(after.geometry, geometrySystem(database), bounds),
    after.classId,
    after.name ?? null,
    after.scene ?? null,
    id,
  ];
  const sql =
    stored === undefined
      ? 'INSERT INTO rois (geom, class_id, name, scene, roi) VALUES (?, ?, ?, ?, ?)'
      : 'UPDATE rois SET geom = ?, class_id = ?, name = ?, scene = ? WHERE roi = ?';
  prepared(database, sql).run(...values);
  extendBounds(database, bounds);
  return true;
}

function isSame(stored: Record<string, unknown> | undefined, before: RoiRow | undefined): boolean {
  if (stored === undefined || before === undefined) return stored === before;
  const { class_id: classId, name, scene, geom } = stored;
  const geometry = geom instanceof Uint8Array ? geoPackageGeometry(geom) : undefined;
  return (
    classId === before.classId &&
    name === (before.name ?? null) &&
    scene === (before.scene ?? null) &&
    geometry !== undefined &&
    Buffer.compare(canonical(geometry), canonical(before.geometry)) === 0
  );
}

/** The same for every way to write the same shape: directions of rings, single or multi type. */
const canonical = (geometry: Geometry): Uint8Array =>
  geoPackageBytes(geometry, 0, boundsOf(geometry));

function geometrySystem(database: DatabaseSync): number {
  const row = prepared(
    database,
    "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'rois'",
  ).get();
  return Number(row?.['srs_id'] ?? -1);
}

/** Bounds of a layer only say where to look: they grow with every change and never shrink. */
function extendBounds(database: DatabaseSync, { minX, minY, maxX, maxY }: Bounds): void {
  prepared(
    database,
    `UPDATE gpkg_contents SET min_x = min(ifnull(min_x, ?1), ?1), min_y = min(ifnull(min_y, ?2), ?2),
        max_x = max(ifnull(max_x, ?3), ?3), max_y = max(ifnull(max_y, ?4), ?4),
        last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE table_name = 'rois'`,
  ).run(minX, minY, maxX, maxY);
}

/** Puts the class into the columns that other programs show, for the ROI named or all of the class. */
export function labelRois(database: DatabaseSync, landClass: ClassRow, roi?: string): void {
  const { id, name, value, color, macroclass } = landClass;
  const columns = [name, value, formatColor(color), macroclass ?? null];
  const set = 'UPDATE rois SET class = ?1, value = ?2, color = ?3, macroclass = ?4';
  if (roi === undefined)
    prepared(
      database,
      `${set} WHERE class_id = ?5 AND (class IS NOT ?1 OR value IS NOT ?2 OR color IS NOT ?3 OR macroclass IS NOT ?4)`,
    ).run(...columns, id);
  // by the ROI alone: with the class beside it SQLite may choose to go through all of the class
  else prepared(database, `${set} WHERE roi = ?5`).run(...columns, roi);
}

/** Defines a coordinate system, or corrects its definition. */
export function addSystem(database: DatabaseSync, system: SpatialReference): void {
  const { id, name, organisation, code, definition } = system;
  prepared(
    database,
    `INSERT INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT (srs_id) DO UPDATE SET srs_name = excluded.srs_name,
        organization = excluded.organization, organization_coordsys_id = excluded.organization_coordsys_id,
        definition = excluded.definition`,
  ).run(name, id, organisation, code, definition);
}

/** Says in which coordinate system the ROIs are; their positions stay what they are. */
export function setRoiSystem(database: DatabaseSync, system: SpatialReference): void {
  const { id } = system;
  addSystem(database, system);
  prepared(database, "UPDATE gpkg_contents SET srs_id = ? WHERE table_name = 'rois'").run(id);
  prepared(database, "UPDATE gpkg_geometry_columns SET srs_id = ? WHERE table_name = 'rois'").run(
    id,
  );
  const update = prepared(database, 'UPDATE rois SET geom = ? WHERE fid = ?');
  for (const { fid, geom } of prepared(
    database,
    'SELECT fid, geom FROM rois WHERE geom IS NOT NULL',
  ).all()) {
    if (!(geom instanceof Uint8Array) || geom.length < 8) continue;
    // the header of every geometry repeats the system, in its own byte order
    new DataView(geom.buffer, geom.byteOffset).setInt32(4, id, (geom[3]! & 1) === 1);
    update.run(geom, fid!);
  }
}

/**
 * Takes in what another program did to the layer: objects without an id of their own (new ones, copies) get one, and an
 * object whose class name was changed goes to the class of that name.
 */
export function adoptRois(database: DatabaseSync, classes: readonly ClassRow[]): void {
  const nameless = prepared(
    database,
    'SELECT fid FROM rois WHERE roi IS NULL OR EXISTS (SELECT 1 FROM rois AS first WHERE first.roi = rois.roi AND first.fid < rois.fid)',
  ).all();
  for (const { fid } of nameless)
    prepared(database, 'UPDATE rois SET roi = ? WHERE fid = ?').run(randomUUID(), fid!);
  const times = Map.groupBy(classes, ({ name }) => name);
  for (const { id, name } of classes)
    if (times.get(name)!.length === 1)
      prepared(database, 'UPDATE rois SET class_id = ? WHERE class = ? AND class_id IS NOT ?').run(
        id,
        name,
        id,
      );
  for (const { id, value } of classes)
    prepared(database, 'UPDATE rois SET class_id = ? WHERE class_id IS NULL AND value = ?').run(
      id,
      value,
    );
  for (const landClass of classes) labelRois(database, landClass);
}
