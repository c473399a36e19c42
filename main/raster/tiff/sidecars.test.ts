import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { SceneDescription } from '../../../app/raster/scene.ts';
import { openTiff } from './openTiff.ts';
import { hasReferee, skipped, startReferee } from './testing/childReader.ts';
import { imageFields, type WrittenField, writeTiff } from './testing/writeTiff.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-sidecars-'));
const path = join(folder, 'scene.tif');

beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Describes an image of two bands of 2 × 1 bytes with these files beside it, by their endings. */
async function described(
  beside: Readonly<Record<string, string>>,
  more: readonly WrittenField[] = [],
): Promise<SceneDescription> {
  const fields = [...imageFields({ width: 2, height: 1, samples: 2 }), ...more];
  const blocks = [Uint8Array.of(1, 2, 3, 4)];
  writeFileSync(path, writeTiff({ directories: [{ fields, blocks }] }).bytes);
  for (const [ending, content] of Object.entries(beside))
    writeFileSync(`${join(folder, 'scene')}${ending}`, content);
  const scene = await openTiff(path);
  await scene.close();
  return scene.description;
}

describe('a world file', () => {
  const world = '10\n0\n0\n-10\n505\n995\n';

  it.each(['.tfw', '.tifw', '.wld'])('%s places the scene', async (ending) => {
    const { grid, files } = await described({ [ending]: world });
    expect(grid.transform).toEqual([500, 10, 0, 1000, 0, -10]);
    expect(files).toEqual([path, join(folder, `scene${ending}`)]);
  });

  it.each([
    ['with commas for points', '0,5 0 0 -0,5 1 2', [0.75, 0.5, 0, 2.25, 0, -0.5]],
    ['of a turned scene', '0 2 3 0 1 2', [-0.5, 0, 3, 1, 2, 0]],
    ['of five numbers', '10 0 0 -10 505', undefined],
    ['of words', 'ten 0 0 -10 505 995', undefined],
    ['of pixels without width', '0 0 0 -10 505 995', undefined],
    ['of pixels without height', '10 0 0 0 505 995', undefined],
    ['that is empty', '', undefined],
  ])('%s', async (_, text, expected) => {
    expect((await described({ '.tfw': text })).grid.transform).toEqual(expected);
  });

  it('does not move a scene that has its own place', async () => {
    const own: WrittenField[] = [
      { tag: 33550, type: 12, values: [2, 2, 0] },
      { tag: 33922, type: 12, values: [0, 0, 0, 7, 9, 0] },
    ];
    const { grid } = await described({ '.tfw': world }, own);
    expect(grid.transform).toEqual([7, 2, 0, 9, 0, -2]);
  });

  it('of a file without an ending is looked for', async () => {
    const bare = join(folder, 'bare');
    const fields = imageFields({ width: 1, height: 1 });
    writeFileSync(bare, writeTiff({ directories: [{ fields, blocks: [Uint8Array.of(1)] }] }).bytes);
    writeFileSync(`${bare}.tfw`, world);
    const scene = await openTiff(bare);
    await scene.close();
    expect(scene.description.grid.transform).toEqual([500, 10, 0, 1000, 0, -10]);
  });
});

