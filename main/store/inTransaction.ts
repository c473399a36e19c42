import type { DatabaseSync } from 'node:sqlite';

/** Does `work` whole or not at all; durable when it returns. Takes the lock for writing at once, so that it cannot fail half-way. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself where the disk was full
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
