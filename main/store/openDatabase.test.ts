import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBatchQueue } from './batchQueue.ts';
import { ProjectFile } from './projectFile.ts';
import { exampleEdit, format, put, putRoi, squareRoi } from './testing/exampleProject.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-store-'));
  path = join(folder, 'work.gpkg');
  const file = ProjectFile.create(path, format);
  file.apply(exampleEdit);
  file.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Changes the project as another program may. */
function change(sql: string, foreignKeys = true): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: foreignKeys });
  database.exec(sql);
  database.close();
}

const refusal = (code: string, why: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(why) as string });

describe('a project that cannot be opened', () => {
  it('lies under a file, or has a name that no system takes', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => ProjectFile.open(join(folder, 'file', 'x.gpkg'), format)).toThrow(
      refusal('not-found', /There is no project/),
    );
    expect(() => ProjectFile.open(join(folder, `${'x'.repeat(300)}.gpkg`), format)).toThrow(
      refusal('not-readable', /cannot be read \(ENAMETOOLONG\)/),
    );
  });

  it('lies where no folder is', () => {
    expect(() => ProjectFile.create(join(folder, 'nowhere', 'x.gpkg'), format)).toThrow(
      refusal('not-writable', /x\.gpkg/),
    );
  });

  it.each([
    ['no version', "DELETE FROM prismap_project WHERE key = 'version'"],
    ['a version of text', "UPDATE prismap_project SET value = 'two' WHERE key = 'version'"],
    ['version 0', "UPDATE prismap_project SET value = '0' WHERE key = 'version'"],
  ])('has %s', (_, sql) => {
    change(sql);
    expect(() => ProjectFile.open(path, format)).toThrow(
      refusal('corrupt', /does not say its version/),
    );
  });

  it('is open on another machine, which is named; after a minute of silence it is free', () => {
    const sql = (host: string, beat: number): string =>
      `INSERT OR REPLACE INTO prismap_session VALUES (1, 'token', '${host}', 1, ${beat})`;
    change(sql('far-away', Date.now()));
    expect(() => ProjectFile.open(path, format)).toThrow(refusal('in-use', / on far-away\./));
    change(sql('far-away', Date.now() - 61_000));
    const file = ProjectFile.open(path, format);
    expect(file.recovered).toBe(true);
    file.close();
  });

  it('is open in another process of this machine', () => {
    change(
      `INSERT INTO prismap_session VALUES (1, 'token', '${hostname()}', ${process.pid}, ${Date.now()})`,
    );
    expect(() => ProjectFile.open(path, format)).toThrow(
      refusal('in-use', /is open in another Prismap\. Close it there/),
    );
  });
});

describe('a project that was taken meanwhile', () => {
  it('takes no edit of the one who had it', () => {
    const file = ProjectFile.open(path, format);
    change("UPDATE prismap_session SET token = 'another'");
    expect(() => file.apply(put(putRoi(squareRoi('r9', 'water', 0, 0))))).toThrow(
      refusal('in-use', /was opened by another Prismap in the meantime/),
    );
    file.close();
  });

  it('is closed without an error where its table of sessions is gone', () => {
    const file = ProjectFile.open(path, format);
    change('DROP TABLE prismap_session');
    expect(() => file.close()).not.toThrow();
  });
});

describe('a project with a transaction that was cut off', () => {
  it('is opened after that was taken back', () => {
    writeFileSync(`${path}-journal`, '');
    const file = ProjectFile.open(path, format);
    expect(file.load().tables.rois).toHaveLength(3);
    expect(file.recovered).toBe(false);
    file.close();
  });

  it('is refused where it is none of ours', () => {
    const other = join(folder, 'other.gpkg');
    const database = new DatabaseSync(other);
    database.exec('CREATE TABLE a (b)');
    database.close();
    writeFileSync(`${other}-journal`, '');
    expect(() => ProjectFile.open(other, format)).toThrow(
      refusal('unknown-format', /is not a project/),
    );
  });
});

it('a project that is read only is never recovered, and says so of edits', () => {
  const file = ProjectFile.open(path, format, true);
  expect(file.recovered).toBe(false);
  expect(() => file.apply(exampleEdit)).toThrow(refusal('not-writable', /open read-only/));
  file.close();
});

describe('ROIs that another program changed', () => {
  it('are left out where they have no geometry or no known one', () => {
    change(
      "UPDATE rois SET geom = NULL WHERE roi = 'r1'; UPDATE rois SET geom = 'text' WHERE roi = 'r2'",
    );
    const file = ProjectFile.open(path, format);
    const { tables, leftOut } = file.load();
    expect(tables.rois.map(({ id }) => id)).toEqual(['r3']);
    expect(leftOut).toBe(2);
    // what is not as the edit has it is not changed
    const before = squareRoi('r1', 'water', 400_000, 5_800_000);
    expect(() => file.apply(put({ table: 'rois', id: 'r1', before }))).toThrow(
      refusal('conflict', /./),
    );
    file.close();
  });

  it('keep their geometry where the system changes, and what is none is left as it is', () => {
    change(
      "UPDATE rois SET geom = x'4750' WHERE roi = 'r1'; UPDATE rois SET geom = 'text' WHERE roi = 'r2'",
    );
    const file = ProjectFile.open(path, format);
    file.apply(
      put({
        table: 'settings',
        id: 'crs',
        before: { id: 'crs', value: 'EPSG:32633' },
        after: { id: 'crs', value: 'EPSG:32634' },
      }),
    );
    file.close();
    const database = new DatabaseSync(path);
    const rows = database.prepare('SELECT hex(geom) AS hex FROM rois ORDER BY roi').all();
    database.close();
    expect(rows[0]!['hex']).toBe('4750');
    expect(rows[1]!['hex']).toBe(Buffer.from('text').toString('hex').toUpperCase());
    // bytes 4 to 7 of the header: the system, little endian
    expect(Buffer.from(String(rows[2]!['hex']), 'hex').readInt32LE(4)).toBe(32634);
  });

  it('of two classes of one name stay in theirs', () => {
    change("UPDATE prismap_classes SET row = json_set(row, '$.name', 'same')");
    const file = ProjectFile.open(path, format);
    expect(file.load().tables.rois.map(({ classId }) => classId)).toEqual([
      'water',
      'forest',
      'water',
    ]);
    file.close();
  });

  it('a layer that is described nowhere has no system', () => {
    change('DELETE FROM gpkg_geometry_columns', false);
    const file = ProjectFile.open(path, format);
    file.apply(put(putRoi(squareRoi('r9', 'water', 0, 0))));
    expect(file.load().tables.rois).toHaveLength(4);
    file.close();
  });
});

it('the queue of a batch of a newer program is left as it is', () => {
  const queue = openBatchQueue(join(folder, 'queue.sqlite'));
  queue.restart({ model: 'm' });
  queue.close();
  const database = new DatabaseSync(join(folder, 'queue.sqlite'));
  database.exec('UPDATE batch SET version = 99');
  database.close();
  expect(() => openBatchQueue(join(folder, 'queue.sqlite'))).toThrow(
    refusal('newer-version', /made by a newer Prismap/),
  );
});

it('a folder is no project', () => {
  mkdirSync(join(folder, 'folder.gpkg'));
  expect(() => ProjectFile.open(join(folder, 'folder.gpkg'), format)).toThrow(
    refusal('unknown-format', /is not a project/),
  );
});
