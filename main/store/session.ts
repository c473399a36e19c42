import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../app/error.ts';
import { isRunning } from '../isRunning.ts';
import { prepared } from './prepared.ts';

/** How often an open project says that it is still open. */
export const beatMs = 15_000;
/** A session that has been silent for longer is over (crashed, or its machine sleeps). */
const silentMs = 60_000;

/** Who has the project open: a row that the process puts in, keeps fresh, and takes out when it closes the project. */
export type Session = {
  readonly token: string;
  /** The session before did not end by itself. */
  readonly recovered: boolean;
};

/** Takes the project for this process; within a transaction. @throws AppError `in-use` */
export function claimSession(database: DatabaseSync, path: string): Session {
  const row = prepared(database, 'SELECT host, process, beat FROM prismap_session').get();
  if (row !== undefined && isLive(row)) throw inUse(path, String(row['host']));
  const token = randomUUID();
  prepared(database, 'INSERT OR REPLACE INTO prismap_session VALUES (1, ?, ?, ?, ?)').run(
    token,
    hostname(),
    process.pid,
    Date.now(),
  );
  return { token, recovered: row !== undefined };
}

/**
 * Says that the session goes on; part of every transaction.
 * @throws AppError `in-use` where another process has taken the project, e.g. while this machine slept
 */
export function keepSession(database: DatabaseSync, { token }: Session, path: string): void {
  const { changes } = prepared(database, 'UPDATE prismap_session SET beat = ? WHERE token = ?').run(
    Date.now(),
    token,
  );
  if (Number(changes) === 0)
    throw new AppError(
      'in-use',
      `${path} was opened by another Prismap in the meantime. Open it here again to go on.`,
      { path },
    );
}

export function endSession(database: DatabaseSync, { token }: Session): void {
  prepared(database, 'DELETE FROM prismap_session WHERE token = ?').run(token);
}

/** @throws AppError `in-use` */
export function requireFree(database: DatabaseSync, path: string): void {
  const row = prepared(database, 'SELECT host, process, beat FROM prismap_session').get();
  if (row !== undefined && isLive(row)) throw inUse(path, String(row['host']));
}

/** A beat in the future is one of a clock that was set back: believed no longer than one in the past. */
function isLive(row: Record<string, unknown>): boolean {
  if (Math.abs(Date.now() - Number(row['beat'])) > silentMs) return false;
  return row['host'] !== hostname() || isRunning(Number(row['process']));
}

const inUse = (path: string, host: string): AppError =>
  new AppError(
    'in-use',
    `${path} is open in another Prismap${host === hostname() ? '' : ` on ${host}`}. Close it there, or open it read-only.`,
    { path, host },
  );
