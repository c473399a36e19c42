import { AppError } from '../../../app/error.ts';
import {
  bytesPerSample,
  type SampleArray,
  type SampleType,
  samplesOf,
} from '../../../app/raster/samples.ts';
import type { Band, SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import { breathe } from '../scenes/cancelled.ts';
import { createSource, type Reading } from '../scenes/createSource.ts';
import { eachOf } from '../scenes/eachOf.ts';
import { limits } from '../scenes/limits.ts';
import type { CheckedRequest } from '../scenes/request.ts';
import { sidecarGeoreference } from '../scenes/sidecar.ts';
import { TileCache } from '../scenes/tileCache.ts';
import { type ByteSource, openFile } from '../tiff/byteSource.ts';
import { type Jp2Boxes, readBoxes } from './boxes.ts';
import { type Codestream, readCodestream, readTileParts, type TileParts } from './codestream.ts';
import { decodersAtOnce } from './decodePool.ts';
import { georeferenceOf } from './georeference.ts';
import { type DecodedGrid, decodeTile, gridAt } from './tiles.ts';

/**
 * Opens a JPEG 2000 file (JP2 or bare codestream). The header is checked against limits before anything is decoded;
 * windows decode only the tiles they meet, reduced reads use the wavelet's own lower resolutions.
 * @throws AppError `corrupt`, `unsupported`, `too-large`, `not-found`, `not-readable`
 */
export async function openJpeg2000(
  uri: string,
  options: { readonly cacheBytes?: number } = {},
): Promise<SceneSource> {
  const source = openFile(uri);
  try {
    const boxes = await readBoxes(source);
    const stream = await readCodestream(source, boxes.codestream);
    const type = typeOf(stream, uri);
    const description = await describe({ uri, boxes, stream, type });
    return createSource(
      description,
      new Jpeg2000Reader({ source, stream, type, cacheBytes: options.cacheBytes }),
    );
  } catch (error) {
    await source.close();
    throw error;
  }
}

function typeOf(stream: Codestream, uri: string): SampleType {
  const first = stream.components[0]!;
  const bits = Math.max(...stream.components.map((component) => component.bits));
  const alike = stream.components.every(
    (component) =>
      component.signed === first.signed &&
      component.bits > 8 === first.bits > 8 &&
      component.stepX === 1 &&
      component.stepY === 1,
  );
  const count = stream.components.length;
  // The decoder's build hands out one or three components.
  if (bits > 16 || !alike || (count !== 1 && count !== 3)) {
    const mixed = alike ? `${count} components` : 'components of different depth, sign or size';
    throw new AppError(
      'unsupported',
      `${uri} is JPEG 2000 with ${bits > 16 ? `samples of ${bits} bits` : mixed}; Prismap reads 1 or 3 equal ` +
        'components of up to 16 bits. Convert it to GeoTIFF.',
      { uri, bits, components: count },
    );
  }
  if (bits > 8) return first.signed ? 'int16' : 'uint16';
  return first.signed ? 'int8' : 'uint8';
}

async function describe(parts: {
  readonly uri: string;
  readonly boxes: Jp2Boxes;
  readonly stream: Codestream;
  readonly type: SampleType;
}): Promise<SceneDescription> {
  const { uri, boxes, stream, type } = parts;
  const width = stream.x1 - stream.x0;
  const height = stream.y1 - stream.y0;
  let georeference = await georeferenceOf(boxes, uri);
  let sidecars: readonly string[] = [];
  if (georeference.transform === undefined) {
    const sidecar = await sidecarGeoreference(uri, ['j2w', 'jp2w', 'wld']);
    georeference = { ...georeference, ...sidecar.georeference };
    sidecars = sidecar.files;
  }
  const overviews = [];
  for (let r = 1; r <= stream.levels; r++) {
    const grid = gridAt(stream, r);
    if (Math.min(grid.width, grid.height) < 2 || Math.max(grid.width, grid.height) < 64) break;
    overviews.push({ width: grid.width, height: grid.height });
  }
  const bands = stream.components.map((_, i): Band => {
    return { name: `Band ${i + 1}`, type, scale: 1, offset: 0 };
  });
  return {
    uri,
    format: 'JPEG2000',
    grid: { width, height, ...georeference },
    bands,
    overviews,
    block: {
      width: Math.min(width, stream.tileWidth),
      height: Math.min(height, stream.tileHeight),
    },
    ...(boxes.palette === undefined ? {} : { palette: boxes.palette }),
    metadata: { bits: String(stream.components[0]!.bits) },
    files: [uri, ...sidecars],
  };
}

class Jpeg2000Reader {
  readonly #source: ByteSource;
  readonly #stream: Codestream;
  readonly #type: SampleType;
  readonly #cache: TileCache<SampleArray>;
  /** Tiles that are being decoded, so that two reads at once decode a tile once. */
  readonly #decoding = new Map<string, Promise<SampleArray>>();
  #parts: Promise<TileParts> | undefined;

  constructor(options: {
    readonly source: ByteSource;
    readonly stream: Codestream;
    readonly type: SampleType;
    readonly cacheBytes: number | undefined;
  }) {
    this.#cache = new TileCache(options.cacheBytes ?? usefulCache(options.stream, options.type));
    this.#source = options.source;
    this.#stream = options.stream;
    this.#type = options.type;
  }

  async read(request: CheckedRequest): Promise<Reading> {
    const grid = gridAt(this.#stream, this.#reduction(request));
    const columns = scaled(request.columns, this.#stream.x1 - this.#stream.x0, grid.width);
    const rows = scaled(request.rows, this.#stream.y1 - this.#stream.y0, grid.height);
    const bands = request.bands.map(() => samplesOf(this.#type, request.width * request.height));
    const parts = [...spans(rows, grid.rowStarts)].flatMap((down) =>
      [...spans(columns, grid.columnStarts)].map((across) => ({ down, across })),
    );
    await eachOf(parts, decodersAtOnce, async ({ down, across }) => {
      await breathe(request.signal);
      const tile = await this.#tile(grid, across.tile, down.tile);
      this.#copy(tile, { grid, across, down, columns, rows, request, bands });
    });
    return { bands };
  }

  async close(): Promise<void> {
    this.#cache.clear();
    await this.#source.close();
  }

  /** The coarsest resolution that still has as many pixels as are asked for. */
  #reduction(request: CheckedRequest): number {
    const { window, width, height } = request;
    const scale = Math.min(window.width / width, window.height / height);
    return scale < 2 ? 0 : Math.min(this.#stream.levels, Math.floor(Math.log2(scale)));
  }

  async #tile(grid: DecodedGrid, column: number, row: number): Promise<SampleArray> {
    const key = `${grid.reduction}/${column}/${row}`;
    const cached = this.#cache.get(key) ?? this.#decoding.get(key);
    if (cached !== undefined) return cached;
    const decoding = this.#decode(grid, column, row);
    this.#decoding.set(key, decoding);
    try {
      const tile = await decoding;
      this.#cache.set(key, tile, tile.byteLength);
      return tile;
    } finally {
      this.#decoding.delete(key);
    }
  }

  async #decode(grid: DecodedGrid, column: number, row: number): Promise<SampleArray> {
    this.#parts ??= readTileParts(this.#source, this.#stream);
    const parts = await this.#parts;
    const address = { column, row, grid, parts, type: this.#type };
    return decodeTile(this.#source, this.#stream, address);
  }

  #copy(
    tile: SampleArray,
    to: {
      readonly grid: DecodedGrid;
      readonly across: Span;
      readonly down: Span;
      readonly columns: Int32Array;
      readonly rows: Int32Array;
      readonly request: CheckedRequest;
      readonly bands: readonly SampleArray[];
    },
  ): void {
    const { grid, across, down, columns, rows, request } = to;
    const count = this.#stream.components.length;
    const left = grid.columnStarts[across.tile]!;
    const top = grid.rowStarts[down.tile]!;
    const tileWidth = grid.columnStarts[across.tile + 1]! - left;
    for (const [b, component] of request.bands.entries()) {
      const band = to.bands[b]!;
      for (let y = down.from; y < down.to; y++) {
        const line = (rows[y]! - top) * tileWidth - left;
        for (let x = across.from; x < across.to; x++) {
          band[y * request.width + x] = tile[(line + columns[x]!) * count + component]!;
        }
      }
    }
  }
}

/**
 * Two rows of tiles and two tiles more: what a scan in windows with a halo comes back to, so that every tile is decoded
 * once. Bounded for wide scenes.
 */
function usefulCache(stream: Codestream, type: SampleType): number {
  const bytes = bytesPerSample(type) * stream.components.length;
  const tile = stream.tileWidth * stream.tileHeight * bytes;
  const wanted = (2 * stream.tilesAcross + 2) * tile;
  return Math.min(limits.cacheBytes, Math.max(wanted, limits.smallCacheBytes));
}

/** Full-resolution indices as indices of a reduced grid, under the pixel centres. */
function scaled(indices: Int32Array, full: number, reduced: number): Int32Array {
  if (full === reduced) return indices;
  return indices.map((index) =>
    Math.min(reduced - 1, Math.floor(((index + 0.5) * reduced) / full)),
  );
}

/** The part [from, to) of ascending indices that falls into one tile. */
type Span = { readonly tile: number; readonly from: number; readonly to: number };

function* spans(indices: Int32Array, starts: Int32Array): Generator<Span> {
  let tile = 0;
  let from = 0;
  while (from < indices.length) {
    while (starts[tile + 1]! <= indices[from]!) tile++;
    let to = from + 1;
    while (to < indices.length && indices[to]! < starts[tile + 1]!) to++;
    yield { tile, from, to };
    from = to;
  }
}
