import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SceneDescription } from '../../../app/raster/scene.ts';
import { openScene } from '../formats.ts';
import { temporaryFolder } from './testing/files.ts';
import { noReferee, Referee, type RefereeFacts } from './testing/referee.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const png = encode({ width: 3, height: 2, channels: 1, data: new Uint8Array(6) });
const world = '10\n0\n0\n-20\n330005\n5822030\n';
const transform = [330000, 10, 0, 5822040, 0, -20];
const wgs84 =
  'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],' +
  'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]';
const aux = (content: string): string => `<PAMDataset>${content}</PAMDataset>`;
const geoTransform = '<GeoTransform>330000, 10, 0, 5822040, 0, -20</GeoTransform>';

/** A picture with these files beside it; returns its path. */
function beside(files: Readonly<Record<string, string>>): string {
  const place = folder.newFolder();
  writeFileSync(join(place, 'a.png'), png);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  return join(place, 'a.png');
}

async function describeScene(path: string): Promise<SceneDescription> {
  const source = await openScene(path);
  await source.close();
  return source.description;
}

describe('georeference beside a picture', () => {
  it.each([
    ['a world file', { 'a.pgw': world }, { transform }, ['a.pgw']],
    ['names in capitals', { 'A.PGW': world }, { transform }, ['A.PGW']],
    [
      'a world file and a system',
      { 'a.wld': world, 'a.prj': wgs84 },
      { crs: 'EPSG:4326', transform },
      ['a.wld', 'a.prj'],
    ],
    ['a system that nothing is placed in', { 'a.prj': wgs84 }, {}, []],
    ['a world file that is none', { 'a.pgw': 'ten\n0\n', 'a.prj': wgs84 }, {}, []],
    [
      'all in one',
      { 'a.png.aux.xml': aux(`<SRS>${wgs84.replaceAll('"', '&quot;')}</SRS>${geoTransform}`) },
      { crs: 'EPSG:4326', transform },
      ['a.png.aux.xml'],
    ],
    [
      'a place in the one, a system in the other',
      { 'a.png.aux.xml': aux(geoTransform), 'a.prj': wgs84 },
      { crs: 'EPSG:4326', transform },
      ['a.png.aux.xml', 'a.prj'],
    ],
    [
      'a system in the one, a place in the other',
      { 'a.png.aux.xml': aux('<SRS>EPSG:3035</SRS>'), 'a.pgw': world, 'a.prj': wgs84 },
      { crs: 'EPSG:3035', transform },
      ['a.png.aux.xml', 'a.pgw'],
    ],
    [
      'a place of five numbers',
      { 'a.png.aux.xml': aux('<GeoTransform>1,2,3,4,5</GeoTransform>') },
      {},
      [],
    ],
    [
      'a place that is no number',
      { 'a.png.aux.xml': aux('<GeoTransform>a,1,0,0,0,1</GeoTransform>') },
      {},
      [],
    ],
    ['statistics alone', { 'a.png.aux.xml': aux('<SRS></SRS><Histograms/>') }, {}, []],
    ['another document', { 'a.png.aux.xml': '<Other><SRS>EPSG:3035</SRS></Other>' }, {}, []],
    ['a damaged document', { 'a.png.aux.xml': '<PAMDataset><SRS>' }, {}, []],
  ] as const)('%s', async (_, files, georeference, read) => {
    const path = beside(files);
    const { grid, files: named } = await describeScene(path);
    expect(grid).toEqual({ width: 3, height: 2, ...georeference });
    expect(named).toEqual([path, ...read.map((name) => join(path, '..', name))]);
  });
});

describe.skipIf(noReferee !== undefined)(`beside rasterio ${noReferee ?? ''}`, () => {
  let referee: Referee;
  beforeAll(() => {
    referee = new Referee();
  });
  afterAll(() => referee.stop());

  it.each(['EPSG:32633', 'EPSG:4326', 'EPSG:3035'])('what GDAL writes in %s', async (crs) => {
    const path = join(folder.path, `${crs.slice(5)}.png`);
    await referee.must({
      do: 'write',
      path,
      profile: { driver: 'PNG', count: 1, width: 8, height: 9, dtype: 'uint8', crs, transform },
    });
    const facts = await referee.must<RefereeFacts>({ do: 'read', path });
    const { grid } = await describeScene(path);
    expect([grid.crs, grid.transform]).toEqual([`EPSG:${facts.epsg}`, facts.transform]);
  });
});
