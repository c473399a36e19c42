import { afterAll, describe, expect, it } from 'vitest';
import { readAreas, readLayer, readRois } from './readRois.ts';
import { collection, feature, ring, temporaryFolder } from './testing/geoJson.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('GeoJSON', () => {
  it('knows both ways to state a CRS, and that metres are not degrees', async () => {
    const crs = async (more: object, x = 0) =>
      (await readAreas(folder.write('crs.geojson', collection([feature({}, [ring(x, 0)])], more))))
        .crs;
    expect(await crs({})).toBe('EPSG:4326');
    expect(await crs({ crs: { type: 'name', properties: { name: 'EPSG:32633' } } })).toBe(
      'EPSG:32633',
    );
    expect(
      await crs({ crs: { type: 'name', properties: { name: 'urn:ogc:def:crs:OGC:1.3:CRS84' } } }),
    ).toBe('EPSG:4326');
    expect(await crs({ crs: { type: 'EPSG', properties: { code: 2154 } } })).toBe('EPSG:2154');
    expect(await crs({ crs: null })).toBe(undefined);
    expect(await crs({}, 400_000)).toBe(undefined);
    await expect(crs({ crs: { type: 'link', properties: { href: 'x' } } })).rejects.toMatchObject({
      code: 'unknown-crs',
    });
    await expect(
      crs({ crs: { type: 'name', properties: { name: 'EPSG:1' } } }),
    ).rejects.toMatchObject({ code: 'unknown-crs' });
  });

  it('leaves out what covers nothing and says so', async () => {
    const path = folder.write(
      'odd.geojson',
      collection([
        feature({ class: 'a' }),
        feature({ class: 'a' }, [
          ring(0, 0),
          [
            [1, 1],
            [2, 2],
            [1, 1],
          ],
        ]),
        feature({ class: 'b' }, [
          [
            [0, 0],
            [1, 1],
            [0, 0],
          ],
        ]),
        feature({ class: 'b' }, [
          [
            [0, 0],
            ['x', 1],
            [2, 0],
          ],
        ]),
        feature(
          { class: 'b' },
          [
            [0, 0],
            [1, 1],
          ],
          'LineString',
        ),
        { type: 'Feature', properties: { class: 'b' }, geometry: null },
        {
          type: 'Feature',
          properties: null,
          geometry: {
            type: 'GeometryCollection',
            geometries: [
              { type: 'Polygon', coordinates: [ring(0, 0)] },
              { type: 'Point', coordinates: [1, 2] },
            ],
          },
        },
      ]),
    );
    const layer = await readLayer(path);
    expect(layer.features.length).toBe(3);
    expect(Object.fromEntries(layer.skipped)).toEqual({
      'rings with fewer than three positions': 2,
      'rings with a coordinate that is not a finite number': 1,
      'lines (only polygons and points can be ROIs)': 1,
      'objects without geometry': 1,
      'points that belong to an object with polygons': 1,
    });
  });

  it.for([
    ['cut short', '{"type": "FeatureCollection", "features": [{"type": "Fea', 'corrupt'],
    ['another object', '{"a": 1}', 'corrupt'],
    ['features that are none', '{"type": "FeatureCollection", "features": [1]}', 'corrupt'],
    ['no list', '{"type": "FeatureCollection", "features": {}}', 'corrupt'],
    ['an unknown geometry', '{"type": "Blob", "coordinates": []}', 'corrupt'],
    ['coordinates as text', '{"type": "Polygon", "coordinates": "0,0"}', 'corrupt'],
    ['nothing inside', '{"type": "FeatureCollection", "features": []}', 'bad-labels'],
    ['deep nesting', `{"type":"Polygon","coordinates":${'['.repeat(100_000)}`, 'corrupt'],
    [
      'collections in collections',
      `${'{"type":"GeometryCollection","geometries":['.repeat(500)}${']}'.repeat(500)}`,
      'corrupt',
    ],
    ['no text', '\u0000\u0001', 'unknown-format'],
    ['emptiness', '', 'unknown-format'],
  ] as const)('refuses %s', async ([, text, code]) => {
    await expect(readRois(folder.write('bad.geojson', text))).rejects.toMatchObject({ code });
  });
});
