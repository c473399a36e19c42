import { stat } from 'node:fs/promises';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../app/error.ts';
import { normaliseCrs } from './crs.ts';
import type { Feature, FieldValue, Layer, LayerChoice, LayerStyle } from './features.ts';
import { Budget, corrupt, limits, readError, tooLarge } from './limits.ts';
import { parseQml } from './qml.ts';
import { Skipped } from './rings.ts';
import { readGeoPackageGeometry } from './wkb.ts';

/**
 * Reads one layer of a GeoPackage: the named one, or the only one that holds features.
 * @throws AppError `corrupt`, `bad-labels` (layer to be chosen), `not-found`, `unsupported`, `too-large`
 */
export async function readGeoPackage(path: string, choice: LayerChoice = {}): Promise<Layer> {
  const database = await openReadOnly(path);
  try {
    return readLayer(database, path, choice);
  } catch (error) {
    throw sqliteError(error, path);
  } finally {
    database.close();
  }
}

/**
 * Opens without ever writing: first as usual (sees commits that still lie in a write-ahead log), then, where that needs
 * files that cannot be made (read-only folder), as a file that does not change.
 */
async function openReadOnly(path: string): Promise<DatabaseSync> {
  try {
    const { size } = await stat(path);
    if (size > limits.fileBytes) throw tooLarge(path, 'bytes', size, limits.fileBytes);
  } catch (error) {
    throw readError(error, path);
  }
  const url = pathToFileURL(path);
  for (const search of ['', '?immutable=1']) {
    const database = tryOpen(new URL(url.href + search));
    if (database !== undefined) return database;
  }
  throw corrupt(path, 'it is not a GeoPackage (no SQLite database)');
}

function tryOpen(url: URL): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(url, { readOnly: true, enableForeignKeyConstraints: false });
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;');
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return database;
  } catch {
    database?.close();
    return undefined;
  }
}

function sqliteError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  return corrupt(path, `its database cannot be read (${(error as Error).message.slice(0, 200)})`);
}

type GeometryTable = {
  readonly table: string;
  readonly column: string;
  readonly srsId: number;
};

function readLayer(database: DatabaseSync, path: string, choice: LayerChoice): Layer {
  const layer = chooseLayer(database, path, choice.layer);
  const columns = readColumns(database, path, layer);
  const style = readStyle(database, layer.table);
  const crs = readCrs(database, layer.srsId, path);
  return {
    name: layer.table,
    ...(crs === undefined ? {} : { crs }),
    ...(style === undefined ? {} : { style }),
    fields: columns.fields,
    ...readFeatures(database, path, layer, columns, choice.signal),
  };
}

function chooseLayer(
  database: DatabaseSync,
  path: string,
  name: string | undefined,
): GeometryTable {
  if (!hasTable(database, 'gpkg_geometry_columns'))
    throw corrupt(path, 'it is an SQLite database, but not a GeoPackage with features');
  const layers = database
    .prepare('SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns LIMIT 1000')
    .all()
    .map((row) => ({
      table: text(row['table_name']),
      column: text(row['column_name']),
      srsId: Number(row['srs_id']),
    }))
    .filter(({ table }) => hasTable(database, table));
  const names = layers.map(({ table }) => table);
  if (name !== undefined) {
    const layer = layers.find(({ table }) => table === name);
    if (layer !== undefined) return layer;
    throw new AppError(
      'not-found',
      `${path} has no layer "${name}"; it has ${names.join(', ') || 'none'}.`,
      { path, layers: names },
    );
  }
  if (layers.length === 1) return layers[0]!;
  if (layers.length === 0)
    throw new AppError('bad-labels', `${path} has no layer with geometries.`, { path });
  throw new AppError(
    'bad-labels',
    `${path} has ${layers.length} layers: ${names.slice(0, 20).join(', ')}. Say which one holds the ROIs.`,
    { path, layers: names },
  );
}

/** Real tables only: a view could run any query, also one without end. */
function hasTable(database: DatabaseSync, name: string): boolean {
  const row = database
    .prepare("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE")
    .get(name);
  return row !== undefined && !/^\s*CREATE\s+VIRTUAL/i.test(text(row['sql']));
}

type Columns = {
  readonly key: string | undefined;
  readonly fields: Layer['fields'];
};

