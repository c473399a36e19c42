import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../app/error.ts';
import { inTransaction } from './inTransaction.ts';
import { damaged } from './storeError.ts';

/** Version of the tables of a project; undefined where the database is no project. @throws AppError `corrupt` */
export function schemaVersion(database: DatabaseSync, path: string): number | undefined {
  const table = database
    .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'prismap_project'")
    .get();
  if (table === undefined) return undefined;
  const row = database.prepare("SELECT value FROM prismap_project WHERE key = 'version'").get();
  const version = Number(row?.['value'] ?? Number.NaN);
  if (Number.isInteger(version) && version > 0) return version;
  throw damaged(path, 'it does not say its version');
}

/** @throws AppError `newer-version` */
export function refuseNewer(version: number, path: string, steps: readonly string[]): void {
  if (version > steps.length)
    throw new AppError(
      'newer-version',
      `${path} was made by a newer Prismap (version ${version} of the project format; this one knows ${steps.length}). Update Prismap to open it. The file was not changed.`,
      { path, version, known: steps.length },
    );
}

/** Brings the tables to the newest version, all steps or none. @throws AppError `newer-version` */
export function migrate(database: DatabaseSync, path: string, steps: readonly string[]): void {
  const from = schemaVersion(database, path) ?? 0;
  refuseNewer(from, path, steps);
  if (from === steps.length) return;
  inTransaction(database, () => {
    for (const step of steps.slice(from)) database.exec(step);
    database
      .prepare("INSERT OR REPLACE INTO prismap_project VALUES ('version', ?)")
      .run(String(steps.length));
  });
}
