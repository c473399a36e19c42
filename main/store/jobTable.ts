import type { DatabaseSync } from 'node:sqlite';
import { prepared } from './prepared.ts';
import { readJson } from './rowTables.ts';

/** Most lines kept of what a job says; the oldest go first. */
const mostLines = 2000;
const longestLine = 2000;

/** Jobs of a project as JSON, in the order in which they are to run. What a record means is up to the caller. */
export type JobTable = {
  /** Records by place, the first to run first. */
  all(): { readonly id: string; readonly place: number; readonly record: unknown }[];
  /** Puts or replaces a record and adds lines to what the job said. */
  put(id: string, place: number, record: unknown, lines: readonly string[]): void;
  remove(id: string): void;
  lines(id: string): string[];
};

/** @param run Runs work: `read` names what is wrong with the file, `write` does it in a transaction. */
export function createJobTable(
  database: DatabaseSync,
  run: {
    read<Result>(work: () => Result): Result;
    write(work: () => void): void;
  },
): JobTable {
  const rows = (sql: string, ...values: string[]): Record<string, unknown>[] =>
    run.read(() => prepared(database, sql).all(...values));
  return {
    all: () =>
      rows('SELECT id, place, record FROM prismap_jobs ORDER BY place').map(
        ({ id, place, record }) => ({
          id: String(id),
          place: Number(place),
          record: readJson(String(record)),
        }),
      ),
    put: (id, place, record, lines) =>
      run.write(() => {
        prepared(
          database,
          'INSERT OR REPLACE INTO prismap_jobs (id, place, record) VALUES (?, ?, ?)',
        ).run(id, place, JSON.stringify(record));
        const insert = prepared(
          database,
          'INSERT INTO prismap_job_lines (job, line) VALUES (?, ?)',
        );
        for (const line of lines) insert.run(id, line.slice(0, longestLine));
        prepared(
          database,
          `DELETE FROM prismap_job_lines WHERE job = ?1 AND number <= (SELECT number FROM prismap_job_lines
              WHERE job = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)`,
        ).run(id, mostLines);
      }),
    remove: (id) =>
      run.write(() => {
        prepared(database, 'DELETE FROM prismap_jobs WHERE id = ?').run(id);
        prepared(database, 'DELETE FROM prismap_job_lines WHERE job = ?').run(id);
      }),
    lines: (id) =>
      rows('SELECT line FROM prismap_job_lines WHERE job = ? ORDER BY number', id).map(({ line }) =>
        String(line),
      ),
  };
}
