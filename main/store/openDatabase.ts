import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../app/error.ts';
import { migrations } from '../../app/project/migrations.ts';
import { geoPackageTables } from '../../app/vector/geoPackageTables.ts';
import { refuseNewer, schemaVersion } from './migrate.ts';
import { damaged, resultCode, storeError } from './storeError.ts';

/** How long a write waits for another program, e.g. QGIS while it saves. The host waits along, so it is short. */
const waitMs = 1000;

/** Every commit is on the disk when it returns; readers such as QGIS do not stand in its way. */
const settings =
  'PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL;';

/** A new database. @throws AppError `not-writable`, `disk-full` */
export function createDatabase(path: string): DatabaseSync {
  try {
    closeSync(openSync(path, 'wx'));
  } catch (error) {
    throw storeError(error, path);
  }
  const database = new DatabaseSync(path, { timeout: waitMs });
  database.exec(settings);
  return database;
}

/**
 * Opens the database of a project after a look that changes nothing.
 * @throws AppError `not-found`, `not-readable`, `corrupt`, `unknown-format`, `newer-version`, `not-writable`
 */
export function openDatabase(path: string, readOnly: boolean): DatabaseSync {
  refuseOtherFiles(path);
  const looked = !readOnly && lookAt(path);
  const database = readOnly ? openToRead(path) : new DatabaseSync(path, { timeout: waitMs });
  try {
    database.exec(settings);
    if (!looked) requireProject(database, path);
    if (!readOnly) database.exec('PRAGMA journal_mode = WAL;');
    return database;
  } catch (error) {
    database.close();
    throw storeError(error, path);
  }
}

/** Checks a file without changing it, nor its log: opening it to write would take the log in. False where that cannot be. */
function lookAt(path: string): boolean {
  // a transaction that was cut off has to be taken back first, which is writing
  if (existsSync(`${path}-journal`)) return false;
  const database = existsSync(`${path}-wal`) ? openToRead(path) : openAsItLies(path);
  try {
    requireProject(database, path);
    return true;
  } catch (error) {
    throw storeError(error, path);
  } finally {
    database.close();
  }
}

/** @throws AppError `corrupt`, `unknown-format`, `newer-version` */
function requireProject(database: DatabaseSync, path: string): void {
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;');
  const [check] = database.prepare('PRAGMA quick_check(1)').all();
  const answer = String(Object.values(check ?? {})[0]);
  if (answer !== 'ok') throw damaged(path, answer.replace(/^\*{3}.*\*{3}\s*/, ''));
  const version = schemaVersion(database, path);
  if (version === undefined) throw noProject(path);
  refuseNewer(version, path, migrations);
  requireTables(database, path, [geoPackageTables, ...migrations.slice(0, version)]);
}

/** All tables that a file of its version has. @throws AppError `corrupt` */
function requireTables(database: DatabaseSync, path: string, steps: readonly string[]): void {
  const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const found = new Set(names.map(({ name }) => name));
  for (const [, name] of steps.join('\n').matchAll(/CREATE TABLE (\w+)/g))
    if (!found.has(name)) throw damaged(path, `its table "${name}" is missing`);
}

/** As usual, which sees commits that still lie in a write-ahead log; where that needs files that cannot be made, as a file that stays as it is. */
function openToRead(path: string): DatabaseSync {
  try {
    return probed(new DatabaseSync(pathToFileURL(path), { readOnly: true, timeout: waitMs }));
  } catch (error) {
    if (resultCode(error) === 11 || resultCode(error) === 26) throw storeError(error, path);
    return openAsItLies(path);
  }
}

/** Without a lock, a journal or any other trace. */
function openAsItLies(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.search = '?immutable=1';
  return new DatabaseSync(url, { readOnly: true });
}

function probed(database: DatabaseSync): DatabaseSync {
  try {
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** What is no GeoPackage at all is not given to SQLite. */
function refuseOtherFiles(path: string): void {
  const head = Buffer.alloc(100);
  let length: number;
  try {
    if (statSync(path).isDirectory()) throw noProject(path);
    const file = openSync(path, 'r');
    try {
      length = readSync(file, head);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw readError(error, path);
  }
  if (length === 0) throw damaged(path, 'it is empty');
  if (head.toString('latin1', 0, 15) !== 'SQLite format 3') throw noProject(path);
  if (length < 100) throw damaged(path, `it ends after ${length} bytes`);
}

function readError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? new AppError('not-found', `There is no project ${path}. Was it moved or renamed?`, { path })
    : new AppError(
        'not-readable',
        `${path} cannot be read (${code ?? 'unknown'}). Check its permissions.`,
        { path },
      );
}

const noProject = (path: string): AppError =>
  new AppError(
    'unknown-format',
    `${path} is not a project of Prismap. Open a project file (.gpkg), or import ROIs from this one.`,
    { path },
  );
