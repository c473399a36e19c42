import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { readRois } from './readRois.ts';
import { collection, feature, temporaryFolder } from './testing/geoJson.ts';
import { writeRois } from './writeRois.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('GeoPackage', () => {
  it('asks for the layer where there are several, and reads the named one', async () => {
    const path = join(folder.path, 'layers.gpkg');
    await writeRois(
      path,
      await readRois(folder.write('one.geojson', collection([feature({ class: 'a' })]))),
    );
    const database = new DatabaseSync(path);
    database.exec(`CREATE TABLE "o""ther" AS SELECT * FROM rois;
      INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('o"ther', 'features', 'o', 4326);
      INSERT INTO gpkg_geometry_columns VALUES ('o"ther', 'geom', 'GEOMETRY', 4326, 0, 0)`);
    database.close();
    await expect(readRois(path)).rejects.toMatchObject({
      code: 'bad-labels',
      details: { layers: ['rois', 'o"ther'] },
    });
    expect((await readRois(path, { layer: 'o"ther' })).rois.length).toBe(1);
    await expect(readRois(path, { layer: 'third' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('does not run a view, which could be a query without end', async () => {
    const path = join(folder.path, 'view.gpkg');
    await writeRois(
      path,
      await readRois(folder.write('one.geojson', collection([feature({ class: 'a' })]))),
    );
    const database = new DatabaseSync(path);
    database.exec(`ALTER TABLE rois RENAME TO hidden;
      CREATE VIEW rois AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 0 OR i > 0) SELECT i AS fid, NULL AS geom, 'a' AS class FROM n WHERE i < 0`);
    database.close();
    await expect(readRois(path)).rejects.toMatchObject({ code: 'bad-labels' });
  });

  it('sees what a running program has committed but not yet put into the file', async () => {
    const path = join(folder.path, 'wal.gpkg');
    await writeRois(
      path,
      await readRois(folder.write('one.geojson', collection([feature({ class: 'a' })]))),
    );
    const database = new DatabaseSync(path);
    database.exec(
      'PRAGMA journal_mode = WAL; INSERT INTO rois (geom, class) SELECT geom, class FROM rois',
    );
    expect((await readRois(path)).rois.length).toBe(2);
    database.close();
  });

  it('refuses another database and a file that is none', async () => {
    const path = join(folder.path, 'plain.sqlite');
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE a (b)');
    database.close();
    await expect(readRois(path)).rejects.toMatchObject({ code: 'corrupt' });
    writeFileSync(path, `SQLite format 3\0${'x'.repeat(5000)}`);
    await expect(readRois(path)).rejects.toMatchObject({ code: 'corrupt' });
  });
});
