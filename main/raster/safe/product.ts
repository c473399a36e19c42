import { basename, isAbsolute, join, normalize, sep } from 'node:path';
import { AppError } from '../../../app/error.ts';
import { exists, listFolder, readText } from '../scenes/files.ts';
import { attributeOf, descendants, parseDocument, textOf } from '../scenes/xml.ts';

type Element = ReturnType<typeof parseDocument>;

/** One image of a granule. */
export type SafeImage = {
  /** `B02`, `B8A`, `SCL`, `TCI`, `AOT` … */
  readonly name: string;
  /** Metres, where the name states it (Level-2A). */
  readonly resolution?: number;
  readonly path: string;
};

/** One tile of a product. Products since 2016 have one. */
export type SafeGranule = {
  /** `T33UUU`, else the whole identifier. */
  readonly tile: string;
  readonly images: readonly SafeImage[];
  readonly metadataPath: string;
};

/** What a product's metadata say. */
export type SafeProduct = {
  readonly folder: string;
  readonly metadataPath: string;
  readonly level: 'L1C' | 'L2A';
  readonly spacecraft: string;
  readonly baseline: string;
  readonly sensed: string;
  /** Reflectance = (number + offset) / quantification. */
  readonly quantification: number;
  /** By band identifier (0 = B01 … 12 = B12, B8A is 8); 0 before processing baseline 04.00. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly nodata: number;
  readonly saturated: number;
  /** Centre wavelength in nanometres by band name. */
  readonly centres: ReadonlyMap<string, number>;
  readonly granules: readonly SafeGranule[];
};

const productFile = /^(MTD_MSIL(1B|1C|2A)|S2\w_(OPER|USER)_MTD_SAFL(1B|1C|2A).*)\.xml$/i;

/** The product metadata in a folder, or undefined where it is no Sentinel-2 product. */
export function findProductFile(folder: string): string | undefined {
  const found = listFolder(folder).find((entry) => entry.isFile() && productFile.test(entry.name));
  return found === undefined ? undefined : join(folder, found.name);
}

/** @throws AppError `corrupt`, `unsupported`, `not-found` */
export async function readProduct(folder: string, metadataPath: string): Promise<SafeProduct> {
  const root = parseDocument(await readText(metadataPath), metadataPath);
  const level = levelOf(root, metadataPath);
  const quantification = quantificationOf(root, level);
  if (!(quantification > 0)) throw lacking(metadataPath, 'quantification value');
  const special = specialValues(root);
  return {
    folder,
    metadataPath,
    level,
    spacecraft: textOf(root, 'SPACECRAFT_NAME') ?? 'Sentinel-2',
    baseline: textOf(root, 'PROCESSING_BASELINE') ?? '',
    sensed: textOf(root, 'PRODUCT_START_TIME') ?? '',
    quantification,
    offsets: offsetsOf(root, level === 'L1C' ? 'RADIO_ADD_OFFSET' : 'BOA_ADD_OFFSET'),
    nodata: special.get('NODATA') ?? 0,
    saturated: special.get('SATURATED') ?? 65535,
    centres: centresOf(root),
    granules: granulesOf(root, folder, metadataPath),
  };
}

function levelOf(root: Element, path: string): 'L1C' | 'L2A' {
  if (descendants(root, 'Level-1C_User_Product').length > 0) return 'L1C';
  if (descendants(root, 'Level-2A_User_Product').length > 0) return 'L2A';
  throw new AppError(
    'unsupported',
    `${path} is not a Sentinel-2 Level-1C or Level-2A product; only those are on a map grid. Download one of them.`,
    { path },
  );
}

function quantificationOf(root: Element, level: 'L1C' | 'L2A'): number {
  const names =
    level === 'L1C'
      ? ['QUANTIFICATION_VALUE']
      : ['BOA_QUANTIFICATION_VALUE', 'L2A_BOA_QUANTIFICATION_VALUE', 'QUANTIFICATION_VALUE'];
  const text = names.map((name) => textOf(root, name)).find((found) => found !== undefined);
  return Number(text);
}

function specialValues(root: Element): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const element of descendants(root, 'Special_Values')) {
    const value = Number(textOf(element, 'SPECIAL_VALUE_INDEX'));
    if (Number.isFinite(value)) values.set(textOf(element, 'SPECIAL_VALUE_TEXT') ?? '', value);
  }
  return values;
}

