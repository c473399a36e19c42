import { AppError } from '../../../app/error.ts';
import type {
  RasterBlock,
  ReadRequest,
  SceneDescription,
  SceneSource,
} from '../../../app/raster/scene.ts';
import { alphaBand } from './bands.ts';
import { BlockCache } from './blockCache.ts';
import { BlockReader } from './blocks.ts';
import { type ByteSource, openFile } from './byteSource.ts';
import { describe, readFacts } from './describe.ts';
import { type Directory, readHeader, type TiffFile } from './directory.ts';
import { openHttp } from './httpSource.ts';
import { TiffImage } from './image.ts';
import { type ImageLayout, readLayout } from './layout.ts';
import { bothValid, maskFromAlpha, maskOf } from './masks.ts';
import { openCopies, type Pages, type Pyramid, readPages, readPyramid } from './pyramid.ts';
import { ReadState } from './readState.ts';
import { findSidecars, type Sidecars } from './sidecars.ts';

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
  const cache = new BlockCache(options.cacheBytes ?? defaultCacheBytes(layout));
  const state = new ReadState(source, cache);
  const facts = await readFacts(file, pages.main, layout, opening.sidecars);
  const { fill } = facts;
  const main = new TiffImage(blocks, state, 0, fill);
  const open = { state, firstNumber: 1, fill };
  const inside = await openCopies(file, pages.overviews, layout, open);
  const copies = inside.length > 0 ? inside : await outsideOverviews(opening, layout, state);
  const pixels = { images: [main, ...copies] };
  const masks =
    pages.mask === undefined
      ? await outsideMask(opening, layout, state)
      : await openMasks(file, { ...pages, mask: pages.mask }, layout, { state, number: 8192 });
  const { sidecars } = opening;
  const description = await describe(file, pages, { ...facts, layout, pixels, sidecars });
  return { pixels, layout, description, state, sources, ...(masks === undefined ? {} : { masks }) };
}

/** Three rows of tiles: what a scan in windows with halo comes back to. */
function defaultCacheBytes(layout: ImageLayout): number {
  const planes = layout.planar ? layout.samples : 1;
  const row = layout.blocksAcross * layout.blockHeight * layout.rowBytes * planes;
  return Math.min(2 ** 28, Math.max(2 ** 26, 3.5 * row));
}

/** Opens a TIFF beside the raster (`.ovr`, `.msk`); it shares the raster's cache and order of reading. */
async function openBeside(
  { sources, options }: Opening,
  path: string,
  state: ReadState,
): Promise<{ file: TiffFile; pages: Pages; state: ReadState }> {
  const source = openFile(path);
  sources.push(source);
  const file = await readHeader(source);
  return { file, pages: await readPages(file, options.signal), state: state.beside(source) };
}

async function outsideOverviews(
  opening: Opening,
  layout: ImageLayout,
  state: ReadState,
): Promise<TiffImage[]> {
  const path = opening.sidecars.overviewFile;
  if (path === undefined) return [];
  const beside = await openBeside(opening, path, state);
  const directories = [beside.pages.main, ...beside.pages.overviews];
  return openCopies(beside.file, directories, layout, { state: beside.state, firstNumber: 16384 });
}

async function outsideMask(
  opening: Opening,
  layout: ImageLayout,
  state: ReadState,
): Promise<Pyramid | undefined> {
  const path = opening.sidecars.maskFile;
  if (path === undefined) return undefined;
  const { file, pages, state: own } = await openBeside(opening, path, state);
  const masks = { mask: pages.main, maskOverviews: pages.overviews };
  return openMasks(file, masks, layout, { state: own, number: 24576 });
}

async function openMasks(
  file: TiffFile,
  pages: { readonly mask: Directory; readonly maskOverviews: readonly Directory[] },
  like: ImageLayout,
  { state, number }: { readonly state: ReadState; readonly number: number },
): Promise<Pyramid | undefined> {
  const layout = await readLayout(file, pages.mask);
  if (layout.width !== like.width || layout.height !== like.height) return undefined;
  const blocks = await BlockReader.open(file, pages.mask, layout);
  const mask = new TiffImage(blocks, state, number);
  const open = { state, firstNumber: number + 1 };
  return { images: [mask, ...(await openCopies(file, pages.maskOverviews, layout, open))] };
}

function sceneOf(opened: Opened): TiffSource {
  const { description, state, sources } = opened;
  return {
    description,
    read: (request) => readBlock(opened, request),
    counters: () => ({ decoded: state.shared.decoded, ...sources[0]!.counters() }),
    close: async () => {
      state.shared.cache.clear();
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
