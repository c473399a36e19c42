import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { AppError } from '../../app/error.ts';
import { formatColor } from '../../app/raster/palette.ts';
import { type Bounds, boundsOf } from '../../app/vector/geometry.ts';
import { geoPackageBytes } from '../../app/vector/geoPackageGeometry.ts';
import {
  geoPackageMetadata,
  geoPackageTables,
  type SpatialReference,
  undefinedReferences,
} from '../../app/vector/geoPackageTables.ts';
import type { ClassScheme, LandClass, Roi } from '../../app/vector/roi.ts';
import {
  removeStaleParts,
  syncFolder,
  temporaryName,
  throwIfCancelled,
  writeError,
} from '../atomicFile.ts';
import { parseCrs } from './crs.ts';
import { epsgEntry } from './epsg.ts';
import { qmlOf } from './qmlWriter.ts';

/** What a GeoPackage of ROIs or map polygons is about. */
export type GeoPackageHeader = {
  /** Name of its layer. */
  readonly layer: string;
  /** `EPSG:n`, WKT or PROJ; undefined = unknown. */
  readonly crs?: string;
  readonly classes: ClassScheme;
  /** JSON of the run that made it. */
  readonly manifest?: string | undefined;
  /** More fields than those that every layer has. */
  readonly fields?: readonly { readonly name: string; readonly type: 'TEXT' | 'REAL' }[];
};

/** Writes a GeoPackage object by object. Nothing appears under its name before `finish`. */
export type GeoPackageWriter = {
  /** `pixels`: size of a map polygon, where it is one; `values` of the header's fields, in their order. */
  add(roi: Roi, pixels?: number, values?: readonly (string | number)[]): void;
  /** Makes the file durable and gives it its name. @throws AppError `disk-full`, `not-writable` */
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
};

/**
 * Begins a GeoPackage with one layer: fields `class`, `value`, `color`, `macroclass`, `pixels`, and a QGIS style with
 * the colours of the classes. @throws AppError `not-writable`, `disk-full`, `unknown-crs`
 */
export async function createGeoPackage(
  path: string,
  header: GeoPackageHeader,
  signal?: AbortSignal,
): Promise<GeoPackageWriter> {
  const system = spatialReference(header.crs);
  const temporary = temporaryName(path);
  await removeStaleParts(path);
  let layer: OpenLayer;
  try {
    // SQLite reports a folder that cannot be written without saying why: this names the reason
    await (await open(temporary, 'wx')).close();
    layer = new OpenLayer(temporary, header, system);
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeError(error, path);
  }
  const abort = async (): Promise<void> => {
    layer.close();
    for (const suffix of ['', '-journal', '-wal', '-shm'])
      await rm(temporary + suffix, { force: true });
  };
  const guarded = <Result>(work: () => Result): Result => {
    try {
      throwIfCancelled(path, signal);
      return work();
    } catch (error) {
      throw databaseError(error, path);
    }
  };
  return {
    add: (roi, pixels, values) => guarded(() => layer.add(roi, pixels, values)),
    finish: async () => {
      try {
        guarded(() => layer.complete());
        await syncFile(temporary);
        await rename(temporary, path);
        await syncFolder(dirname(path));
      } catch (error) {
        await abort();
        throw writeError(error, path);
      }
    },
    abort,
  };
}

/** The data must be on disk before the file gets its name. */
async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** SQLite's own errors as the user should read them. */
function databaseError(error: unknown, path: string): AppError {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (code === 13)
    return new AppError(
      'disk-full',
      `Cannot write ${path}: the disk is full. Free some space there or choose another folder, then run again.`,
      { path },
    );
  if (code === 8 || code === 10 || code === 14)
    return new AppError(
      'not-writable',
      `Cannot write ${path}: ${(error as Error).message}. Choose another folder.`,
      { path },
    );
  return writeError(error, path);
}

/** The entry of a CRS; one that is not in the EPSG list gets a number of its own and keeps its definition. */
export function spatialReference(crs: string | undefined): SpatialReference {
  if (crs === undefined)
    return { id: -1, name: 'Undefined', organisation: 'NONE', code: -1, definition: 'undefined' };
  const { id, name } = parseCrs(crs);
  const code = /^EPSG:(\d+)$/.exec(id)?.[1];
  if (code === undefined)
    return { id: 100_000, name, organisation: 'NONE', code: 100_000, definition: id };
  const organisation = isEsri(code) ? 'ESRI' : 'EPSG';
  const definition = epsgEntry(code).wkt || 'undefined';
  return { id: Number(code), name, organisation, code: Number(code), definition };
}