function offsetsOf(root: Element, name: string): ReadonlyMap<number, number> {
  const offsets = new Map<number, number>();
  for (const element of descendants(root, name)) {
    const value = Number(element.text);
    const band = Number(attributeOf(element, 'band_id'));
    if (Number.isFinite(value) && Number.isInteger(band)) offsets.set(band, value);
  }
  return offsets;
}

function centresOf(root: Element): ReadonlyMap<string, number> {
  const centres = new Map<string, number>();
  for (const element of descendants(root, 'Spectral_Information')) {
    const band = /^B(\d{1,2}|8A)$/.exec(attributeOf(element, 'physicalBand') ?? '');
    const centre = Number(textOf(element, 'CENTRAL'));
    if (band !== null && centre > 0) centres.set(`B${band[1]!.padStart(2, '0')}`, centre);
  }
  return centres;
}

const imageTags = ['IMAGE_FILE', 'IMAGE_FILE_2A', 'IMAGE_ID', 'IMAGE_ID_2A'];

function granulesOf(root: Element, folder: string, path: string): SafeGranule[] {
  const images = new Map<string, SafeImage[]>();
  for (const element of [...descendants(root, 'Granule'), ...descendants(root, 'Granules')]) {
    const identifier = attributeOf(element, 'granuleIdentifier') ?? '';
    const list = images.get(identifier) ?? [];
    for (const tag of imageTags) {
      for (const image of descendants(element, tag)) {
        list.push(imageOf(image.text.trim(), { folder, identifier, path }));
      }
    }
    images.set(identifier, list);
  }
  const granules = [...images]
    .filter(([, list]) => list.length > 0)
    .map(
      ([identifier, list]): SafeGranule => ({
        tile: /T\d{2}[A-Z]{3}/.exec(identifier)?.[0] ?? identifier,
        images: list,
        metadataPath: tileMetadata(folder, identifier, list),
      }),
    );
  if (granules.length === 0) throw lacking(path, 'list of images');
  return granules;
}

function imageOf(
  text: string,
  product: { readonly folder: string; readonly identifier: string; readonly path: string },
): SafeImage {
  const relative = text.includes('/') ? text : oldPath(text, product.identifier);
  const clean = normalize(relative);
  if (clean === '' || isAbsolute(clean) || clean === '..' || clean.startsWith(`..${sep}`)) {
    throw new AppError(
      'corrupt',
      `${product.path} names an image outside of the product (${text.slice(0, 80)}). Download the product again.`,
      { path: product.path },
    );
  }
  const stem = text.slice(text.lastIndexOf('/') + 1);
  const resolution = /_(10|20|60)m$/.exec(stem)?.[1];
  const plain = resolution === undefined ? stem : stem.slice(0, -4);
  const name =
    /_(B\d[\dA]|TCI|AOT|WVP|SCL|SNW|CLD|DEM)$/.exec(plain)?.[1] ??
    /_(TCI|AOT|WVP|SCL|SNW|CLD|DEM)_/.exec(plain)?.[1] ??
    plain;
  return {
    name,
    path: join(product.folder, `${clean}.jp2`),
    ...(resolution === undefined ? {} : { resolution: Number(resolution) }),
  };
}

/** Products before 2016 list identifiers; Level-2A ones lie in a folder by resolution. */
function oldPath(identifier: string, granule: string): string {
  const resolution = /_(\d{2}m)$/.exec(identifier)?.[1];
  const inside = resolution === undefined ? identifier : `R${resolution}/${identifier}`;
  return `GRANULE/${granule}/IMG_DATA/${inside}`;
}

function tileMetadata(folder: string, identifier: string, images: readonly SafeImage[]): string {
  const within = images[0]!.path.slice(folder.length + 1).split(sep);
  const granule = join(folder, 'GRANULE', within[1] ?? basename(identifier));
  if (!exists(granule)) return join(granule, 'MTD_TL.xml');
  const file = listFolder(granule).find((entry) => /MTD.*\.xml$/i.test(entry.name));
  return join(granule, file?.name ?? 'MTD_TL.xml');
}

function lacking(path: string, what: string): AppError {
  return new AppError(
    'corrupt',
    `${path} has no ${what}, which is needed to read the product. Download it again.`,
    { path },
  );
}
