import { afterAll, describe, expect, it } from 'vitest';
import type { Geometry } from '../../app/vector/geometry.ts';
import { parseCsv } from './csv.ts';
import { readAreas, readLayer, readRois } from './readRois.ts';
import { collection, feature, ring, temporaryFolder } from './testing/geoJson.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

let count = 0;
const geoJson = (content: unknown): string => {
  count += 1;
  return folder.write(`${count}.geojson`, content);
};

const pointsOf = (geometry: Geometry): unknown => geometry.kind === 'points' && geometry.points;

describe('GeoJSON of every form', () => {
  it.each([
    ['a bare geometry', { type: 'Point', coordinates: [1, 2] }, ['1', [[1, 2]]]],
    [
      'one feature with a number for its name',
      {
        type: 'Feature',
        id: 7,
        properties: null,
        geometry: {
          type: 'MultiPoint',
          coordinates: [
            [1, 2],
            [3, 4],
          ],
        },
      },
      [
        '7',
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ],
    [
      'a feature with a text for its name',
      {
        type: 'Feature',
        id: 'seven',
        properties: [],
        geometry: { type: 'Point', coordinates: [1, 2, 30] },
      },
      ['seven', [[1, 2]]],
    ],
    [
      'a feature with a list for its name',
      { type: 'Feature', id: [7], geometry: { type: 'Point', coordinates: [1, 2] } },
      ['1', [[1, 2]]],
    ],
  ])('%s', async (_, content, wanted) => {
    const { features, fields } = await readLayer(geoJson(content));
    expect(features.map(({ id, geometry }) => [id, pointsOf(geometry)])).toEqual([wanted]);
    expect(fields).toEqual([]);
  });

  it.each([
    ['no object', '{"type": "Feature", "geometry": 5}', /geometry 1 is not an object/],
    ['a list of features as the whole', '{"type": 5}', /there is no "type"/],
    [
      'a feature of another type',
      '{"type": "FeatureCollection", "features": [{"type": "Point"}]}',
      /entry 1 of its features is not a feature/,
    ],
  ])('%s is refused', async (_, text, why) => {
    await expect(readLayer(geoJson(text))).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(why) as unknown,
    });
  });

  it('an empty point and one without numbers are no points', async () => {
    const layer = await readLayer(
      geoJson(
        collection([
          feature({}, [], 'Point'),
          feature({}, ['1', null], 'Point'),
          feature({}, [5, 6], 'Point'),
        ]),
      ),
    );
    expect(layer.features.map(({ id }) => id)).toEqual(['3']);
    expect(Object.fromEntries(layer.skipped)).toEqual({ 'points without finite coordinates': 1 });
  });

  it('a field is text where one object has text; objects without it have nothing', async () => {
    const layer = await readLayer(
      geoJson(
        collection([feature({ a: 1, b: true }), feature({ a: 'x' }), feature({ b: { c: 1 } })]),
      ),
    );
    expect(layer.fields).toEqual([
      { name: 'a', text: true },
      { name: 'b', text: false },
    ]);
    expect(layer.features.map(({ values }) => values)).toEqual([
      [1, 'true'],
      ['x', undefined],
      [undefined, undefined],
    ]);
  });

  it('of a thousand fields keeps 256', async () => {
    const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, i]));
    expect((await readLayer(geoJson(collection([feature(fields)])))).fields).toHaveLength(256);
  });

  it.each([
    ['a text', 'EPSG:4326'],
    ['an object without properties', { type: 'name' }],
    ['an endless name', { type: 'name', properties: { name: 'x'.repeat(100_001) } }],
  ])('with %s for its coordinate system is refused', async (_, crs) => {
    await expect(readAreas(geoJson(collection([feature({})], { crs })))).rejects.toMatchObject({
      code: 'unknown-crs',
      message: expect.stringContaining('a "crs" member that names no coordinate system') as unknown,
    });
  });

  it('is called by its name where it has one', async () => {
    expect((await readLayer(geoJson(collection([feature({})], { name: 'fields' })))).name).toBe(
      'fields',
    );
    expect((await readLayer(geoJson(collection([feature({})], { name: 5 })))).name).toBe('geojson');
  });
});

describe('well-known text in a table', () => {
  const layerOf = (wkt: string) => parseCsv(`WKT\n"${wkt}"`, 'x.csv');

  it.each([
    ['POINT EMPTY', {}],
    ['GEOMETRYCOLLECTION Z EMPTY', {}],
    ['POLYGON ((0 0, 1 1, 0 0))', { 'rings with fewer than three positions': 1 }],
    [
      'MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))',
      { 'lines (only polygons and points can be ROIs)': 1 },
    ],
  ])('"%s" is no object', (wkt, skipped) => {
    const layer = layerOf(wkt);
    expect(layer.features).toEqual([]);
    expect(Object.fromEntries(layer.skipped)).toEqual(skipped);
  });

  it.each([
    [
      'collections in collections',
      `${'GEOMETRYCOLLECTION ('.repeat(10)}POINT (1 2)${')'.repeat(10)}`,
      /nested too deeply/,
    ],
    ['a word after a word', 'POINT FULL (1 2)', /no well-known text near "\(1 2\)"/],
    ['brackets alone', '((1 2))', /no well-known text/],
    ['a circle', 'CIRCLE (1 2)', /no well-known text/],
    ['no bracket', 'POINT', /no well-known text near ""/],
    ['a bracket that does not close', 'POINT (1 2', /no well-known text near ""/],
    ['a position of one number', 'POINT (1)', /no well-known text near "1\)"/],
  ])('%s is refused', (_, wkt, why) => {
    expect(() => layerOf(wkt)).toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringMatching(why) as string }),
    );
  });
});

