import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Referee } from './referee.ts';

export type SafeToWrite = {
  readonly folder: string;
  readonly level: '1C' | '2A';
  /** Processing baseline 04.00 and later have the offset. */
  readonly offset: boolean;
  /** Pixels of the 60 m grid in each direction; the others have 3 and 6 times as many. */
  readonly side60: number;
};

const resolutions: Readonly<Record<string, number>> = {
  B01: 60,
  B02: 10,
  B03: 10,
  B04: 10,
  B05: 20,
  B06: 20,
  B07: 20,
  B08: 10,
  B8A: 20,
  B09: 60,
  B10: 60,
  B11: 20,
  B12: 20,
};

/** The bands that a product of a level has. */
export function bandsOfLevel(level: '1C' | '2A'): string[] {
  return Object.keys(resolutions).filter((band) => level === '1C' || band !== 'B10');
}

/** File of a band relative to the product. */
export function bandFile(product: SafeToWrite, band: string): string {
  const granule = `GRANULE/L${product.level}_T33UUU_A000001_20240101T100000`;
  const name = `T33UUU_20240101T100000_${band}`;
  return product.level === '1C'
    ? `${granule}/IMG_DATA/${name}.jp2`
    : `${granule}/IMG_DATA/R${resolution(band)}m/${name}_${resolution(band)}m.jp2`;
}

function resolution(band: string): number {
  return band === 'SCL' ? 20 : resolutions[band]!;
}

/** Writes a small Sentinel-2 product: lossless JPEG 2000 by rasterio, and metadata of the published layout. */
export async function writeSafe(referee: Referee, product: SafeToWrite): Promise<void> {
  const bands = bandsOfLevel(product.level);
  const images = product.level === '2A' ? [...bands, 'SCL'] : bands;
  for (const [i, band] of images.entries()) {
    const metres = resolution(band);
    const side = (product.side60 * 60) / metres;
    await referee.must({
      do: 'write',
      path: join(product.folder, bandFile(product, band)),
      seed: i + 1,
      profile: {
        driver: 'JP2OpenJPEG',
        tiled: true,
        count: 1,
        width: side,
        height: side,
        dtype: band === 'SCL' ? 'uint8' : 'uint16',
        crs: 'EPSG:32633',
        transform: [300000, metres, 0, 5900040, 0, -metres],
        QUALITY: '100',
        REVERSIBLE: 'YES',
        BLOCKXSIZE: 64,
        BLOCKYSIZE: 64,
        ...(band === 'SCL' ? { values: 4 } : {}),
      },
    });
  }
  save(product, `MTD_MSIL${product.level}.xml`, productXml(product, images));
  save(
    product,
    `${dirname(dirname(bandFile(product, 'B02'))).replace(/\/IMG_DATA$/, '')}/MTD_TL.xml`,
    tileXml(product),
  );
}

function save(product: SafeToWrite, name: string, text: string): void {
  const path = join(product.folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

export function productXml(product: SafeToWrite, images: readonly string[]): string {
  const { level } = product;
  const prefix = level === '1C' ? 'RADIO' : 'BOA';
  const files = images
    .map((band) => `<IMAGE_FILE>${bandFile(product, band).replace(/\.jp2$/, '')}</IMAGE_FILE>`)
    .join('\n');
  const offsets = Object.keys(resolutions)
    .map((_, i) => `<${prefix}_ADD_OFFSET band_id="${i}">-1000</${prefix}_ADD_OFFSET>`)
    .join('');
  return `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-${level}_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-${level}.xsd">
<n1:General_Info><Product_Info><PRODUCT_START_TIME>2024-01-01T10:00:00.000Z</PRODUCT_START_TIME>
<PROCESSING_BASELINE>${product.offset ? '05.10' : '02.09'}</PROCESSING_BASELINE>
<Datatake><SPACECRAFT_NAME>Sentinel-2B</SPACECRAFT_NAME></Datatake>
<Product_Organisation><Granule_List><Granule granuleIdentifier="S2B_OPER_MSI_L${level}_TL_2BPS_20240101T100000_A000001_T33UUU_N05.10" imageFormat="JPEG2000">
${files}</Granule></Granule_List></Product_Organisation></Product_Info>
<Product_Image_Characteristics>
<Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>
<Special_Values><SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX></Special_Values>
${level === '1C' ? '<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>' : '<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>'}
${product.offset ? `<Offsets>${offsets}</Offsets>` : ''}
</Product_Image_Characteristics></n1:General_Info></n1:Level-${level}_User_Product>`;
}

export function tileXml(product: SafeToWrite): string {
  const grids = [10, 20, 60].map((metres) => {
    const side = (product.side60 * 60) / metres;
    return `<Size resolution="${metres}"><NROWS>${side}</NROWS><NCOLS>${side}</NCOLS></Size>
<Geoposition resolution="${metres}"><ULX>300000</ULX><ULY>5900040</ULY><XDIM>${metres}</XDIM><YDIM>-${metres}</YDIM></Geoposition>`;
  });
  return `<?xml version="1.0"?><n1:Level-${product.level}_Tile_ID xmlns:n1="tile"><n1:Geometric_Info><Tile_Geocoding>
<HORIZONTAL_CS_NAME>WGS84 / UTM zone 33N</HORIZONTAL_CS_NAME><HORIZONTAL_CS_CODE>EPSG:32633</HORIZONTAL_CS_CODE>
${grids.join('\n')}</Tile_Geocoding></n1:Geometric_Info></n1:Level-${product.level}_Tile_ID>`;
}