/** ESRI numbers its own systems from 37001 and from 102001 on; EPSG uses neither range. */
const isEsri = (code: string): boolean =>
  (Number(code) >= 37_001 && Number(code) < 38_000) || Number(code) > 100_000;

class OpenLayer {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #header: GeoPackageHeader;
  readonly #classes: ReadonlyMap<number, LandClass>;
  readonly #srsId: number;
  #bounds: Bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  #open = true;

  constructor(path: string, header: GeoPackageHeader, system: SpatialReference) {
    this.#header = header;
    this.#srsId = system.id;
    this.#classes = new Map(header.classes.map((landClass) => [landClass.value, landClass]));
    this.#database = new DatabaseSync(path);
    try {
      // a killed run leaves a temporary file only, so the database itself needs no journal
      this.#database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;');
      this.#database.exec(schema(header));
      this.#database.exec('BEGIN');
      this.#describe(system);
      this.#insert = this.#database.prepare(
        `INSERT INTO ${quote(header.layer)} (${['geom', 'roi', 'class', 'value', 'color', 'macroclass', 'pixels', ...fieldsOf(header).map(({ name }) => quote(name))].join(', ')}) VALUES (${['?', '?', '?', '?', '?', '?', '?', ...fieldsOf(header).map(() => '?')].join(', ')})`,
      );
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  add(roi: Roi, pixels: number | undefined, values: readonly (string | number)[] = []): void {
    const landClass = this.#classes.get(roi.classValue);
    const bounds = boundsOf(roi.geometry);
    this.#bounds = {
      minX: Math.min(this.#bounds.minX, bounds.minX),
      minY: Math.min(this.#bounds.minY, bounds.minY),
      maxX: Math.max(this.#bounds.maxX, bounds.maxX),
      maxY: Math.max(this.#bounds.maxY, bounds.maxY),
    };
    this.#insert.run(
      geoPackageBytes(roi.geometry, this.#srsId, bounds),
      roi.id,
      landClass?.name ?? String(roi.classValue),
      roi.classValue,
      landClass === undefined ? null : formatColor(landClass.color),
      landClass?.macroclass ?? null,
      pixels ?? null,
      ...fieldsOf(this.#header).map((_, i) => values[i] ?? null),
    );
  }

  complete(): void {
    const { minX, minY, maxX, maxY } = this.#bounds;
    if (minX <= maxX)
      this.#database
        .prepare('UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?')
        .run(minX, minY, maxX, maxY);
    this.#database.exec('COMMIT');
    this.close();
  }

  close(): void {
    if (this.#open) this.#database.close();
    this.#open = false;
  }

  #describe(system: SpatialReference): void {
    const { layer, classes, manifest } = this.#header;
    const insert = this.#database.prepare(
      'INSERT OR IGNORE INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition) VALUES (?, ?, ?, ?, ?)',
    );
    for (const { name, id, organisation, code, definition } of [
      ...undefinedReferences,
      spatialReference('EPSG:4326'),
      system,
    ])
      insert.run(name, id, organisation, code, definition);
    this.#database
      .prepare(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'features', ?, ?)",
      )
      .run(layer, layer, system.id);
    this.#database
      .prepare("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'GEOMETRY', ?, 0, 0)")
      .run(layer, system.id);
    this.#database
      .prepare(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, useAsDefault) VALUES ('', '', ?, 'geom', ?, ?, 1)",
      )
      .run(layer, layer, qmlOf(classes));
    if (manifest === undefined) return;
    this.#database
      .prepare("INSERT INTO gpkg_metadata VALUES (1, 'dataset', 'urn:prismap:run:1', ?, ?)")
      .run('application/json', manifest);
    this.#database.exec(
      "INSERT INTO gpkg_metadata_reference (reference_scope, md_file_id) VALUES ('geopackage', 1)",
    );
  }
}

const fieldsOf = ({ fields = [] }: GeoPackageHeader): NonNullable<GeoPackageHeader['fields']> =>
  fields;

const schema = (header: GeoPackageHeader): string => `${geoPackageTables}
${header.manifest === undefined ? '' : geoPackageMetadata}
CREATE TABLE ${quote(header.layer)} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom GEOMETRY, roi TEXT, class TEXT,
  value INTEGER, color TEXT, macroclass TEXT, pixels INTEGER${fieldsOf(header)
    .map(({ name, type }) => `, ${quote(name)} ${type}`)
    .join('')});
`;

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
