import type { Window } from '../../../app/raster/grid.ts';
import type { SampleArray } from '../../../app/raster/samples.ts';
import { BlockReader } from './blocks.ts';
import {
  type Directory,
  readChain,
  readChildren,
  readNumbers,
  type TiffFile,
} from './directory.ts';
import { TiffImage } from './image.ts';
import { type ImageLayout, readLayout } from './layout.ts';
import { axisOf, bestOverview, pick, type Size } from './nearest.ts';
import type { ReadState } from './readState.ts';
import { tags } from './tags.ts';

/** An image and its reduced copies, largest first. */
export type Pyramid = {
  readonly images: readonly TiffImage[];
};

/** The directories of a file by what they are for. */
export type Pages = {
  readonly main: Directory;
  readonly overviews: readonly Directory[];
  readonly mask?: Directory;
  readonly maskOverviews: readonly Directory[];
  /** Further full images, which are left alone. */
  readonly others: number;
};

const reducedFlag = 1;
const maskFlag = 4;

/** Sorts the directories of a file: the first is the image; its SubIFDs and the reduced ones after it are copies of it. */
export async function readPages(file: TiffFile, signal?: AbortSignal): Promise<Pages> {
  const visited = new Set<number>();
  const chain = await readChain(file, visited, signal);
  const main = chain[0]!;
  const children = await readChildren(file, main, visited);
  const overviews: Directory[] = [];
  const masks: Directory[] = [];
  const maskOverviews: Directory[] = [];
  let others = 0;
  for (const directory of [...chain.slice(1), ...children]) {
    const kind = await subfileType(file, directory);
    const reduced = (kind & reducedFlag) !== 0;
    if ((kind & maskFlag) !== 0) (reduced ? maskOverviews : masks).push(directory);
    else if (reduced) overviews.push(directory);
    else others++;
  }
  return {
    main,
    overviews,
    maskOverviews,
    others,
    ...(masks[0] === undefined ? {} : { mask: masks[0] }),
  };
}

async function subfileType(file: TiffFile, directory: Directory): Promise<number> {
  const field = directory.fields.get(tags.newSubfileType);
  if (field !== undefined) return (await readNumbers(file, field))[0] ?? 0;
  const old = directory.fields.get(tags.subfileType);
  if (old === undefined) return 0;
  return (await readNumbers(file, old))[0] === 2 ? reducedFlag : 0;
}

/** Opens the copies of an image that agree with it in bands and type; others are left out. */
export async function openCopies(
  file: TiffFile,
  directories: readonly Directory[],
  like: ImageLayout,
  open: {
    readonly state: ReadState;
    readonly firstNumber: number;
    readonly fill?: number | bigint;
  },
): Promise<TiffImage[]> {
  const images: TiffImage[] = [];
  for (const directory of directories) {
    const layout = await readLayout(file, directory);
    const agrees = layout.samples === like.samples && layout.type === like.type;
    if (!agrees || layout.width > like.width || layout.height > like.height) continue;
    const blocks = await BlockReader.open(file, directory, layout);
    const number = open.firstNumber + images.length;
    images.push(new TiffImage(blocks, open.state, number, open.fill));
  }
  return images.sort((a, b) => b.blocks.layout.width - a.blocks.layout.width);
}

/** What to read of a pyramid, in pixels of its first image. */
export type PyramidRequest = {
  readonly window: Window;
  readonly bands: readonly number[];
  readonly size: Size;
  readonly signal?: AbortSignal;
};

/** Bands of a window at a size, nearest neighbour, from the coarsest copy that is fine enough. */
export async function readPyramid(
  pyramid: Pyramid,
  { window, bands, size, signal }: PyramidRequest,
): Promise<SampleArray[]> {
  const [first, ...copies] = pyramid.images;
  if (size.width === window.width && size.height === window.height) {
    return first!.read(window, bands, signal);
  }
  const whole = first!.blocks.layout;
  const sizes = copies.map((copy) => copy.blocks.layout);
  const chosen = copies[bestOverview(whole, sizes, window, size)] ?? first!;
  const { width, height } = chosen.blocks.layout;
  const columns = axisOf(
    { start: window.x, length: window.width, limit: width },
    width / whole.width,
    size.width,
  );
  const rows = axisOf(
    { start: window.y, length: window.height, limit: height },
    height / whole.height,
    size.height,
  );
  return readPicked(chosen, { columns, rows, bands }, signal);
}

type Axis = ReturnType<typeof axisOf>;

/** Rows are read in groups, so that a small picture of a large image never needs the large image in memory. */
async function readPicked(
  image: TiffImage,
  wanted: { readonly columns: Axis; readonly rows: Axis; readonly bands: readonly number[] },
  signal?: AbortSignal,
): Promise<SampleArray[]> {
  const { columns, rows, bands } = wanted;
  const { blockHeight } = image.blocks.layout;
  const parts: SampleArray[][] = bands.map(() => []);
  const groupRows = Math.max(1, Math.min(blockHeight, 1024));
  for (let from = 0; from < rows.picks.length; ) {
    const top = rows.picks[from]!;
    let to = from;
    while (to < rows.picks.length && rows.picks[to]! - top < groupRows) to++;
    const picks = rows.picks.slice(from, to).map((row) => row - top);
    const height = picks.at(-1)! + 1;
    const window = { x: columns.start, y: rows.start + top, width: columns.length, height };
    const read = await image.read(window, bands, signal);
    for (const [i, samples] of read.entries()) {
      parts[i]!.push(pick(samples, columns.length, columns.picks, picks));
    }
    from = to;
  }
  return parts.map(join);
}

function join(parts: readonly SampleArray[]): SampleArray {
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const Type = parts[0]!.constructor as new (length: number) => Uint8Array;
  const result = new Type(length);
  let at = 0;
  for (const part of parts) {
    result.set(part as Uint8Array, at);
    at += part.length;
  }
  return result;
}