describe('an .aux.xml', () => {
  const aux = (...content: string[]): Readonly<Record<string, string>> => ({
    '.tif.aux.xml': `<PAMDataset>${content.join('')}</PAMDataset>`,
  });
  const band = (number: string, ...content: string[]): string =>
    `<PAMRasterBand band="${number}">${content.join('')}</PAMRasterBand>`;

  it('names, scales and classes of a band, and statistics', async () => {
    const mdi = (key: string, value: string): string => `<MDI key="${key}">${value}</MDI>`;
    const { bands, classNames } = await described(
      aux(
        band(
          '1',
          ...['<Description>NDVI</Description>', '<NoDataValue>3</NoDataValue>'],
          ...['<Scale>0.5</Scale>', '<Offset>-1</Offset>', '<UnitType>K</UnitType>'],
          '<CategoryNames><Category/><Category>Water</Category></CategoryNames>',
          '<Metadata>',
          mdi('STATISTICS_MINIMUM', '1'),
          mdi('STATISTICS_MAXIMUM', '4'),
          mdi('STATISTICS_MEAN', '2'),
          mdi('STATISTICS_STDDEV', '0.5'),
          mdi('STATISTICS_VALID_PERCENT', '75'),
          '<MDI>no key</MDI></Metadata>',
        ),
      ),
    );
    expect(bands[0]).toMatchObject({
      ...{ name: 'NDVI', nodata: 3, scale: 0.5, offset: -1, unit: 'K' },
      statistics: { min: 1, max: 4, mean: 2, std: 0.5, validPercent: 75 },
    });
    expect(classNames).toEqual(new Map([[1, 'Water']]));
    expect(bands[1]).toMatchObject({ name: 'band 2', scale: 1 });
  });

  it('yields to what the file itself says', async () => {
    const own = '<GDALMetadata><Item name="SCALE" sample="0" role="scale">4</Item></GDALMetadata>';
    const beside = aux(band('1', '<Scale>0.5</Scale><NoDataValue>3</NoDataValue>'));
    const { bands } = await described(beside, [
      { tag: 42112, type: 2, values: own },
      { tag: 42113, type: 2, values: '2' },
    ]);
    expect(bands[0]).toMatchObject({ scale: 4, nodata: 2 });
  });

  const placed = (): Promise<SceneDescription> => {
    const beside = {
      ...aux('<GeoTransform>1, 2, 0, 3, 0, -4</GeoTransform>'),
      '.tfw': '5 0 0 5 5 5',
    };
    const own: WrittenField[] = [
      { tag: 33550, type: 12, values: [2, 2, 0] },
      { tag: 33922, type: 12, values: [0, 0, 0, 7, 9, 0] },
    ];
    return described(beside, own);
  };

  it('places the scene, before its own place and a world file', async () => {
    expect((await placed()).grid.transform).toEqual([1, 2, 0, 3, 0, -4]);
  });

  it.skipIf(!hasReferee)(`places the scene where rasterio does${skipped}`, async () => {
    const { grid } = await placed();
    const referee = startReferee();
    expect((await referee.ask(path))!.transform).toEqual(grid.transform);
    referee.stop();
  });

  it.each([
    ['is no XML', '<PAMDataset><'],
    ['is of something else', '<Other/>'],
    ['has half a place', '<PAMDataset><GeoTransform>1, 2</GeoTransform></PAMDataset>'],
    ['has a place in words', '<PAMDataset><GeoTransform>a,b,c,d,e,f</GeoTransform></PAMDataset>'],
    ['describes bands that are not there', `<PAMDataset>${band('x')}${band('0')}</PAMDataset>`],
  ])('adds nothing where it %s', async (_, content) => {
    const { grid, bands } = await described({ '.tif.aux.xml': content });
    expect(grid.transform).toBeUndefined();
    expect(bands[0]).toEqual({ name: 'band 1', type: 'uint8', scale: 1, offset: 0 });
  });

  it('with a document type is refused, one of gigabytes not read', async () => {
    await expect(described({ '.tif.aux.xml': '<!DOCTYPE a><PAMDataset/>' })).rejects.toMatchObject({
      code: 'corrupt',
    });
    const beside = aux('<GeoTransform>1, 2, 0, 3, 0, -4</GeoTransform>');
    await described(beside);
    // Spaces would do; the file is sparse so that it costs nothing.
    truncateSync(join(folder, 'scene.tif.aux.xml'), 2 ** 26 + 1);
    const scene = await openTiff(path);
    await scene.close();
    expect(scene.description.grid.transform).toBeUndefined();
  });
});
