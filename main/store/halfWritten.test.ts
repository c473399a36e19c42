// Projects as a crash, a copy in the middle of writing, or a clumsy tool leaves them.
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProjectFile } from './projectFile.ts';
import { exampleEdit, format, put, putClass, water } from './testing/exampleProject.ts';

let folder = '';
/** A project at rest, and one whose last edit lies in its log, its process dead. */
let atRest = '';
let crashed = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-half-'));
  atRest = join(folder, 'rest.gpkg');
  crashed = join(folder, 'crashed.gpkg');
  const file = ProjectFile.create(atRest, format);
  file.apply(exampleEdit);
  file.close();
  const live = join(folder, 'live.gpkg');
  copyFileSync(atRest, live);
  const open = ProjectFile.open(live, format);
  open.apply(put(putClass({ ...water, id: 'lake', value: 9, name: 'Lake' })));
  const database = new DatabaseSync(live);
  database.exec('UPDATE prismap_session SET process = 999999999');
  for (const suffix of ['', '-wal']) copyFileSync(live + suffix, crashed + suffix);
  database.close();
  open.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function copyOf(project: string, log: string | undefined): string {
  const path = join(folder, `copy${count++}.gpkg`);
  copyFileSync(project, path);
  if (log !== undefined) copyFileSync(log, `${path}-wal`);
  return path;
}

/** Names of the classes of a project that opens. */
function classesOf(path: string): readonly string[] {
  const file = ProjectFile.open(path, format);
  try {
    return file.load().tables.classes.map(({ name }) => name);
  } finally {
    file.close();
  }
}

const bytesOf = (path: string): Buffer | undefined =>
  existsSync(path) ? readFileSync(path) : undefined;

function expectRefused(path: string, words: RegExp): void {
  const before = ['', '-wal'].map((suffix) => bytesOf(path + suffix));
  for (const readOnly of [false, true])
    expect(() => ProjectFile.open(path, format, readOnly)).toThrow(
      expect.objectContaining({
        code: 'corrupt',
        message: expect.stringMatching(words) as string,
      }),
    );
  expect(['', '-wal'].map((suffix) => bytesOf(path + suffix))).toEqual(before);
}

describe('the log of a project', () => {
  it('is taken in when it was left over', () => {
    expect(classesOf(copyOf(crashed, `${crashed}-wal`))).toContain('Lake');
  });
  it('may be missing, empty or no log: what the file holds is there', () => {
    expect(classesOf(copyOf(crashed, undefined))).not.toContain('Lake');
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(9000, 0xa5)]) {
      const path = copyOf(crashed, undefined);
      writeFileSync(`${path}-wal`, bytes);
      expect(classesOf(path)).toHaveLength(2);
    }
  });
  it('stays where the file is damaged: it may be what a repair needs', () => {
    const path = copyOf(crashed, `${crashed}-wal`);
    truncateSync(path, 40_000);
    expectRefused(path, /is damaged \([^*]+\)\. It was left as it is: restore it from a copy/);
    const empty = copyOf(crashed, `${crashed}-wal`);
    truncateSync(empty, 0);
    expectRefused(empty, /it is empty/);
  });
});

it.each(['prismap_layers', 'prismap_session', 'prismap_jobs', 'rois', 'gpkg_contents'])(
  'a project without its table %s is refused, and stays as it is',
  (table) => {
    const path = copyOf(atRest, undefined);
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA foreign_keys = OFF; DROP TABLE ${table}`);
    database.close();
    expectRefused(path, new RegExp(`its table "${table}" is missing`));
  },
);
