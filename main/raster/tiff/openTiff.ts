import { AppError } from '../../../app/error.ts';
import type { Grid } from '../../../app/raster/grid.ts';
import type {
  Palette,
  RasterBlock,
  ReadRequest,
  SceneDescription,
  SceneSource,
} from '../../../app/raster/scene.ts';
import { alphaBand, describeBands, nodataOf, parseNodata } from './bands.ts';
import { BlockCache } from './blockCache.ts';
import { BlockReader } from './blocks.ts';
import { type ByteSource, openFile } from './byteSource.ts';
import { crsOf } from './crs.ts';
import { type Directory, readHeader, readNumbers, readText, type TiffFile } from './directory.ts';
import { type GdalMetadata, readGdalMetadata } from './gdalMetadata.ts';
import { readGeoKeys } from './geoKeys.ts';
import { openHttp } from './httpSource.ts';
import { type ReadState, TiffImage } from './image.ts';
import { type ImageLayout, readLayout } from './layout.ts';
import { bothValid, maskFromAlpha, maskOf } from './masks.ts';
import { openCopies, type Pages, type Pyramid, readPages, readPyramid } from './pyramid.ts';
import { findSidecars, type Sidecars } from './sidecars.ts';
import { photometric, tags } from './tags.ts';
import { readTransform } from './transform.ts';

export { isTiff } from './directory.ts';

export type TiffOptions = {
  /** Bytes of decoded tiles that are kept; by default enough for a scan in windows with halo (three rows of tiles), 64 to 256 MiB. */
  readonly cacheBytes?: number;
  readonly signal?: AbortSignal;
};

/** A GeoTIFF, COG or BigTIFF; its counters show what reading cost. */
export type TiffSource = SceneSource & {
  counters(): {
    /** Compressed tiles or strips decoded. */
    readonly decoded: number;
    readonly bytes: number;
    readonly requests: number;
  };
};

/** A pyramid of pixels, one of masks, and what both mean. */
type Opened = {
  readonly pixels: Pyramid;
  readonly masks?: Pyramid;
  readonly layout: ImageLayout;
  readonly description: SceneDescription;
  readonly state: ReadState;
  readonly sources: readonly ByteSource[];
};

/**
 * Opens a GeoTIFF, COG or BigTIFF from a path or an http(s) address (by range requests).
 * @throws AppError `not-found`, `not-readable`, `unknown-format`, `corrupt`, `unsupported`, `too-large`, `network`, `cancelled`
 */
export async function openTiff(uri: string, options: TiffOptions = {}): Promise<TiffSource> {
  const remote = /^https?:\/\//i.test(uri);
  const source = remote ? await openHttp(uri, options.signal) : openFile(uri);
  const sources = [source];
  try {
    const sidecars = remote ? { files: [] } : findSidecars(uri);
    return sceneOf(await openAll({ sources, sidecars, options, remote }));
  } catch (error) {
    await closeAll(sources);
    throw error;
  }
}

type Opening = {
  readonly sources: ByteSource[];
  readonly sidecars: Sidecars;
  readonly options: TiffOptions;
  readonly remote: boolean;
};

async function openAll(opening: Opening): Promise<Opened> {
  const { sources, options, remote } = opening;
  const source = sources[0]!;
  const file = await readHeader(source);
  const pages = await readPages(file, options.signal);
  const layout = await readLayout(file, pages.main);
  const blocks = await BlockReader.open(file, pages.main, layout);
  if (!remote && layout.blocksAcross * layout.blocksDown <= 2 ** 18) await blocks.verify();
  const state: ReadState = {
    source,
    cache: new BlockCache(options.cacheBytes ?? defaultCacheBytes(layout)),
    decoded: 0,
    queue: Promise.resolve(),
  };
  const facts = await readFacts(file, pages.main, layout, opening.sidecars);
  const { nodata } = facts;
  const fill = nodata === undefined ? {} : { fill: nodata };
  const main = new TiffImage(blocks, state, 0, nodata);
  const copies = await openCopies(file, pages.overviews, layout, {
    state,
    firstNumber: 1,
    ...fill,
  });
  const pixels = { images: [main, ...copies] };
  const masks = await openMasks(file, pages, layout, state);
  const description = await describe(file, pages, { ...facts, layout, pixels, ...opening });
  return { pixels, layout, description, state, sources, ...(masks === undefined ? {} : { masks }) };
}

