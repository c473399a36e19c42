import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../scenes/testing/files.ts';
import { noReferee, Referee, type RefereeFacts } from '../scenes/testing/referee.ts';
import { type Georeference, georeferenceOf } from './georeference.ts';
import { openJpeg2000 } from './openJpeg2000.ts';

describe.skipIf(noReferee !== undefined)(
  `georeference of JPEG 2000 beside rasterio ${noReferee ?? ''}`,
  () => {
    const folder = temporaryFolder();
    let referee: Referee;
    const profile = {
      driver: 'JP2OpenJPEG',
      count: 1,
      width: 20,
      height: 30,
      dtype: 'uint8',
      QUALITY: '100',
      REVERSIBLE: 'YES',
    };
    beforeAll(() => {
      referee = new Referee();
    });
    afterAll(() => {
      referee.stop();
      folder.remove();
    });

    const places = [
      ['EPSG:32633', [330000, 10, 0, 5822040, 0, -10]],
      ['EPSG:4326', [13.25, 0.001, 0, 52.5, 0, -0.002]],
      ['EPSG:3035', [4321000, 20, 0, 3210000, 0, -20]],
      ['EPSG:31467', [3500000, 5, 0, 5500000, 0, -5]],
      ['EPSG:2393', [3400000, 5, 1, 6700000, 2, -5]],
      ['EPSG:3857', [1490000, 3, 0, 6890000, 0, -3]],
    ] as const;
    for (const [GeoJP2, GMLJP2] of [
      ['YES', 'NO'],
      ['NO', 'YES'],
    ] as const) {
      it.each(places)(`GeoJP2=${GeoJP2} GMLJP2=${GMLJP2} %s`, async (crs, transform) => {
        const path = join(folder.path, `${crs.slice(5)}-${GeoJP2}.jp2`);
        await referee.must({
          do: 'write',
          path,
          profile: { ...profile, crs, transform, GeoJP2, GMLJP2 },
        });
        const facts = await referee.must<RefereeFacts>({ do: 'read', path });
        const source = await openJpeg2000(path);
        const { grid } = source.description;
        expect([grid.crs, facts.epsg]).toEqual([crs, Number(crs.slice(5))]);
        facts.transform!.forEach((value, i) => expect(grid.transform?.[i]).toBeCloseTo(value, 6));
        await source.close();
      });
    }

    it('a world file beside a file without georeference', async () => {
      const path = join(folder.path, 'world.jp2');
      await referee.must({ do: 'write', path, profile });
      writeFileSync(path.replace('.jp2', '.j2w'), '10\n0\n0\n-10\n330005\n5822035\n');
      const facts = await referee.must<RefereeFacts>({ do: 'read', path });
      const source = await openJpeg2000(path);
      expect(source.description.grid.transform).toEqual(facts.transform);
      expect(source.description.files).toHaveLength(2);
      await source.close();
    });
  },
);

const codestream = { offset: 0, length: 4 };

describe('GML of a JP2 file', () => {
  /** A grid with its first pixel's centre at (100, 200) and pixels of 10 × 20. */
  const grid = (options: {
    readonly srsName?: string;
    readonly origin?: string;
    readonly vectors?: readonly string[];
    readonly axis?: string;
    readonly envelope?: string;
  }): string => {
    const name = options.srsName === undefined ? '' : ` srsName="${options.srsName}"`;
    const origin = options.origin ?? `<gml:Point${name}><gml:pos>100 200</gml:pos></gml:Point>`;
    const vectors = (options.vectors ?? ['10 0', '0 -20']).map(
      (vector) => `<gml:offsetVector${name}>${vector}</gml:offsetVector>`,
    );
    const envelope =
      options.envelope === undefined
        ? ''
        : `<gml:boundedBy><gml:Envelope srsName="${options.envelope}"/></gml:boundedBy>`;
    return (
      `<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml">${envelope}<gml:RectifiedGrid dimension="2">` +
      `<gml:axisName>${options.axis ?? 'x'}</gml:axisName>` +
      `${origin === '' ? '' : `<gml:origin>${origin}</gml:origin>`}${vectors.join('')}` +
      '</gml:RectifiedGrid></gml:FeatureCollection>'
    );
  };
  const read = (gml: string): Promise<Georeference> =>
    georeferenceOf({ codestream, gml }, 'scene.jp2');
  const transform = [95, 10, 0, 210, 0, -20];
  /** The same numbers as northing, easting. */
  const turned = [210, 0, -20, 95, 10, 0];

  it.each([
    ['urn:ogc:def:crs:EPSG::32633', 'EPSG:32633', transform],
    ['urn:x-ogc:def:crs:EPSG:6.9:32633', 'EPSG:32633', transform],
    ['http://www.opengis.net/gml/srs/epsg.xml#4326', 'EPSG:4326', transform],
    ['EPSG:3035', 'EPSG:3035', transform],
    ['urn:ogc:def:crs:OGC::CRS84', undefined, transform],
  ])('the system "%s"', async (srsName, crs, expected) => {
    const found = await read(grid({ srsName }));
    expect(found.crs).toBe(crs);
    expect(found.transform).toEqual(expected);
  });

  it('axes of a system that has northing first, unless the grid says otherwise', async () => {
    const srsName = 'urn:ogc:def:crs:EPSG::4326';
    const { transform: first } = await read(grid({ srsName }));
    expect(first).toEqual(turned);
    expect((await read(grid({ srsName, axis: 'Easting' }))).transform).toEqual(transform);
    expect((await read(grid({ envelope: srsName }))).transform).toEqual(transform);
    expect((await read(grid({ envelope: srsName }))).crs).toBe('EPSG:4326');
  });

  it('positions in the older element, with commas', async () => {
    const origin = '<gml:Point><gml:coordinates>100,200</gml:coordinates></gml:Point>';
    expect(await read(grid({ origin }))).toEqual({ transform });
  });

  it.each([
    ['no origin', { origin: '' }],
    ['an origin without a position', { origin: '<gml:Point/>' }],
    ['an origin of one number', { origin: '<gml:Point><gml:pos>100</gml:pos></gml:Point>' }],
    ['an origin that is no number', { origin: '<gml:Point><gml:pos>a b</gml:pos></gml:Point>' }],
    ['one vector', { vectors: ['10 0'] }],
    ['vectors of three dimensions', { vectors: ['10 0 0', '0 -20 0'] }],
    ['a second vector of one', { vectors: ['10 0', '-20'] }],
  ])('%s: the system alone', async (_, options) => {
    const envelope = 'EPSG:32633';
    expect(await read(grid({ ...options, envelope }))).toEqual({ crs: envelope });
  });

  it('a document without a grid says nothing', async () => {
    expect(await read('<a><NoRectifiedGrid/></a>')).toEqual({});
  });

  it('counts where the GeoTIFF in the file does not place the pixels', async () => {
    // A directory with one entry: a width of 1.
    const geoTiff = new Uint8Array(
      Buffer.from('49492a00080000000100000103000100000001000000' + '00000000', 'hex'),
    );
    expect(await georeferenceOf({ codestream, geoTiff }, 'scene.jp2')).toEqual({});
    const gml = grid({});
    expect(await georeferenceOf({ codestream, geoTiff, gml }, 'scene.jp2')).toEqual({ transform });
  });
});
