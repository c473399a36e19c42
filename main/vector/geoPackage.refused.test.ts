import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { readLayer, readRois } from './readRois.ts';
import { temporaryFolder } from './testing/geoJson.ts';
import { roiSet } from './testing/roiFiles.ts';
import { writeRois } from './writeRois.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

let count = 0;
/** A GeoPackage of twelve ROIs, changed by SQL. */
async function changed(sql: string): Promise<string> {
  count += 1;
  const path = join(folder.path, `${count}.gpkg`);
  await writeRois(path, roiSet);
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  database.exec(sql);
  database.close();
  return path;
}

describe('a GeoPackage that cannot be read', () => {
  it.each([
    ['no layer', 'DELETE FROM gpkg_geometry_columns', 'bad-labels', /no layer with geometries/],
    [
      'computed columns, which could compute for ever',
      'ALTER TABLE rois ADD COLUMN twice INTEGER GENERATED ALWAYS AS (value * 2) VIRTUAL',
      'unsupported',
      /computed columns/,
    ],
    [
      'no column of geometries',
      "UPDATE gpkg_geometry_columns SET column_name = 'shape'",
      'corrupt',
      /layer "rois" has no column "shape"/,
    ],
    [
      'a system that it does not define',
      'UPDATE gpkg_geometry_columns SET srs_id = 4711',
      'unknown-crs',
      /refers to coordinate system 4711 but does not define it/,
    ],
    [
      'no table of systems',
      'DROP TABLE gpkg_spatial_ref_sys',
      'corrupt',
      /its database cannot be read \(no such table: gpkg_spatial_ref_sys\)/,
    ],
    [
      'a geometry that is text of bytes',
      "UPDATE rois SET geom = x'0011223344556677' WHERE fid = 3",
      'corrupt',
      /does not begin with the GeoPackage header/,
    ],
    [
      'a geometry with an unknown envelope',
      "UPDATE rois SET geom = x'4750000f00000000' WHERE fid = 3",
      'corrupt',
      /unknown kind of GeoPackage header/,
    ],
    [
      'a geometry of an extension',
      "UPDATE rois SET geom = x'4750002100000000' WHERE fid = 3",
      'corrupt',
      /unknown kind of GeoPackage header/,
    ],
  ])('it has %s', async (_, sql, code, why) => {
    await expect(readRois(await changed(sql))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(why) as unknown,
    });
  });

  it('it has no layer of the name', async () => {
    const path = await changed('DELETE FROM gpkg_geometry_columns');
    await expect(readRois(path, { layer: 'fields' })).rejects.toMatchObject({
      code: 'not-found',
      message: `${path} has no layer "fields"; it has none.`,
    });
  });

  it('it is larger than any set of ROIs', async () => {
    const path = await changed('');
    truncateSync(path, 2 ** 31 + 1);
    await expect(readRois(path)).rejects.toMatchObject({ code: 'too-large' });
  });
});

