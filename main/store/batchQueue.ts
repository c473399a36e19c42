import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../app/error.ts';
import { inTransaction } from './inTransaction.ts';
import { prepared } from './prepared.ts';
import { readJson } from './rowTables.ts';
import { resultCode, storeError } from './storeError.ts';

export type SceneState = 'queued' | 'running' | 'done' | 'failed';

/** A scene of a batch. `record` is JSON whose meaning is up to the caller. */
export type QueuedScene = {
  /** What names it in the batch: its path from the folder of scenes, with `/`. */
  readonly scene: string;
  readonly state: SceneState;
  /** The lower, the sooner. */
  readonly priority: number;
  /** Tries that were begun and ended badly. */
  readonly attempts: number;
  readonly record: unknown;
};

/**
 * Scenes of one batch, each in one state at any time; every change is durable when it returns. What another kind of queue has
 * to offer in its place.
 */
export type BatchQueue = {
  /** What the batch is, as it was given when the queue was made; undefined for a fresh one. */
  readonly recipe: unknown;
  /** Forgets all scenes and begins another batch. */
  restart(recipe: unknown): void;
  /** Adds scenes, or replaces what was known of them, all or none. */
  put(scenes: readonly QueuedScene[]): void;
  remove(scenes: readonly string[]): void;
  /** The next queued scene, which runs from now on; undefined where none waits. */
  take(): QueuedScene | undefined;
  /** How a running scene ended. */
  settle(scene: string, state: 'done' | 'failed', record: unknown): void;
  /** A running scene waits again, behind those of its priority; `tried` counts the attempt. */
  giveBack(scene: string, tried: boolean): void;
  /** By name. One at a time: a batch may be larger than memory is dear. */
  rows(): Iterable<QueuedScene>;
  find(scene: string): QueuedScene | undefined;
  counts(): Readonly<Record<SceneState, number>>;
  close(): void;
};

const tables = `
CREATE TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, recipe TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS scenes (
  scene TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  priority INTEGER NOT NULL, place INTEGER NOT NULL, attempts INTEGER NOT NULL, record TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting ON scenes (priority, place, scene) WHERE state = 'queued';`;

const version = 1;

/**
 * The queue in a SQLite file, made where there is none. The file belongs to this process until it ends, however it ends. What ran
 * when a process before this one died waits again.
 * @throws AppError `in-use` where another process has it, `corrupt`, `newer-version`, `not-writable`, `disk-full`
 */
export function openBatchQueue(path: string): BatchQueue {
  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw queueError(error, path);
    }
  };
  const database = guarded(() => openTables(path));
  const write: Write = (work) => guarded(() => inTransaction(database, work));
  let recipe = guarded(() => readRecipe(database, path));
  write(() =>
    prepared(database, "UPDATE scenes SET state = 'queued' WHERE state = 'running'").run(),
  );
  return {
    get recipe() {
      return recipe;
    },
    restart: (given) => {
      write(() => {
        database.exec('DELETE FROM scenes');
        prepared(database, 'INSERT OR REPLACE INTO batch VALUES (1, ?, ?)').run(
          version,
          JSON.stringify(given),
        );
      });
      recipe = given;
    },
    ...changes(database, write),
    ...questions(database),
    close: () => database.close(),
  };
}

type Write = <Result>(work: () => Result) => Result;

function changes(
  database: DatabaseSync,
  write: Write,
): Pick<BatchQueue, 'put' | 'remove' | 'take' | 'settle' | 'giveBack'> {
  return {
    put: (scenes) =>
      write(() => {
        const insert = prepared(
          database,
          'INSERT OR REPLACE INTO scenes VALUES (?, ?, ?, 0, ?, ?)',
        );
        for (const { scene, state, priority, attempts, record } of scenes)
          insert.run(scene, state, priority, attempts, JSON.stringify(record));
      }),
    remove: (scenes) =>
      write(() => {
        for (const scene of scenes)
          prepared(database, 'DELETE FROM scenes WHERE scene = ?').run(scene);
      }),
    take: () =>
      write(() => {
        const row = prepared(
          database,
          `UPDATE scenes SET state = 'running' WHERE scene = (SELECT scene FROM scenes WHERE state = 'queued'
             ORDER BY priority, place, scene LIMIT 1) RETURNING *`,
        ).get();
        return row === undefined ? undefined : sceneOf(row);
      }),
    settle: (scene, state, record) =>
      write(() => {
        prepared(
          database,
          "UPDATE scenes SET state = ?, record = ? WHERE scene = ? AND state = 'running'",
        ).run(state, JSON.stringify(record), scene);
      }),
    giveBack: (scene, tried) =>
      write(() => {
        prepared(
          database,
          `UPDATE scenes SET state = 'queued', attempts = attempts + ?2, place = place + ?2
             WHERE scene = ?1 AND state = 'running'`,
        ).run(scene, tried ? 1 : 0);
      }),
  };
}

function questions(database: DatabaseSync): Pick<BatchQueue, 'rows' | 'find' | 'counts'> {
  return {
    *rows() {
      // not the cached statement: two readers may be under way
      for (const row of database.prepare('SELECT * FROM scenes ORDER BY scene').iterate())
        yield sceneOf(row);
    },
    find: (scene) => {
      const row = prepared(database, 'SELECT * FROM scenes WHERE scene = ?').get(scene);
      return row === undefined ? undefined : sceneOf(row);
    },
    counts: () => {
      const counts = { queued: 0, running: 0, done: 0, failed: 0 };
      const rows = prepared(
        database,
        'SELECT state, count(*) AS n FROM scenes GROUP BY state',
      ).all();
      for (const row of rows) counts[row['state'] as SceneState] = Number(row['n']);
      return counts;
    },
  };
}

function sceneOf(row: Record<string, unknown>): QueuedScene {
  return {
    scene: String(row['scene']),
    state: row['state'] as SceneState,
    priority: Number(row['priority']),
    attempts: Number(row['attempts']),
    record: readJson(String(row['record'])),
  };
}

function openTables(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Exclusive: the lock is the process's own and ends with it, and no shared memory is needed, which network disks lack.
    database.exec(
      `PRAGMA trusted_schema = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`,
    );
    inTransaction(database, () => database.exec(tables));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function readRecipe(database: DatabaseSync, path: string): unknown {
  const row = database.prepare('SELECT version, recipe FROM batch').get();
  if (row === undefined) return undefined;
  if (Number(row['version']) > version)
    throw new AppError(
      'newer-version',
      `${path} was made by a newer Prismap. Update Prismap to go on with this batch, or choose another folder for the results.`,
      { path },
    );
  return readJson(String(row['recipe']));
}

/** SQLite's errors in the words of a batch. */
function queueError(error: unknown, path: string): AppError {
  const details = { path };
  const code = resultCode(error);
  if (code === 5 || code === 6)
    return new AppError(
      'in-use',
      `Another batch is writing into the folder of ${path}. Wait until it has ended, or choose another folder with --out.`,
      details,
    );
  if (code === 11 || code === 26)
    return new AppError(
      'corrupt',
      `The record of this batch, ${path}, is damaged (${(error as Error).message}). Maps that are finished are whole. Delete that file to map all scenes anew, or choose another folder with --out.`,
      details,
    );
  return storeError(error, path);
}
