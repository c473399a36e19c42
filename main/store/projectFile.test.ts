import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  applyEdit,
  emptyDocument,
  inverseOf,
  type ProjectDocument,
} from '../../app/project/document.ts';
import { migrations } from '../../app/project/migrations.ts';
import type { Edit, RoiRow, RowChange } from '../../app/project/rows.ts';
import { createRandom, type Random } from '../../app/random.ts';
import { readRois } from '../vector/readRois.ts';
import { askReferee, hasModule } from '../vector/testing/referee.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { ProjectFile } from './projectFile.ts';
import {
  exampleEdit,
  forest,
  format,
  put,
  putClass,
  putCrs,
  putRoi,
  squareRoi,
  water,
} from './testing/exampleProject.ts';

let folder = '';
let path = '';
const open: ProjectFile[] = [];
const kept = (file: ProjectFile): ProjectFile => {
  open.push(file);
  return file;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-project-'));
  path = join(folder, 'work.gpkg');
});
afterEach(() => {
  for (const file of open.splice(0)) file.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A closed project with the example in it. */
function makeExample(): void {
  const file = ProjectFile.create(path, format);
  file.apply(exampleEdit);
  file.close();
}

describe('a project file', () => {
  it('gives back every row exactly, directions of rings aside', () => {
    makeExample();
    const file = kept(ProjectFile.open(path, format));
    const { tables, leftOut } = file.load();
    expect(leftOut).toBe(0);
    expect(tables.classes).toEqual([water, forest]);
    expect(tables.settings).toEqual([{ id: 'crs', value: 'EPSG:32633' }]);
    expect(tables.rois.map(({ id, classId, name }) => [id, classId, name])).toEqual([
      ['r1', 'water', undefined],
      ['r2', 'forest', 'Müggelwald'],
      ['r3', 'water', undefined],
    ]);
    const wanted = squareRoi('r1', 'water', 400_000, 5_800_000).geometry;
    const [found] = tables.rois;
    expect(found!.geometry.kind === 'polygons' && found!.geometry.polygons[0]!.outer).toEqual(
      wanted.kind === 'polygons' && wanted.polygons[0]!.outer.toReversed(),
    );
    expect(tables.rois[2]!.geometry).toEqual({
      kind: 'points',
      points: [[400_001.5, 5_800_002.25]],
    });
  });

  it('takes rows of before from either side of a reload: undo works on a ring whose direction was turned', () => {
    makeExample();
    const file = kept(ProjectFile.open(path, format));
    file.apply(inverseOf(exampleEdit));
    expect(file.load().tables).toEqual({
      layers: [],
      classes: [],
      rois: [],
      points: [],
      settings: [],
    });
    expect(file.isEmpty()).toBe(true);
  });

  it('does an edit whole or not at all', () => {
    const file = kept(ProjectFile.create(path, format));
    file.apply(exampleEdit);
    const before = file.load();
    const stale = { ...forest, name: 'Wood' };
    const edit = put(
      putClass({ ...water, id: 'new', value: 9 }),
      putRoi(squareRoi('r9', 'water', 0, 0)),
      { table: 'classes', id: 'forest', before: stale, after: { ...stale, name: 'Trees' } },
    );
    expect(() => file.apply(edit)).toThrow(expect.objectContaining({ code: 'conflict' }));
    expect(() => file.apply(put(putRoi(squareRoi('r1', 'water', 1, 1))))).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    const gone = squareRoi('r7', 'water', 0, 0);
    expect(() => file.apply(put({ table: 'rois', id: 'r7', before: gone }))).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    expect(file.load()).toEqual(before);
  });

  it('keeps the sketch until it is forgotten', () => {
    const file = kept(ProjectFile.create(path, format));
    const sketch = { tool: 'polygon', classId: 'water', vertices: [[1, 2] as [number, number]] };
    file.sketch = sketch;
    file.close();
    open.splice(0);
    const again = kept(ProjectFile.open(path, format));
    expect(again.sketch).toEqual(sketch);
    again.sketch = undefined;
    expect(again.sketch).toBeUndefined();
  });

  it('is one file at rest, and readable as it lies', () => {
    makeExample();
    const bytes = readFileSync(path);
    expect(bytes.toString('latin1', 68, 72)).toBe('GPKG');
    expect([...bytes.subarray(18, 20)]).toEqual([1, 1]); // no write-ahead log
    const file = kept(ProjectFile.open(path, format, true));
    expect(file.load().tables.rois).toHaveLength(3);
    expect(() => file.apply(put(putCrs('EPSG:4326')))).toThrow(
      expect.objectContaining({ code: 'not-writable' }),
    );
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });
});

it('holds after any edits what the document holds', () => {
  const file = kept(ProjectFile.create(path, format));
  const random = createRandom(11, 'edits');
  let document = emptyDocument;
  for (let round = 0; round < 150; round++) {
    const edit = randomEdit(document, random);
    file.apply(edit);
    document = applyEdit(document, edit);
    if (round % 10 === 9) {
      const undo = inverseOf(edit);
      file.apply(undo);
      document = applyEdit(document, undo);
    }
    if (round % 25 !== 24) continue;
    const { tables } = file.load();
    for (const table of ['classes', 'rois', 'points'] as const)
      expect(new Map<string, unknown>(tables[table].map((row) => [row.id, row]))).toEqual(
        document[table],
      );
    expect(new Map(tables.settings.map(({ id, value }) => [id, value]))).toEqual(document.settings);
  }
  expect(document.rois.size).toBeGreaterThan(2);
});

/** Some rows put in, changed and taken out; settings of any JSON. */
function randomEdit(document: ProjectDocument, random: Random): Edit {
  let now = document;
  const changes: RowChange[] = [];
  for (let i = 1 + random.integer(5); i > 0; i--) {
    const table = (['classes', 'rois', 'points', 'settings'] as const)[random.integer(4)]!;
    const id = `${table}${random.integer(8)}`;
    const value = now[table].get(id);
    const before = table === 'settings' && now.settings.has(id) ? { id, value } : value;
    const after = random.integer(4) === 0 ? undefined : randomRow(table, id, random);
    if (before === undefined && after === undefined) continue;
    const change = {
      table,
      id,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    } as RowChange;
    changes.push(change);
    now = applyEdit(now, put(change));
  }
  return put(...changes);
}

function randomRow(table: string, id: string, random: Random): unknown {
  const x = Math.round(random.uniform() * 1e6) / 8;
  switch (table) {
    case 'classes':
      return { ...forest, id, value: 1 + random.integer(255) };
    case 'points':
      return { id, x, y: -x, stratum: 1, ...(x > 6e4 ? { classId: 'forest' } : {}) };
    case 'settings':
      return { id, value: [null, x, 'text "quoted"', { a: [x, { b: true }] }][random.integer(4)] };
    default: {
      const points = Array.from({ length: 1 + random.integer(9) }, (): [number, number] => [
        x + random.uniform(),
        -x * random.uniform(),
      ]);
      return { id, classId: `classes${random.integer(8)}`, geometry: { kind: 'points', points } };
    }
  }
}

describe('who else has the project open', () => {
  it('is told from a session that crashed', async () => {
    const first = kept(ProjectFile.create(path, format));
    expect(first.recovered).toBe(false);
    expect(() => ProjectFile.open(path, format)).toThrow(
      expect.objectContaining({ code: 'in-use' }),
    );
    expect(kept(ProjectFile.open(path, format, true)).load().leftOut).toBe(0);
    const other = kept(ProjectFile.create(join(folder, 'other.gpkg'), format));
    await expect(other.copyTo(path)).rejects.toThrow(expect.objectContaining({ code: 'in-use' }));
    // a process that is not there any more, as after a crash
    const database = new DatabaseSync(path);
    database.exec('UPDATE prismap_session SET process = 999999999');
    database.close();
    const second = kept(ProjectFile.open(path, format));
    expect(second.recovered).toBe(true);
    expect(() => first.apply(exampleEdit)).toThrow(expect.objectContaining({ code: 'in-use' }));
    second.apply(exampleEdit);
    expect(second.load().tables.rois).toHaveLength(3);
  });

  it('is said when another program is just writing it, and the edit can be done afterwards', () => {
    const file = kept(ProjectFile.create(path, format));
    const database = new DatabaseSync(path);
    database.exec('BEGIN IMMEDIATE');
    expect(() => file.apply(exampleEdit)).toThrow(expect.objectContaining({ code: 'in-use' }));
    database.exec('ROLLBACK');
    database.close();
    file.apply(exampleEdit);
    expect(file.load().tables.rois).toHaveLength(3);
  });
});

describe('a file that cannot be opened', () => {
  const refused = (name: string, code: string, words: RegExp): void => {
    const file = join(folder, name);
    const before = readFileSync(file);
    for (const readOnly of [false, true])
      expect(() => ProjectFile.open(file, format, readOnly)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(words) as string }),
      );
    expect(readFileSync(file).equals(before)).toBe(true);
  };

  it('is named for what it is, and left as it is', () => {
    makeExample();
    const copy = (name: string): string => {
      copyFileSync(path, join(folder, name));
      return join(folder, name);
    };
    writeFileSync(join(folder, 'empty.gpkg'), '');
    refused('empty.gpkg', 'corrupt', /it is empty/);
    writeFileSync(join(folder, 'text.gpkg'), 'not a database at all');
    refused('text.gpkg', 'unknown-format', /not a project/);
    truncateSync(copy('header.gpkg'), 60);
    refused('header.gpkg', 'corrupt', /ends after 60 bytes/);
    const size = readFileSync(path).length;
    for (const [index, share] of [0.1, 0.35, 0.7, 0.95].entries()) {
      truncateSync(copy(`half${index}.gpkg`), Math.floor(size * share));
      refused(`half${index}.gpkg`, 'corrupt', /damaged.*restore it from a copy/);
    }
    const noise = readFileSync(path);
    noise.fill(0xa5, 5000);
    writeFileSync(join(folder, 'noise.gpkg'), noise);
    refused('noise.gpkg', 'corrupt', /damaged/);
    const other = new DatabaseSync(join(folder, 'other.gpkg'));
    other.exec('CREATE TABLE x (y)');
    other.close();
    refused('other.gpkg', 'unknown-format', /not a project/);
    expect(() => ProjectFile.open(join(folder, 'none.gpkg'), format)).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
    expect(() => ProjectFile.open(folder, format)).toThrow(
      expect.objectContaining({ code: 'unknown-format' }),
    );
  });

  it('may be of a newer version: refused untouched', () => {
    makeExample();
    const database = new DatabaseSync(path);
    database.exec("UPDATE prismap_project SET value = '99' WHERE key = 'version'");
    database.close();
    refused('work.gpkg', 'newer-version', /newer Prismap \(version 99.*Update Prismap/);
  });

  it('is damaged where its tables are others', () => {
    makeExample();
    const database = new DatabaseSync(path);
    database.exec('ALTER TABLE prismap_classes RENAME COLUMN row TO other');
    database.close();
    const damaged: unknown = expect.objectContaining({
      code: 'corrupt',
      message: expect.stringMatching(/is damaged.*restore it from a copy/) as string,
    });
    expect(() => ProjectFile.open(path, format)).toThrow(damaged);
    const opened = ProjectFile.open(path, format, true);
    expect(() => opened.load()).toThrow(damaged);
    opened.close();
  });

  it('says that rows make no sense where they make none', () => {
    makeExample();
    const database = new DatabaseSync(path);
    database.exec(`UPDATE prismap_classes SET row = '{"id":"water"}' WHERE id = 'water'`);
    database.close();
    expect(() => ProjectFile.open(path, format)).toThrow(
      expect.objectContaining({
        code: 'corrupt',
        message: expect.stringContaining('water') as string,
      }),
    );
  });
});

describe('ROIs of one scene alone', () => {
  const row = (scene?: string): RoiRow => ({
    id: 'one',
    classId: 'water',
    geometry: { kind: 'points', points: [[1, 2]] },
    ...(scene === undefined ? {} : { scene }),
  });
  it('come back with their scene, and are told from those of every scene', () => {
    const file = ProjectFile.create(path, format);
    const bound = { table: 'rois', id: 'one' } as const;
    file.apply({ label: 'Draw', changes: [{ ...bound, after: row('/data/a.tif') }] });
    expect(file.load().tables.rois).toEqual([row('/data/a.tif')]);
    const wrong = { label: 'Move', changes: [{ ...bound, before: row(), after: row() }] };
    expect(() => file.apply(wrong)).toThrow(/another window changed/);
    file.apply({
      label: 'Free',
      changes: [{ ...bound, before: row('/data/a.tif'), after: row() }],
    });
    expect(file.load().tables.rois).toEqual([row()]);
    file.close();
  });
  it('were unknown to version 1: its ROIs hold for every scene, also where it is read only', () => {
    const file = ProjectFile.create(path, format);
    file.apply({ label: 'Draw', changes: [{ table: 'rois', id: 'one', after: row() }] });
    file.close();
    const database = new DatabaseSync(path);
    database.exec(
      "ALTER TABLE rois DROP COLUMN scene; UPDATE prismap_project SET value = '1' WHERE key = 'version'",
    );
    database.close();
    const readOnly = ProjectFile.open(path, format, true);
    expect(readOnly.load().tables.rois).toEqual([row()]);
    readOnly.close();
    const migrated = ProjectFile.open(path, format);
    expect(migrated.load().tables.rois).toEqual([row()]);
    migrated.close();
  });
});

describe('migrations', () => {
  it('bring an older project to the newest version in one step, or leave it', () => {
    makeExample();
    const database = new DatabaseSync(path);
    const broken = [...migrations, 'CREATE TABLE prismap_extra (x); SYNTAX ERROR'];
    expect(() => migrate(database, path, broken)).toThrow(/syntax error/);
    expect(schemaVersion(database, path)).toBe(migrations.length);
    const later = [
      ...migrations,
      'CREATE TABLE prismap_extra (x)',
      'INSERT INTO prismap_extra SELECT id FROM prismap_classes',
    ];
    migrate(database, path, later);
    expect(schemaVersion(database, path)).toBe(migrations.length + 2);
    expect(database.prepare('SELECT x FROM prismap_extra ORDER BY x').all()).toEqual([
      { x: 'forest' },
      { x: 'water' },
    ]);
    database.close();
  });
});

type Frame = {
  readonly layers: string[];
  readonly crs: string;
  readonly warnings: string[];
  readonly rows: { roi: string; class: string; value: number; color: string; wkt: string }[];
};

/** The ROI layer as GDAL sees it, warnings of its driver included. */
const readWithGdal = `
import json, sys, warnings
import pyogrio.raw, shapely
path = json.load(sys.stdin)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    layers = [str(row[0]) for row in pyogrio.list_layers(path)]
    meta, _, geometry, fields = pyogrio.raw.read(path, layer="rois")
    rows = [dict(zip(meta["fields"], values)) for values in zip(*(field.tolist() for field in fields))]
    for row, wkb in zip(rows, geometry):
        row["wkt"] = shapely.from_wkb(wkb).wkt
print(json.dumps({"layers": layers, "crs": meta["crs"], "warnings": [str(w.message) for w in caught], "rows": rows}))
`;

describe.skipIf(!hasModule('pyogrio') || !hasModule('shapely'))('GDAL', () => {
  it('opens the ROI layer with CRS, classes and geometries, also after classes and CRS have changed', () => {
    const file = kept(ProjectFile.create(path, format));
    file.apply(exampleEdit);
    const frame = askReferee<Frame>(readWithGdal, path);
    expect(frame.warnings).toEqual([]);
    expect(frame.layers).toContain('rois');
    expect(frame.crs).toBe('EPSG:32633');
    expect(frame.rows.map((row) => [row.roi, row.class, row.value, row.color])).toEqual([
      ['r1', water.name, 3, '#004bc3'],
      ['r2', 'Forest', 7, '#2a371a'],
      ['r3', water.name, 3, '#004bc3'],
    ]);
    expect(frame.rows[0]!.wkt).toBe(
      'MULTIPOLYGON (((400100 5800000, 400100 5800100, 400000 5800100, 400000 5800000, 400100 5800000), (400020 5800020.125, 400020 5800010, 400010 5800010, 400020 5800020.125)))',
    );
    expect(frame.rows[2]!.wkt).toMatch(/^MULTIPOINT \(+400001.5 5800002.25\)+$/);
    file.apply(
      put(
        {
          table: 'classes',
          id: 'forest',
          before: forest,
          after: { ...forest, name: 'Trees', value: 8 },
        },
        {
          table: 'settings',
          id: 'crs',
          before: { id: 'crs', value: 'EPSG:32633' },
          after: { id: 'crs', value: 'EPSG:25833' },
        },
      ),
    );
    const changed = askReferee<Frame>(readWithGdal, path);
    expect(changed.crs).toBe('EPSG:25833');
    expect(changed.rows[1]).toMatchObject({ class: 'Trees', value: 8 });
  });

  it('may change the layer: new objects and changed classes are taken in', () => {
    makeExample();
    askReferee(
      `
import json, sys
import numpy, pyogrio.raw, shapely
path = json.load(sys.stdin)
pyogrio.raw.write(path, layer="rois", append=True, driver="GPKG", crs="EPSG:32633", geometry_type="Unknown",
    geometry=numpy.array([shapely.box(400000, 5800000, 400010, 5800010).wkb, shapely.LineString([(0, 0), (1, 1)]).wkb], dtype=object),
    field_data=[numpy.array(["Forest", "Forest"], dtype=object)], fields=["class"])
print("{}")
`,
      path,
    );
    const file = kept(ProjectFile.open(path, format));
    const { tables, leftOut } = file.load();
    expect(leftOut).toBe(1); // the line
    expect(tables.rois).toHaveLength(4);
    const added = tables.rois[3]!;
    expect(added.classId).toBe('forest');
    expect(added.id).toMatch(/^[0-9a-f-]{36}$/);
    file.apply(put({ table: 'rois', id: added.id, before: added }));
    expect(file.load().tables.rois).toHaveLength(3);
  });
});

it('serves as a file of ROIs by itself', async () => {
  makeExample();
  const set = await readRois(path);
  expect(set.crs).toBe('EPSG:32633');
  expect(set.rois.map(({ classValue }) => classValue)).toHaveLength(3);
  expect(set.classes.map(({ name, color }) => [name, color])).toEqual([
    ['Forest', [42, 55, 26]],
    [water.name, [0, 75, 195]],
  ]);
});