function readColumns(database: DatabaseSync, path: string, layer: GeometryTable): Columns {
  const columns = database.prepare(`PRAGMA table_xinfo(${quote(layer.table)})`).all();
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  if (columns.some((column) => Number(column['hidden']) >= 2))
    throw new AppError(
      'unsupported',
      `Layer "${layer.table}" of ${path} has computed columns. Export it as a plain layer.`,
      { path, layer: layer.table },
    );
  if (!columns.some((column) => same(text(column['name']), layer.column)))
    throw corrupt(path, `layer "${layer.table}" has no column "${layer.column}"`);
  const key = columns.find(
    (column) => Number(column['pk']) === 1 && /^INTEGER$/i.test(text(column['type'])),
  );
  const fields = columns
    .filter((column) => column !== key && !same(text(column['name']), layer.column))
    .filter((column) => !/BLOB/i.test(text(column['type'])))
    .slice(0, limits.fields)
    .map((column) => ({
      name: text(column['name']),
      text: /CHAR|TEXT|CLOB/i.test(text(column['type'])),
    }));
  return { key: key === undefined ? undefined : text(key['name']), fields };
}

function readFeatures(
  database: DatabaseSync,
  path: string,
  layer: GeometryTable,
  columns: Columns,
  signal: AbortSignal | undefined,
): Pick<Layer, 'features' | 'skipped'> {
  const skipped = new Skipped();
  const budget = new Budget(path, signal);
  const context = { skipped, budget, damaged: (what: string) => corrupt(path, what) };
  const list = columns.fields.map(
    ({ name }) =>
      `CASE typeof(${quote(name)}) WHEN 'blob' THEN NULL WHEN 'text' THEN substr(${quote(name)}, 1, ${limits.valueLength}) ELSE ${quote(name)} END`,
  );
  const key = columns.key === undefined ? 'NULL' : quote(columns.key);
  const statement = database.prepare(
    `SELECT ${[key, quote(layer.column), ...list].map((sql, i) => `${sql} AS c${i}`).join(', ')} FROM ${quote(layer.table)}`,
  );
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  const features: Feature[] = [];
  // with setReturnArrays each row is an array, which the type declarations do not say
  for (const row of statement.iterate() as unknown as Iterable<SQLOutputValue[]>) {
    budget.feature();
    const geometry = row[1] instanceof Uint8Array ? readGeoPackageGeometry(row[1], context) : null;
    if (geometry === null) skipped.add('objects without geometry');
    if (geometry === null || geometry === undefined) continue;
    const id = typeof row[0] === 'bigint' ? String(row[0]) : String(features.length + 1);
    features.push({ id, geometry, values: row.slice(2).map(fieldValue) });
  }
  return { features, skipped: skipped.counts };
}

/** @throws AppError `unknown-crs` where the file names a system that it does not define */
function readCrs(database: DatabaseSync, srsId: number, path: string): string | undefined {
  if (srsId === 0 || srsId === -1) return undefined;
  const row = database
    .prepare('SELECT * FROM gpkg_spatial_ref_sys WHERE srs_id = ? LIMIT 1')
    .get(srsId);
  if (row === undefined)
    throw new AppError(
      'unknown-crs',
      `${path} refers to coordinate system ${srsId} but does not define it. Assign its coordinate system again.`,
      { path, srsId },
    );
  const organisation = text(row['organization']).toUpperCase();
  const code = Number(row['organization_coordsys_id']);
  if ((organisation === 'EPSG' || organisation === 'ESRI') && code > 0) return `EPSG:${code}`;
  const wkt = [row['definition_12_063'], row['definition']].map(text).find(isDefinition);
  return wkt === undefined ? undefined : normaliseCrs(wkt);
}

const isDefinition = (wkt: string): boolean => wkt !== '' && wkt.toLowerCase() !== 'undefined';

/** The default style that QGIS stored with the layer, where it sorts objects into categories. */
function readStyle(database: DatabaseSync, table: string): LayerStyle | undefined {
  if (!hasTable(database, 'layer_styles')) return undefined;
  try {
    const row = database
      .prepare(
        'SELECT substr(styleQML, 1, 4000000) AS qml FROM layer_styles WHERE f_table_name = ? ORDER BY useAsDefault DESC LIMIT 1',
      )
      .get(table);
    return row === undefined ? undefined : parseQml(text(row['qml']));
  } catch {
    return undefined; // a style is a convenience: a foreign table of that name is no error
  }
}

function fieldValue(value: SQLOutputValue): FieldValue {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' || typeof value === 'string' ? value : undefined;
}

const text = (value: SQLOutputValue | undefined): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

/** An SQL identifier, whatever characters it holds. */
const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
