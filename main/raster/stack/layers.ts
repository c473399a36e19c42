import { AppError } from '../../../app/error.ts';
import { invert } from '../../../app/raster/geoTransform.ts';
import type { Grid, Window } from '../../../app/raster/grid.ts';
import { type SampleArray, samplesOf, sampleTypeOf } from '../../../app/raster/samples.ts';
import type { RasterBlock, SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import { createSource, type Reading } from '../scenes/createSource.ts';
import { eachOf } from '../scenes/eachOf.ts';
import { maskOf } from '../scenes/mask.ts';
import type { CheckedRequest } from '../scenes/request.ts';

/** One band of a scene that is put together from several files. */
export type Layer = {
  readonly source: SceneSource;
  /** Which band of the source. */
  readonly band: number;
  /** Where the source's pixels lie, if other than its own description says. */
  readonly grid: Grid;
  /** Values that are no measurements beside the source's own nodata. */
  readonly invalid: readonly number[];
};

/** Layer column = ⌊scaleX · (column + ½) + offsetX⌋ of the common grid, and so for rows. */
export type Alignment = {
  readonly scaleX: number;
  readonly offsetX: number;
  readonly scaleY: number;
  readonly offsetY: number;
};

/** Files that are read at the same time. */
const layersAtOnce = 4;

/** Relative size of a shear or of a misfit that is rounding and nothing else. */
const tolerance = 1e-6;

/**
 * How the pixels of a layer lie under those of a common grid, through their transforms; without any, both are taken to
 * cover the same area.
 * @throws AppError `unsupported` for other coordinate systems or orientations
 */
export function align(common: Grid, layer: Grid, name: string): Alignment {
  if (common.crs !== layer.crs) {
    throw mismatch(
      name,
      `${layer.crs ?? 'no coordinate system'} where the others have ${common.crs ?? 'none'}`,
    );
  }
  if (common.transform === undefined && layer.transform === undefined) {
    const [scaleX, scaleY] = [layer.width / common.width, layer.height / common.height];
    return { scaleX, offsetX: 0, scaleY, offsetY: 0 };
  }
  const back = layer.transform === undefined ? undefined : invert(layer.transform);
  const forth = common.transform;
  if (back === undefined || forth === undefined) throw mismatch(name, 'no usable georeference');
  const scaleX = back[1] * forth[1] + back[2] * forth[4];
  const shearX = back[1] * forth[2] + back[2] * forth[5];
  const shearY = back[4] * forth[1] + back[5] * forth[4];
  const scaleY = back[4] * forth[2] + back[5] * forth[5];
  const turned =
    Math.abs(shearX) * common.height > tolerance * layer.width + 0.01 ||
    Math.abs(shearY) * common.width > tolerance * layer.height + 0.01;
  if (turned || scaleX <= 0 || scaleY <= 0) throw mismatch(name, 'another orientation');
  return {
    scaleX,
    offsetX: settled(back[0] + back[1] * forth[0] + back[2] * forth[3]),
    scaleY,
    offsetY: settled(back[3] + back[4] * forth[0] + back[5] * forth[3]),
  };
}

/** Whole offsets come out of floating point a little beside themselves. */
function settled(offset: number): number {
  const whole = Math.round(offset);
  return Math.abs(offset - whole) < tolerance * Math.max(1, Math.abs(whole)) ? whole : offset;
}

function mismatch(name: string, found: string): AppError {
  return new AppError(
    'unsupported',
    `${name} cannot be stacked with the other files: it has ${found}. Bring all files into one coordinate system, e.g. with gdalwarp.`,
    { name },
  );
}

/** A scene of layers on one grid: finer and coarser files are read under the pixel centres of the grid (nearest). */
export function createLayeredSource(
  description: SceneDescription,
  layers: readonly Layer[],
): SceneSource {
  const alignments = layers.map((layer) =>
    align(description.grid, layer.grid, layer.source.description.uri),
  );
  const sources = new Set(layers.map((layer) => layer.source));
  return createSource(description, {
    read: async (request) => {
      const bands = new Array<SampleArray>(request.bands.length);
      const masks = new Array<Uint8Array | undefined>(request.bands.length);
      await eachOf(request.bands, layersAtOnce, async (index, i) => {
        const part = await readLayer(layers[index]!, alignments[index]!, request);
        bands[i] = part.band;
        masks[i] = part.mask;
      });
      return { bands, masks } satisfies Reading;
    },
    close: async () => {
      for (const source of sources) await source.close();
    },
  });
}

type Part = { readonly band: SampleArray; readonly mask: Uint8Array | undefined };

async function readLayer(
  layer: Layer,
  alignment: Alignment,
  request: CheckedRequest,
): Promise<Part> {
  const { width, height } = layer.source.description.grid;
  const columns = under(request.columns, alignment.scaleX, alignment.offsetX);
  const rows = under(request.rows, alignment.scaleY, alignment.offsetY);
  const x = covered(columns, width);
  const y = covered(rows, height);
  const type = layer.source.description.bands[layer.band]!.type;
  const pixels = request.width * request.height;
  if (x === undefined || y === undefined) {
    return { band: samplesOf(type, pixels), mask: new Uint8Array(pixels) };
  }
  const window = { x: x.first, y: y.first, width: x.count, height: y.count };
  const size = sizeOf(window, request, columns);
  const block = await layer.source.read({
    window,
    bands: [layer.band],
    size,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const mask = both(block.masks[0], maskOf(block.bands[0]!, layer.invalid));
  return spread({ block, mask, window, columns, rows });
}

/** Pixels up to which a layer's window is read in full and thinned out here, so that each pixel is the nearest. */
const fullPixels = 2 ** 24;

/** The size at which a layer is read: the request's own where the grids are one, else full as long as that is little. */
function sizeOf(
  window: Window,
  request: CheckedRequest,
  columns: Int32Array,
): { readonly width: number; readonly height: number } {
  const { width, height } = request;
  const reduced = window.width > width || window.height > height;
  const sameGrid =
    window.width === request.window.width &&
    window.height === request.window.height &&
    columns.every((column, i) => column === request.columns[i]! - request.window.x + window.x);
  if (sameGrid) return { width, height };
  if (!reduced || window.width * window.height <= fullPixels) return window;
  return { width: Math.min(window.width, width), height: Math.min(window.height, height) };
}

function both(mask: Uint8Array | undefined, other: Uint8Array | undefined): Uint8Array | undefined {
  if (mask === undefined || other === undefined) return mask ?? other;
  return mask.map((valid, i) => valid & other[i]!);
}

function under(indices: Int32Array, scale: number, offset: number): Int32Array {
  return indices.map((index) => Math.floor(scale * (index + 0.5) + offset + 1e-9));
}

/** The indices that lie within a layer; they ascend, so these are one run. */
function covered(
  indices: Int32Array,
  size: number,
): { readonly first: number; readonly count: number } | undefined {
  const inside = indices.filter((index) => index >= 0 && index < size);
  if (inside.length === 0) return undefined;
  const first = inside[0]!;
  return { first, count: inside[inside.length - 1]! - first + 1 };
}

/** Repeats or thins out the pixels of a layer's window to those of the request; outside the layer nothing is valid. */
function spread(parts: {
  readonly block: RasterBlock;
  readonly mask: Uint8Array | undefined;
  readonly window: Window;
  readonly columns: Int32Array;
  readonly rows: Int32Array;
}): Part {
  const { block, window, columns, rows } = parts;
  const across = places(columns, window.x, window.width, block.width);
  const down = places(rows, window.y, window.height, block.height);
  const source = block.bands[0]!;
  const same =
    across.length === block.width &&
    down.length === block.height &&
    across.every((place, i) => place === i) &&
    down.every((place, i) => place === i);
  if (same) return { band: source, mask: parts.mask };
  const band = samplesOf(sampleTypeOf(source), across.length * down.length);
  const outside = across.includes(-1) || down.includes(-1);
  const mask = parts.mask !== undefined || outside ? new Uint8Array(band.length) : undefined;
  let target = 0;
  for (const row of down) {
    for (const column of across) {
      if (row >= 0 && column >= 0) {
        const at = row * block.width + column;
        band[target] = source[at]!;
        if (mask !== undefined) mask[target] = parts.mask === undefined ? 1 : parts.mask[at]!;
      }
      target++;
    }
  }
  return { band, mask };
}

/** Position of each wanted index in a block of `size` cells over [start, start + length); -1 outside. */
function places(indices: Int32Array, start: number, length: number, size: number): Int32Array {
  return indices.map((index) => {
    if (index < start || index >= start + length) return -1;
    return Math.min(size - 1, Math.floor(((index - start + 0.5) * size) / length));
  });
}
