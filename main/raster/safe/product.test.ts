import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import { productXml, type SafeToWrite, tileXml } from '../scenes/testing/safeProduct.ts';
import { findProductFile, readProduct, type SafeProduct } from './product.ts';
import { readTileGrids, type TileGrids } from './tileGrid.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Reads product metadata of this text, in a folder of their own. */
function readText(text: string, files: readonly string[] = []): Promise<SafeProduct> {
  const place = folder.newFolder();
  for (const file of [...files, 'MTD_MSIL1C.xml']) {
    mkdirSync(join(place, file, '..'), { recursive: true });
    writeFileSync(join(place, file), text);
  }
  return readProduct(place, findProductFile(place)!);
}

const product = (level: '1C' | '2A'): SafeToWrite => ({
  folder: folder.path,
  level,
  offset: true,
  side60: 20,
});

/** A Level-1C product with one granule, around these contents. */
const around = (granule: string, characteristics = ''): string =>
  `<Level-1C_User_Product>${granule}<Product_Image_Characteristics>${characteristics}` +
  '<QUANTIFICATION_VALUE>10000</QUANTIFICATION_VALUE></Product_Image_Characteristics></Level-1C_User_Product>';
const identifier = 'S2A_OPER_MSI_L1C_TL_EPA__20150801T101010_A000123_T32TQR_N02.04';
const granule = (images: string, attribute = `granuleIdentifier="${identifier}"`): string =>
  `<Granule_List><Granules ${attribute}>${images}</Granules></Granule_List>`;
const image = '<IMAGE_ID>S2A_OPER_MSI_L1C_TL_EPA__20150801T101010_A000123_T32TQR_B02</IMAGE_ID>';

