import { rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../app/error.ts';
import { migrations } from '../../app/project/migrations.ts';
import {
  type ClassRow,
  type Edit,
  type RowChange,
  type RowOf,
  type Sketch,
  sketch as sketchSchema,
  type TableName,
} from '../../app/project/rows.ts';
import {
  geoPackageTables,
  type SpatialReference,
  undefinedReferences,
} from '../../app/vector/geoPackageTables.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { nameNew, removeStaleParts, syncFolder, temporaryName } from '../atomicFile.ts';
import { inTransaction } from './inTransaction.ts';
import { createJobTable, type JobTable } from './jobTable.ts';
import { migrate } from './migrate.ts';
import { createDatabase, openDatabase } from './openDatabase.ts';
import {
  addSystem,
  adoptRois,
  changeRoi,
  labelRois,
  readRoiRows,
  setRoiSystem,
} from './roiTable.ts';
import { changeRow, readJson, readRows } from './rowTables.ts';
import {
  beatMs,
  claimSession,
  endSession,
  keepSession,
  requireFree,
  type Session,
} from './session.ts';
import { resultCode, storeError } from './storeError.ts';

/** What the file needs to know of coordinate systems and styles: main/vector knows it. */
export type ProjectFormat = {
  /** Row of a CRS; undefined = none is known. @throws AppError `unknown-crs` */
  readonly systemOf: (crs: string | undefined) => SpatialReference;
  /** QGIS style of the ROIs. */
  readonly styleOf: (classes: ClassScheme) => string;
};

/** All rows of a project. */
export type ProjectTables = { readonly [Table in TableName]: RowOf<Table>[] };

const sidecars = ['-wal', '-shm', '-journal'];

/** An open project: one GeoPackage, written at every edit. */
export class ProjectFile {
  readonly path: string;
  readonly readOnly: boolean;
  readonly jobs: JobTable;
  readonly #database: DatabaseSync;
  readonly #format: ProjectFormat;
  readonly #session: Session | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  private constructor(
    path: string,
    database: DatabaseSync,
    format: ProjectFormat,
    session?: Session,
  ) {
    this.path = path;
    this.#database = database;
    this.#format = format;
    this.#session = session;
    this.readOnly = session === undefined;
    this.jobs = createJobTable(database, {
      read: (work) => this.#guarded(work),
      write: (work) => this.#write(work),
    });
    if (session !== undefined) this.#timer = setInterval(() => this.#beat(session), beatMs).unref();
  }

  /** An empty project in a new file, which has its name when it is whole. @throws AppError `not-writable`, `disk-full` */
  static create(path: string, format: ProjectFormat): ProjectFile {
    const temporary = temporaryName(path);
    try {
      const database = createDatabase(temporary);
      try {
        inTransaction(database, () => {
          database.exec(geoPackageTables);
          for (const system of [...undefinedReferences, format.systemOf('EPSG:4326')])
            addSystem(database, system);
        });
        migrate(database, temporary, migrations);
      } finally {
        database.close();
      }
      nameNew(temporary, path);
    } catch (error) {
      for (const suffix of ['', ...sidecars]) rmSync(temporary + suffix, { force: true });
      throw storeError(error, path);
    }
    return ProjectFile.open(path, format);
  }

  /**
   * @throws AppError `not-found`, `not-readable`, `unknown-format`, `corrupt`, `newer-version`, `in-use`, `not-writable`
   */
  static open(path: string, format: ProjectFormat, readOnly = false): ProjectFile {
    const database = openDatabase(path, readOnly);
    try {
      if (readOnly) return new ProjectFile(path, database, format);
      migrate(database, path, migrations);
      const session = inTransaction(database, () => {
        const claimed = claimSession(database, path);
        adoptRois(database, readRows(database, 'classes', path));
        return claimed;
      });
      return new ProjectFile(path, database, format, session);
    } catch (error) {
      database.close();
      throw storeError(error, path);
    }
  }

  /** The session before on this project did not end by itself. */
  get recovered(): boolean {
    return this.#session?.recovered ?? false;
  }

  /** @throws AppError `corrupt` */
  load(): { readonly tables: ProjectTables; readonly leftOut: number } {
    return this.#guarded(() => {
      const rois = readRoiRows(this.#database);
      const tables = {
        layers: readRows(this.#database, 'layers', this.path),
        classes: readRows(this.#database, 'classes', this.path),
        rois: rois.rows,
        points: readRows(this.#database, 'points', this.path),
        settings: readRows(this.#database, 'settings', this.path),
      };
      return { tables, leftOut: rois.leftOut };
    });
  }

  /** The layer list alone, which is small whatever else the project holds. @throws AppError `corrupt` */
  layers(): RowOf<'layers'>[] {
    return this.#guarded(() => readRows(this.#database, 'layers', this.path));
  }

  /**
   * Applies an edit, all of it or nothing; on the disk when it returns.
   * @throws AppError `conflict` where a row is not what the edit says that it was, `disk-full`, `not-writable`, `in-use`
   */
  apply(edit: Edit): void {
    this.#write(() => {
      for (const change of edit.changes)
        if (change.table !== 'rois')
          requireSame(changeRow(this.#database, change), edit.label, change);
      for (const change of edit.changes)
        if (change.table === 'rois')
          requireSame(changeRoi(this.#database, change), edit.label, change);
      this.#describeRois(edit.changes);
    });
  }

  get sketch(): Sketch | undefined {
    const row = this.#guarded(() =>
      this.#database.prepare('SELECT sketch FROM prismap_sketch').get(),
    );
    const parsed = sketchSchema.safeParse(readJson(String(row?.['sketch'])));
    return parsed.success ? parsed.data : undefined;
  }

  set sketch(sketch: Sketch | undefined) {
    this.#write(() => {
      this.#database.exec('DELETE FROM prismap_sketch');
      if (sketch !== undefined)
        this.#database
          .prepare('INSERT INTO prismap_sketch VALUES (1, ?)')
          .run(JSON.stringify(sketch));
    });
  }

  /** Nothing was ever put into it. @throws AppError `corrupt` */
  isEmpty(): boolean {
    const tables = ['layers', 'classes', 'points', 'settings', 'sketch', 'jobs'];
    const counts = ['rois', ...tables.map((table) => `prismap_${table}`)].map(
      (table) => `(SELECT count(*) FROM ${table})`,
    );
    const row = this.#guarded(() =>
      this.#database.prepare(`SELECT ${counts.join(' + ')} AS rows`).get(),
    );
    return Number(row?.['rows']) === 0;
  }

  /**
   * Writes a whole copy under a name, or nothing. An existing file is replaced.
   * @throws AppError `in-use` where another process has that project open, `not-writable`, `disk-full`
   */
  async copyTo(path: string): Promise<void> {
    refuseOpenTarget(path);
    await removeStaleParts(path);
    const temporary = temporaryName(path);
    try {
      this.#database.prepare('VACUUM INTO ?').run(temporary);
      forgetSession(temporary);
      const handle = await open(temporary, 'r+');
      await handle.sync().finally(() => handle.close());
      // a log of the file that is replaced would be played into the new one
      for (const suffix of sidecars) rmSync(path + suffix, { force: true });
      await rename(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw storeError(error, path);
    }
  }

  /** Leaves a single file at rest, without log. Nothing may be called afterwards. */
  close(): void {
    clearInterval(this.#timer);
    try {
      if (this.#session !== undefined) {
        const session = this.#session;
        inTransaction(this.#database, () => endSession(this.#database, session));
        this.#database.exec('PRAGMA journal_mode = DELETE');
      }
    } catch (error) {
      // QGIS reads it just now, or its disk is gone: what was committed is safe, and the log is taken in at the next opening
      if (resultCode(error) === 0) throw error;
    } finally {
      this.#database.close();
    }
  }

  #beat(session: Session): void {
    try {
      inTransaction(this.#database, () => keepSession(this.#database, session, this.path));
    } catch (error) {
      // the next edit meets the same trouble and reports it
      if (resultCode(error) === 0 && !(error instanceof AppError)) throw error;
    }
  }

  #write(work: () => void): void {
    const session = this.#session;
    if (session === undefined)
      throw new AppError(
        'not-writable',
        `${this.path} is open read-only. Save the project under another name to change it.`,
        { path: this.path },
      );
    this.#guarded(() =>
      inTransaction(this.#database, () => {
        keepSession(this.#database, session, this.path);
        work();
      }),
    );
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }

  /** Keeps what other programs see of the ROIs true to what was changed: CRS, class columns, style. */
  #describeRois(changes: readonly RowChange[]): void {
    const database = this.#database;
    for (const change of changes)
      if (change.table === 'settings' && change.id === 'crs')
        setRoiSystem(database, this.#systemOf(change.after?.value));
    const classes = new Map(
      readRows(database, 'classes', this.path).map((landClass) => [landClass.id, landClass]),
    );
    for (const change of changes) {
      if (change.table === 'classes' && change.after !== undefined)
        labelRois(database, change.after);
      if (change.table !== 'rois' || change.after === undefined) continue;
      const landClass = classes.get(change.after.classId);
      if (landClass !== undefined) labelRois(database, landClass, change.id);
    }
    if (changes.some(({ table }) => table === 'classes')) this.#restyle([...classes.values()]);
  }

  #systemOf(crs: unknown): SpatialReference {
    return this.#format.systemOf(typeof crs === 'string' ? crs : undefined);
  }

  #restyle(classes: readonly ClassRow[]): void {
    const scheme = classes.map(({ value, name, color }) => ({ value, name, color }));
    this.#database
      .prepare("UPDATE layer_styles SET styleQML = ? WHERE f_table_name = 'rois'")
      .run(this.#format.styleOf(scheme));
  }
}

function requireSame(same: boolean, label: string, { table, id }: RowChange): void {
  if (!same)
    throw new AppError(
      'conflict',
      `"${label}" was not done: another window changed the same ${table} in the meantime. The project is shown as it is now; do it again if it is still wanted.`,
      { table, id },
    );
}

/** A copy is open nowhere. */
function forgetSession(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('DELETE FROM prismap_session');
  } finally {
    database.close();
  }
}

/** @throws AppError `in-use` where `path` is a project that is open elsewhere */
function refuseOpenTarget(path: string): void {
  let database: DatabaseSync;
  try {
    database = openDatabase(path, true);
  } catch {
    return; // not there, or no project: the user was asked whether it may be replaced
  }
  try {
    requireFree(database, path);
  } finally {
    database.close();
  }
}
