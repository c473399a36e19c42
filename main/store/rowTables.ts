import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { type RowChange, type RowOf, rowSchemas, type TableName } from '../../app/project/rows.ts';
import { prepared } from './prepared.ts';
import { damaged } from './storeError.ts';

/** Tables whose rows are kept as JSON; ROIs are a layer of their own. */
export type JsonTable = Exclude<TableName, 'rois'>;

/** Rows of one table in the order in which they were put in. @throws AppError `corrupt` */
export function readRows<Table extends JsonTable>(
  database: DatabaseSync,
  table: Table,
  path: string,
): RowOf<Table>[] {
  const schema: z.ZodType<RowOf<Table>> = rowSchemas[table] as never;
  return prepared(database, `SELECT id, row FROM prismap_${table} ORDER BY rowid`)
    .all()
    .map(({ id, row }) => {
      const parsed = schema.safeParse(readJson(String(row)));
      if (parsed.success) return parsed.data;
      throw damaged(path, `row ${String(id)} of its ${table} is not understood`);
    });
}

/** Makes one change; false where the row is not what the change says that it was. */
export function changeRow(
  database: DatabaseSync,
  change: Extract<RowChange, { table: JsonTable }>,
): boolean {
  const { table, id, before, after } = change;
  const stored = prepared(database, `SELECT row FROM prismap_${table} WHERE id = ?`).get(id);
  const found = stored === undefined ? undefined : readJson(String(stored['row']));
  if (!isDeepStrictEqual(found, asStored(before))) return false;
  if (after === undefined) prepared(database, `DELETE FROM prismap_${table} WHERE id = ?`).run(id);
  else
    prepared(
      database,
      `INSERT INTO prismap_${table} (id, row) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET row = excluded.row`,
    ).run(id, JSON.stringify(after));
  return true;
}

/** A row as it comes back from the file: members that are undefined are not there. */
const asStored = (row: unknown): unknown =>
  row === undefined ? undefined : (JSON.parse(JSON.stringify(row)) as unknown);

export function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // no schema takes this, so the caller names the row
  }
}