describe('metadata of a Sentinel-2 product', () => {
  it('what a product says of itself', async () => {
    const text = productXml(product('1C'), ['B01', 'B8A']);
    const found = await readText(text);
    expect(found).toMatchObject({
      level: 'L1C',
      spacecraft: 'Sentinel-2B',
      baseline: '05.10',
      sensed: '2024-01-01T10:00:00.000Z',
      quantification: 10000,
      nodata: 0,
      saturated: 65535,
    });
    expect([...found.offsets]).toEqual(Array.from({ length: 13 }, (_, i) => [i, -1000]));
    expect(found.granules.map((one) => one.tile)).toEqual(['T33UUU']);
    expect(found.granules[0]!.images.map((one) => one.name)).toEqual(['B01', 'B8A']);
    const level2 = await readText(productXml(product('2A'), ['B02', 'SCL']));
    expect(level2.granules[0]!.images.map(({ name, resolution }) => [name, resolution])).toEqual([
      ['B02', 10],
      ['SCL', 20],
    ]);
  });

  it('what it leaves out has the usual value', async () => {
    const found = await readText(around(granule(image)));
    expect(found).toMatchObject({
      spacecraft: 'Sentinel-2',
      baseline: '',
      sensed: '',
      nodata: 0,
      saturated: 65535,
    });
    expect([found.offsets.size, found.centres.size]).toEqual([0, 0]);
  });

  it('numbers that are none are passed over', async () => {
    const special = (name: string, value: string): string =>
      `<Special_Values>${name}<SPECIAL_VALUE_INDEX>${value}</SPECIAL_VALUE_INDEX></Special_Values>`;
    const named = (name: string): string => `<SPECIAL_VALUE_TEXT>${name}</SPECIAL_VALUE_TEXT>`;
    const spectral = (attribute: string, centre: string): string =>
      `<Spectral_Information ${attribute}><Wavelength><CENTRAL>${centre}</CENTRAL></Wavelength></Spectral_Information>`;
    const found = await readText(
      around(
        granule(image),
        special(named('NODATA'), '7') +
          special(named('SATURATED'), 'none') +
          special('', '5') +
          '<RADIO_ADD_OFFSET band_id="0">-1000</RADIO_ADD_OFFSET><RADIO_ADD_OFFSET band_id="1">x</RADIO_ADD_OFFSET>' +
          '<RADIO_ADD_OFFSET>-5</RADIO_ADD_OFFSET>' +
          spectral('bandId="0" physicalBand="B1"', '442.3') +
          spectral('physicalBand="B8A"', '864') +
          spectral('physicalBand="B2"', 'x') +
          spectral('physicalBand="TCI"', '500') +
          spectral('', '600'),
      ),
    );
    expect([found.nodata, found.saturated]).toEqual([7, 65535]);
    expect([...found.offsets]).toEqual([[0, -1000]]);
    expect([...found.centres]).toEqual([
      ['B01', 442.3],
      ['B8A', 864],
    ]);
  });

  it('images by identifier, as before 2016: in the folder of the granule, Level-2A by resolution', async () => {
    const text = around(granule(`${image}${image.replace('B02', 'SCL_20m')}`));
    const found = await readText(text, [`GRANULE/${identifier}/S2A_OPER_MTD_L1C_TL.xml`]);
    const [tile] = found.granules;
    expect(tile!.tile).toBe('T32TQR');
    const inside = join(found.folder, 'GRANULE', identifier);
    const stem = 'S2A_OPER_MSI_L1C_TL_EPA__20150801T101010_A000123_T32TQR';
    expect(tile!.images.map((one) => one.path)).toEqual([
      join(inside, 'IMG_DATA', `${stem}_B02.jp2`),
      join(inside, 'IMG_DATA', 'R20m', `${stem}_SCL_20m.jp2`),
    ]);
    expect(tile!.metadataPath).toBe(join(inside, 'S2A_OPER_MTD_L1C_TL.xml'));
  });

  it('a tile by its whole identifier where that names no grid square; its metadata where they belong', async () => {
    const images = '<IMAGE_FILE>GRANULE/one/IMG_DATA/T_B02</IMAGE_FILE>';
    const found = await readText(around(granule(images, 'granuleIdentifier="field7"')));
    expect(found.granules[0]).toMatchObject({
      tile: 'field7',
      metadataPath: join(found.folder, 'GRANULE/one/MTD_TL.xml'),
    });
    const empty = await readText(around(granule(images, '')), ['GRANULE/one/readme.txt']);
    expect(empty.granules[0]).toMatchObject({
      tile: '',
      metadataPath: join(empty.folder, 'GRANULE/one/MTD_TL.xml'),
    });
    const beside = await readText(around(granule('<IMAGE_FILE>./B02</IMAGE_FILE>')));
    expect(beside.granules[0]!.metadataPath).toBe(
      join(beside.folder, 'GRANULE', identifier, 'MTD_TL.xml'),
    );
  });

  it('no list of images: refused', async () => {
    for (const text of [around(''), around(granule(''))]) {
      const error = await errorOf(readText(text));
      expect([error.code, error.message.includes('has no list of images')]).toEqual([
        'corrupt',
        true,
      ]);
    }
  });
});

describe('grids of a tile', () => {
  const read = (text: string): Promise<TileGrids> => {
    const path = folder.newPath('.xml');
    writeFileSync(path, text);
    return readTileGrids(path);
  };
  const whole = tileXml(product('1C'));

  it('by pixel size; one without its place or size is left out', async () => {
    const grids = await read(whole);
    expect([...grids.keys()]).toEqual([10, 20, 60]);
    expect(grids.get(60)).toEqual({
      width: 20,
      height: 20,
      crs: 'EPSG:32633',
      transform: [300000, 60, 0, 5900040, 0, -60],
    });
    const damaged = whole
      .replace('<Size resolution="10">', '<Size resolution="11">')
      .replace('<ULX>300000</ULX><ULY>5900040</ULY><XDIM>20</XDIM>', '<XDIM>20</XDIM>');
    expect([...(await read(damaged)).keys()]).toEqual([60]);
  });

  it('without a coordinate system', async () => {
    const grids = await read(whole.replace(/<HORIZONTAL_CS_CODE>.*<\/HORIZONTAL_CS_CODE>/, ''));
    expect(grids.get(10)).toEqual({
      width: 120,
      height: 120,
      transform: [300000, 10, 0, 5900040, 0, -10],
    });
  });

  it('none at all: refused', async () => {
    const error = await errorOf(read(whole.replaceAll('Geoposition', 'Elsewhere')));
    expect([error.code, error.message.includes('does not say where the tile lies')]).toEqual([
      'corrupt',
      true,
    ]);
  });
});