/** Three rows of tiles: what a scan in windows with halo comes back to. */
function defaultCacheBytes(layout: ImageLayout): number {
  const planes = layout.planar ? layout.samples : 1;
  const row = layout.blocksAcross * layout.blockHeight * layout.rowBytes * planes;
  return Math.min(2 ** 28, Math.max(2 ** 26, 3.5 * row));
}

async function openMasks(
  file: TiffFile,
  pages: Pages,
  like: ImageLayout,
  state: ReadState,
): Promise<Pyramid | undefined> {
  if (pages.mask === undefined) return undefined;
  const layout = await readLayout(file, pages.mask);
  if (layout.width !== like.width || layout.height !== like.height) return undefined;
  const blocks = await BlockReader.open(file, pages.mask, layout);
  const mask = new TiffImage(blocks, state, 8192);
  const copies = await openCopies(file, pages.maskOverviews, layout, { state, firstNumber: 8193 });
  return { images: [mask, ...copies] };
}

type Facts = {
  readonly metadata: GdalMetadata;
  readonly nodata: number | undefined;
  readonly classNames: ReadonlyMap<number, string> | undefined;
};

async function readFacts(
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

async function describe(
  file: TiffFile,
  pages: Pages,
  parts: Facts & Opening & { readonly layout: ImageLayout; readonly pixels: Pyramid },
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

function sceneOf(opened: Opened): TiffSource {
  const { description, state, sources } = opened;
  return {
    description,
    read: (request) => readBlock(opened, request),
    counters: () => ({ decoded: state.decoded, ...sources[0]!.counters() }),
    close: async () => {
      state.cache.clear();
      await closeAll(sources);
    },
  };
}

async function closeAll(sources: readonly ByteSource[]): Promise<void> {
  for (const source of sources) await source.close();
}

async function readBlock(opened: Opened, request: ReadRequest): Promise<RasterBlock> {
  const { description, layout, pixels } = opened;
  const { window, signal } = request;
  const bands = request.bands ?? description.bands.map((_, i) => i);
  const size = request.size ?? { width: window.width, height: window.height };
  checkRequest(description, { window, bands, size });
  const nodata = description.bands[0]!.nodata;
  const alpha = opened.masks === undefined && nodata === undefined ? alphaBand(layout) : undefined;
  const extra = alpha !== undefined && !bands.includes(alpha);
  const wanted = extra ? [...bands, alpha] : bands;
  const common = { window, size, ...(signal === undefined ? {} : { signal }) };
  const samples = await readPyramid(pixels, { ...common, bands: wanted });
  let shared: Uint8Array | undefined;
  if (opened.masks !== undefined) {
    const [mask] = await readPyramid(opened.masks, { ...common, bands: [0] });
    shared = maskFromAlpha(mask!);
  } else if (alpha !== undefined) shared = maskFromAlpha(samples[wanted.indexOf(alpha)]!);
  const used = samples.slice(0, bands.length);
  const own = opened.masks === undefined ? nodata : undefined;
  return {
    window,
    width: size.width,
    height: size.height,
    bands: used,
    masks: used.map((band, i) => {
      const mask = maskOf(band, own);
      return bands[i] === alpha ? mask : bothValid(mask, shared);
    }),
  };
}

type Checked = Required<Pick<ReadRequest, 'window' | 'bands' | 'size'>>;

function checkRequest(description: SceneDescription, { window, bands, size }: Checked): void {
  const { grid, uri } = description;
  const { x, y, width, height } = window;
  const integers = [x, y, width, height].every(Number.isInteger);
  const inside = x >= 0 && y >= 0 && width > 0 && height > 0;
  if (!integers || !inside || x + width > grid.width || y + height > grid.height) {
    throw new AppError(
      'no-overlap',
      `The window ${x}, ${y}, ${width} × ${height} does not lie within ${uri} (${grid.width} × ${grid.height}).`,
      { uri, window },
    );
  }
  const wrong = bands.find(
    (band) => !Number.isInteger(band) || band < 0 || band >= description.bands.length,
  );
  if (wrong !== undefined || bands.length === 0) {
    throw new AppError(
      'bands-mismatch',
      `${uri} has ${description.bands.length} bands; band index ${wrong ?? 'none'} was asked for.`,
      { uri, bands },
    );
  }
  if (!(size.width >= 1 && size.height >= 1 && Number.isInteger(size.width * size.height))) {
    throw new AppError(
      'usage',
      `A result of ${size.width} × ${size.height} pixels was asked for.`,
      { size },
    );
  }
}
