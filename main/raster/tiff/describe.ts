import type { Grid } from '../../../app/raster/grid.ts';
import type { Palette, SceneDescription } from '../../../app/raster/scene.ts';
import { describeBands, nodataOf, parseNodata } from './bands.ts';
import { crsOf } from './crs.ts';
import { type Directory, readNumbers, readText, type TiffFile } from './directory.ts';
import { fillOf } from './fill.ts';
import { type GdalMetadata, readGdalMetadata } from './gdalMetadata.ts';
import { readGeoKeys } from './geoKeys.ts';
import type { ImageLayout } from './layout.ts';
import type { Pages, Pyramid } from './pyramid.ts';
import type { Sidecars } from './sidecars.ts';
import { photometric, tags } from './tags.ts';
import { readTransform } from './transform.ts';

/** What a file says about its samples beside their layout. */
export type Facts = {
  readonly metadata: GdalMetadata;
  readonly nodata: number | undefined;
  /** The sample of blocks that were never written. */
  readonly fill: number | bigint;
  readonly classNames: ReadonlyMap<number, string> | undefined;
};

/** @throws AppError `corrupt` for unsafe metadata */
export async function readFacts(
  file: TiffFile,
  directory: Directory,
  layout: ImageLayout,
  sidecars: Sidecars,
): Promise<Facts> {
  const own = await readGdalMetadata(file, directory);
  const field = directory.fields.get(tags.gdalNodata);
  const auxiliary = sidecars.auxiliary?.bands;
  const text = field === undefined ? auxiliary?.get(0)?.nodata : await readText(file, field);
  const categories = auxiliary?.get(0)?.categories;
  return {
    metadata: auxiliary === undefined ? own : merge(own, sidecars),
    nodata: text === undefined ? undefined : nodataOf(layout.type, parseNodata(text)),
    fill: fillOf(layout.type, text),
    classNames:
      categories === undefined
        ? undefined
        : new Map([...categories.entries()].filter(([, name]) => name !== '')),
  };
}

/** Items of the sidecar beside the file's own, which win. */
function merge(own: GdalMetadata, sidecars: Sidecars): GdalMetadata {
  const bands = new Map(own.bands);
  for (const [index, band] of sidecars.auxiliary!.bands) {
    const description: [string, string][] =
      band.description === undefined ? [] : [['DESCRIPTION', band.description]];
    bands.set(index, new Map([...band.items, ...description, ...(own.bands.get(index) ?? [])]));
  }
  return { dataset: own.dataset, bands };
}

/** Puts the description of a scene together. */
export async function describe(
  file: TiffFile,
  pages: Pages,
  parts: Facts & {
    readonly layout: ImageLayout;
    readonly pixels: Pyramid;
    readonly sidecars: Sidecars;
  },
): Promise<SceneDescription> {
  const { layout, metadata, nodata, sidecars, classNames, pixels } = parts;
  const keys = await readGeoKeys(file, pages.main);
  const own = await readTransform(file, pages.main, keys);
  const transform = sidecars.auxiliary?.transform ?? own ?? sidecars.world;
  const crs = await crsOf(keys);
  const grid: Grid = {
    width: layout.width,
    height: layout.height,
    ...(crs === undefined ? {} : { crs }),
    ...(transform === undefined ? {} : { transform }),
  };
  const palette = await readPalette(file, pages.main, layout, nodata);
  const { uri } = file.source;
  return {
    uri,
    format: (await isCog(file)) ? 'COG' : 'GTiff',
    grid,
    bands: describeBands({ layout, metadata, nodata: new Array(layout.samples).fill(nodata) }),
    overviews: pixels.images.slice(1).map(({ blocks }) => ({
      width: blocks.layout.width,
      height: blocks.layout.height,
    })),
    block: { width: layout.blockWidth, height: layout.blockHeight },
    metadata: await textMetadata(file, pages, metadata),
    files: [uri, ...sidecars.files],
    ...(palette === undefined ? {} : { palette }),
    ...(classNames === undefined ? {} : { classNames }),
  };
}

/** GDAL's own mark of a cloud optimised file, right after the header. */
async function isCog({ source, layout }: TiffFile): Promise<boolean> {
  const offset = layout.bigTiff ? 16 : 8;
  const length = Math.min(120, source.size - offset);
  const [bytes] = await source.read([{ offset, length }]);
  return Buffer.from(bytes!).toString('latin1').includes('LAYOUT=IFDS_BEFORE_DATA');
}

async function textMetadata(
  file: TiffFile,
  pages: Pages,
  metadata: GdalMetadata,
): Promise<Record<string, string>> {
  const result = new Map(Object.entries(metadata.dataset));
  for (const [name, tag] of [
    ['TIFFTAG_IMAGEDESCRIPTION', tags.imageDescription],
    ['TIFFTAG_SOFTWARE', tags.software],
    ['TIFFTAG_DATETIME', tags.dateTime],
  ] as const) {
    const field = pages.main.fields.get(tag);
    if (field?.type === 2 && field.count < 2 ** 20) result.set(name, await readText(file, field));
  }
  return Object.fromEntries(result);
}

/** The colour map, 8 bits a colour; the nodata class is transparent. */
async function readPalette(
  file: TiffFile,
  directory: Directory,
  layout: ImageLayout,
  nodata: number | undefined,
): Promise<Palette | undefined> {
  const field = directory.fields.get(tags.colorMap);
  if (field === undefined || layout.photometric !== photometric.palette) return undefined;
  const values = await readNumbers(file, field);
  const count = Math.floor(values.length / 3);
  // Some writers store 0 to 255 instead of 0 to 65535.
  const divisor = values.every((value) => value < 256) ? 1 : 256;
  const colour = (at: number): number => Math.floor(values[at]! / divisor);
  return new Map(
    Array.from({ length: count }, (_, i) => [
      i,
      [colour(i), colour(count + i), colour(2 * count + i), i === nodata ? 0 : 255] as const,
    ]),
  );
}