describe('a table of points', () => {
  it('of more rows than any set of ROIs is refused', () => {
    expect(() => parseCsv(`x,y${'\n1,2'.repeat(1_000_001)}`, 'x')).toThrow(
      expect.objectContaining({
        code: 'too-large',
        message: expect.stringContaining('1,000,001 objects') as string,
      }),
    );
  });

  it('may say its system in every row, or in some', () => {
    expect(parseCsv('x,y,crs\n1,2,\n3,4,EPSG:3857\n5,6', 'x').crs).toBe('EPSG:3857');
    expect(parseCsv('WKT,crs\nPOINT (1 2),\n', 'x').crs).toBeUndefined();
  });

  it('may have rows that are too short', () => {
    const layer = parseCsv('x,y,class,note\n1,2\n3\n4,5,wood', 'x');
    expect(layer.features.map(({ values }) => values)).toEqual([
      [undefined, undefined],
      ['wood', undefined],
    ]);
    expect(Object.fromEntries(layer.skipped)).toEqual({ 'points without finite coordinates': 1 });
  });

  it('with only x or only y has no geometries', () => {
    for (const header of ['x,class', 'lat,class'])
      expect(() => parseCsv(`${header}\n1,2`, 'x')).toThrow(/no column of geometries/);
  });

  it('may have rows that end in a geometry that is not there', () => {
    const layer = parseCsv('class,WKT\nwood', 'x');
    expect(layer.features).toEqual([]);
    expect(Object.fromEntries(layer.skipped)).toEqual({ 'objects without geometry': 1 });
  });
});

describe('the field of classes', () => {
  const rois = (fields: Readonly<Record<string, unknown>>[], more = {}) =>
    geoJson(
      collection(
        fields.map((properties) => feature(properties)),
        more,
      ),
    );

  it('is asked for where several could be it', async () => {
    const path = rois([
      { left: 'a', right: 'b' },
      { left: 'c', right: 'd' },
    ]);
    await expect(readRois(path)).rejects.toMatchObject({
      code: 'bad-labels',
      message: expect.stringContaining('it has left, right. Name one') as unknown,
    });
  });

  it.each([
    ['numbers alone', [{ nr: 1 }, { nr: 2 }], 'nr'],
    [
      'a name among numbers',
      [
        { nr: 1, kind: 'a' },
        { nr: 2, kind: 'b' },
      ],
      'kind',
    ],
    [
      'a number by a telling name',
      [
        { class: 3, nr: 4 },
        { class: 5, nr: 4 },
      ],
      'class',
    ],
  ])('is found among %s', async (_, fields, field) => {
    expect((await readRois(rois(fields))).classField).toBe(field);
  });

  it('without any field there are no classes', async () => {
    await expect(readRois(rois([{}]))).rejects.toMatchObject({
      code: 'bad-labels',
      message: expect.stringContaining('has no fields') as unknown,
    });
    await expect(readRois(rois([{}]), { classField: 'class' })).rejects.toMatchObject({
      message: expect.stringContaining('has no field "class"; it has none') as unknown,
    });
  });

  it('a field of groups may be named, and numbers without meaning have no class', async () => {
    const path = rois(
      [
        { class: 'a', Region: 'north' },
        { class: 'b', Region: 5 },
        { class: 'c', Region: null },
      ],
      { crs: null },
    );
    const set = await readRois(path, { macroclassField: 'region' });
    expect(set.classes.map(({ macroclass }) => macroclass)).toEqual(['north', '5', undefined]);
    expect(set.crs).toBeUndefined();
    await expect(readRois(path, { macroclassField: 'county' })).rejects.toMatchObject({
      code: 'bad-labels',
    });
  });

  it('objects of one name get names of their own', async () => {
    const same = {
      type: 'Feature',
      id: 'a',
      properties: { class: 'x' },
      geometry: { type: 'Polygon', coordinates: [ring(0, 0)] },
    };
    const { rois: found } = await readRois(
      geoJson(collection([same, same, { ...same, id: 'a~2' }, same])),
    );
    expect(new Set(found.map(({ id }) => id)).size).toBe(4);
    expect(found[0]!.id).toBe('a');
  });

  it('areas need none, but they need objects', async () => {
    expect((await readAreas(rois([{}, {}]))).classes).toHaveLength(1);
    await expect(readAreas(rois([]))).rejects.toMatchObject({ code: 'bad-labels' });
    const lines = geoJson(
      collection([
        feature(
          {},
          [
            [0, 0],
            [1, 1],
          ],
          'LineString',
        ),
      ]),
    );
    await expect(readAreas(lines)).rejects.toMatchObject({
      message: expect.stringContaining('1 lines (only polygons and points can be ROIs)') as unknown,
    });
  });
});