describe('a GeoPackage that other programs wrote', () => {
  it('leaves out objects without geometry and those that are empty', async () => {
    const path = await changed(
      "UPDATE rois SET geom = NULL WHERE fid = 1; UPDATE rois SET geom = 'POINT (1 2)' WHERE fid = 2; UPDATE rois SET geom = x'4750001100000000' WHERE fid = 3",
    );
    const layer = await readLayer(path);
    expect(layer.features.map(({ id }) => id)).toEqual([
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '10',
      '11',
      '12',
    ]);
    expect(Object.fromEntries(layer.skipped)).toEqual({ 'objects without geometry': 3 });
  });

  it('without a key numbers its objects; bytes are no values', async () => {
    const path = await changed(`ALTER TABLE rois RENAME TO old;
      CREATE TABLE rois AS SELECT geom, class, value + 0.5 AS number, x'01' AS bytes, NULL AS "nothing" FROM old;
      DROP TABLE old`);
    const layer = await readLayer(path);
    expect(layer.features[0]!.id).toBe('1');
    const at = layer.fields.findIndex(({ name }) => name === 'number');
    expect(layer.features[0]!.values[at]).toBe(1.5);
    expect(layer.fields.map(({ name }) => name)).toEqual(['class', 'number', 'bytes', 'nothing']);
    expect(layer.features[0]!.values.slice(2)).toEqual([undefined, undefined]);
  });

  it.each([
    ['no system', 'UPDATE gpkg_geometry_columns SET srs_id = -1', undefined],
    ['no system of the globe', 'UPDATE gpkg_geometry_columns SET srs_id = 0', undefined],
    [
      'a system by its number alone',
      "UPDATE gpkg_spatial_ref_sys SET organization = 'epsg', organization_coordsys_id = 4258 WHERE srs_id = 4326",
      'EPSG:4258',
    ],
    [
      'a system by its definition',
      "UPDATE gpkg_spatial_ref_sys SET organization = 'own', definition = 'EPSG:4258' WHERE srs_id = 4326",
      'EPSG:4258',
    ],
    [
      'a system without number and definition',
      "UPDATE gpkg_spatial_ref_sys SET organization_coordsys_id = 0, definition = 'Undefined' WHERE srs_id = 4326",
      undefined,
    ],
    [
      'a system of an organisation that is a number',
      `CREATE TABLE systems AS SELECT srs_id, 7 AS organization, 4326 AS organization_coordsys_id, 'EPSG:4258' AS definition FROM gpkg_spatial_ref_sys;
        DROP TABLE gpkg_spatial_ref_sys; ALTER TABLE systems RENAME TO gpkg_spatial_ref_sys`,
      'EPSG:4258',
    ],
  ])('has %s', async (_, sql, crs) => {
    expect((await readLayer(await changed(sql))).crs).toBe(crs);
  });

  it.each([
    ['without a style', 'DELETE FROM layer_styles'],
    ['without a table of styles', 'DROP TABLE layer_styles'],
    [
      'with a table of that name for something else',
      'DROP TABLE layer_styles; CREATE TABLE layer_styles (a)',
    ],
    ['with a style of another kind', "UPDATE layer_styles SET styleQML = '<qgis/>'"],
  ])('is read %s', async (_, sql) => {
    const layer = await readLayer(await changed(sql));
    expect(layer.style).toBeUndefined();
    expect(layer.features).toHaveLength(12);
  });
});

describe('the style beside a file', () => {
  const geojson = (name: string): string =>
    folder.write(name, {
      type: 'Feature',
      properties: { kind: 'wood' },
      geometry: { type: 'Point', coordinates: [1, 2] },
    });
  const qml = (renderer: string, categories: string, symbols = ''): string =>
    `<qgis><renderer-v2 ${renderer}><categories>${categories}</categories><symbols>${symbols}</symbols></renderer-v2></qgis>`;
  const symbol = (name: string, color: string): string =>
    `<symbol name="${name}"><layer><prop k="color" v="${color}"/></layer></symbol>`;
  const categorised = 'type="categorizedSymbol" attr="kind"';

  const colorOf = async (name: string, style: string): Promise<unknown> => {
    const path = geojson(`${name}.geojson`);
    folder.write(`${name}.qml`, style);
    return (await readRois(path)).classes[0]!.color;
  };

  it('colours the classes, in the older form of QGIS too', async () => {
    const category = '<category value="wood" label="Wood" symbol="0"/>';
    expect(await colorOf('old', qml(categorised, category, symbol('0', '1,2,3,255')))).toEqual([
      1, 2, 3,
    ]);
    const option = '<symbol name="0"><Option name="color" value="9,8,7,255"/></symbol>';
    expect(await colorOf('new', qml(categorised, category, option + symbol('0', '1,2,3')))).toEqual(
      [9, 8, 7],
    );
  });

  it('is passed over where it says nothing of the classes', async () => {
    const usual = await colorOf('usual', '');
    const category = '<category value="wood" label="Wood" symbol="0"/>';
    const red = symbol('0', '200,0,0,255');
    for (const [name, style] of [
      ['single', qml('type="singleSymbol" attr="kind"', category, red)],
      ['fieldless', qml('type="categorizedSymbol"', category, red)],
      ['blank', qml('type="categorizedSymbol" attr=""', category, red)],
      ['valueless', qml(categorised, '<category symbol="0"/><category value="" symbol="0"/>', red)],
      ['symbolless', qml(categorised, '<category value="wood"/>', red)],
      ['nameless', qml(categorised, category, '<symbol><prop k="color" v="1,1,1"/></symbol>')],
      ['colourless', qml(categorised, category, '<symbol name="0"/>')],
      ['huge', `${qml(categorised, category, red)}${' '.repeat(4_000_000)}`],
    ] as const)
      expect(await colorOf(name, style), name).toEqual(usual);
  });

  it('is not looked at where the file has its own', async () => {
    const path = await changed('');
    writeFileSync(path.replace(/gpkg$/, 'qml'), qml(categorised, ''));
    expect((await readRois(path)).classes.map(({ color }) => color)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});
