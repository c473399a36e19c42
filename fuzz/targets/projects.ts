import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Random } from '../../app/random.ts';
import { ProjectFile } from '../../main/store/projectFile.ts';
import {
  exampleEdit,
  forest,
  format,
  put,
  putClass,
} from '../../main/store/testing/exampleProject.ts';
import { flipBytes, mutateBytes, pick } from '../mutate/bytes.ts';
import { mutateJson } from '../mutate/json.ts';
import type { HostileCase, Target } from '../target.ts';

const file = 'case.gpkg';
const header = 100;

/** A project with rows in every table. */
function projectSeed(path: string): Buffer {
  const project = ProjectFile.create(path, format);
  project.apply(exampleEdit);
  project.apply(
    put(
      {
        table: 'layers',
        id: 'scene',
        after: {
          id: 'scene',
          order: 1,
          name: 'Scene',
          kind: 'scene',
          visible: true,
          opacity: 1,
          uri: 'a.tif',
        },
      },
      { table: 'points', id: 'p1', after: { id: 'p1', x: 1, y: 2, stratum: 3, classId: 'water' } },
    ),
  );
  project.sketch = {
    tool: 'polygon',
    classId: 'water',
    vertices: [
      [1, 2],
      [3, 4],
    ],
  };
  project.close();
  return readFileSync(path);
}

/** Columns with texts and numbers that the program wrote, and what it believes when it reads them. */
const cells = [
  ['prismap_layers', 'row'],
  ['prismap_classes', 'row'],
  ['prismap_points', 'row'],
  ['prismap_settings', 'row'],
  ['prismap_sketch', 'sketch'],
] as const;
const statements = [
  "UPDATE prismap_project SET value = 'x'",
  "UPDATE prismap_project SET value = '999'",
  "UPDATE prismap_project SET value = '1'",
  'DELETE FROM prismap_project',
  "UPDATE rois SET geom = x'4750'",
  'UPDATE rois SET geom = NULL',
  'UPDATE rois SET geom = 5',
  'DROP TABLE prismap_points',
  'ALTER TABLE prismap_classes RENAME COLUMN row TO other',
  'DELETE FROM gpkg_contents',
  'DELETE FROM gpkg_spatial_ref_sys',
  "UPDATE gpkg_spatial_ref_sys SET definition = 'GEOGCS['",
  'UPDATE gpkg_geometry_columns SET srs_id = 77',
  "CREATE VIEW a AS SELECT load_extension('x')",
  'CREATE TRIGGER t AFTER INSERT ON prismap_classes BEGIN DELETE FROM rois; END',
  'PRAGMA user_version = 99',
  'PRAGMA application_id = 1',
] as const;

/** Contents that no program of ours wrote, in a sound database. */
function rewritten(whole: Buffer, path: string, random: Random): Buffer {
  writeFileSync(path, whole);
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    if (random.integer(3) === 0) database.exec(pick(statements, random));
    else {
      const [table, column] = pick(cells, random);
      const row = database.prepare(`SELECT rowid AS place, ${column} AS text FROM ${table}`).get();
      const text = mutateJson(JSON.parse(String(row!['text'])), random).toString();
      database
        .prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`)
        .run(text, row!['place']!);
    }
  } finally {
    database.close();
  }
  return readFileSync(path);
}

/** Header, pages and cells are where a database is vulnerable. */
function damagedPages(whole: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(whole);
  for (let times = 1 + random.integer(6); times > 0; times--) {
    const page = random.integer(bytes.length / 4096) * 4096;
    const at = random.integer(3) === 0 ? random.integer(header) : page + random.integer(64);
    bytes[at] = pick([0, 1, 2, 5, 10, 13, 127, 255, random.integer(256)], random);
  }
  return bytes;
}

/** Everything that the desk asks of a project when it opens it, and an edit. */
function useProject(path: string, readOnly: boolean): void {
  const project = ProjectFile.open(path, format, readOnly);
  try {
    project.load();
    for (const { id } of project.jobs.all()) project.jobs.lines(id);
    void project.sketch;
    project.isEmpty();
    if (!readOnly) project.apply(put(putClass({ ...forest, id: 'new', value: 9 })));
  } finally {
    project.close();
  }
}

/** Projects: SQLite files with bytes, pages, logs and rows damaged. */
export const projects: Target = {
  name: 'projects',
  group: 'projects',
  counts: { short: 800, usual: 200_000, long: 2_000_000 },
  writes: true,
  open: async (folder) => {
    const whole = projectSeed(join(folder, 'seed.gpkg'));
    const scratch = join(folder, 'scratch.gpkg');
    const kinds: readonly ((random: Random) => HostileCase['files'])[] = [
      (random) => ({ [file]: mutateBytes(whole, random) }),
      (random) => ({ [file]: flipBytes(whole, random, 3) }),
      (random) => ({ [file]: damagedPages(whole, random) }),
      (random) => ({ [file]: rewritten(whole, scratch, random) }),
      (random) => {
        const log = mutateBytes(whole.subarray(0, 8192), random);
        return { [file]: whole, [`${file}${pick(['-wal', '-journal', '-shm'], random)}`]: log };
      },
    ];
    return {
      wellFormed: [{ seed: 'project', files: { [file]: whole } }],
      make: (random, index) => {
        const kind = index % kinds.length;
        return { seed: `kind ${kind}`, files: kinds[kind]!(random) };
      },
      read: async (place) => {
        const path = join(place, file);
        useProject(path, true);
        useProject(path, false);
        for (const suffix of ['-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
      },
    };
  },
};
