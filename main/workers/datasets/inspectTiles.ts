import { AppError } from '../../../app/error.ts';
import { toMap } from '../../../app/raster/geoTransform.ts';
import type { Band, SceneDescription } from '../../../app/raster/scene.ts';
import { openScene } from '../../raster/formats.ts';
import { readSensor } from '../../raster/scenes/sensors.ts';
import type { TaskContext } from '../task.ts';
import { someOf, type TileRecord, type TileSet } from './tileSet.ts';

/** What all tiles of a set have in common, and where each lies. */
export type TileFacts = {
  readonly bands: readonly Band[];
  /** Of the first tile, in pixels of the finest band. */
  readonly width: number;
  readonly height: number;
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
  /** Metres a pixel, where the tiles say. */
  readonly resolution: number | undefined;
  /** Centre of each tile in its own CRS; undefined for one without georeference. */
  readonly places: readonly (Place | undefined)[];
};

export type Place = {
  readonly crs: string;
  readonly x: number;
  readonly y: number;
  /** Width of the tile in units of the CRS. */
  readonly extent: number;
};

/** Physical value of a published Sentinel-2 tile: reflectance. */
const published = { scale: 1e-4, offset: 0 };

/** Files open at a time. */
const atOnce = 8;

/**
 * Reads the header of every tile and checks that all are alike.
 * @throws AppError `bands-mismatch` for other bands, `unsupported` for other sizes, each naming the first few
 */
export async function inspectTiles(set: TileSet, context: TaskContext): Promise<TileFacts> {
  const { tiles } = set;
  const first = await headerOf(tiles[0]!);
  const bands = await bandsOf(set, first);
  const names = first.bands.map(({ name }) => name).join();
  const otherBands: string[] = [];
  const otherSizes: string[] = [];
  const places: (Place | undefined)[] = [];
  const sizes: { readonly width: number; readonly height: number }[] = [];
  for (let from = 0; from < tiles.length; from += atOnce) {
    if (context.signal.aborted) throw new AppError('cancelled', 'Training was cancelled.');
    const part = tiles.slice(from, from + atOnce);
    const headers = await Promise.all(part.map(headerOf));
    for (const [i, { bands: own, grid }] of headers.entries()) {
      const { name } = part[i]!;
      if (own.map((band) => band.name).join() !== names)
        otherBands.push(`${name} (${own.length} bands)`);
      else if (grid.width !== first.grid.width || grid.height !== first.grid.height)
        otherSizes.push(`${name} (${grid.width} × ${grid.height})`);
      places.push(placeOf(grid));
      sizes.push({ width: grid.width, height: grid.height });
    }
    context.emit({
      kind: 'progress',
      stage: 'tiles',
      done: Math.min(tiles.length, from + atOnce),
      total: tiles.length,
    });
  }
  if (otherBands.length > 0)
    throw new AppError(
      'bands-mismatch',
      `${otherBands.length} tiles have other bands than ${tiles[0]!.name} (${first.bands.length}): ${someOf(otherBands)}. Take them away, or stack all tiles alike.`,
      { found: otherBands.slice(0, 20), count: otherBands.length },
    );
  // Segmentation cuts tiles to size; a label of a whole tile would not hold for a part.
  if (otherSizes.length > 0 && set.task !== 'segmentation')
    throw new AppError(
      'unsupported',
      `${otherSizes.length} tiles have another size than ${tiles[0]!.name} (${first.grid.width} × ${first.grid.height}): ${someOf(otherSizes)}. Cut all tiles to one size.`,
      { found: otherSizes.slice(0, 20), count: otherSizes.length },
    );
  const { width, height, transform } = first.grid;
  return {
    bands,
    width,
    height,
    resolution: transform === undefined ? undefined : Math.abs(transform[1]),
    places,
    sizes,
  };
}

/** Of a file a band the second, the first at 10 m in Sentinel-2's order. */
async function headerOf({ name, files }: TileRecord): Promise<SceneDescription> {
  const source = await openScene(files[1] ?? files[0]!).catch((error: unknown) => {
    if (error instanceof AppError)
      throw new AppError(error.code, `Tile ${name}: ${error.message}`, error.details);
    throw error;
  });
  await source.close();
  return source.description;
}

/** Bands by the names that the files give, else by the order of the layout. */
async function bandsOf(
  { sentinel2Bands, tiles, layout }: TileSet,
  { bands }: SceneDescription,
): Promise<readonly Band[]> {
  if (sentinel2Bands === undefined) return bands;
  const single = tiles[0]!.files.length === sentinel2Bands.length;
  const named = bands.length > 1 && bands.every(({ name }) => /^B\d{1,2}A?$/.test(name));
  const names = named && !single ? bands.map(({ name }) => name) : sentinel2Bands;
  if (!single && names.length !== bands.length)
    throw new AppError(
      'bands-mismatch',
      `Tile ${tiles[0]!.name} has ${bands.length} bands; ${layout} has ${sentinel2Bands.length} (${sentinel2Bands.join(', ')}). Use --layout folder for tiles with other bands.`,
      { needed: sentinel2Bands, found: bands.map(({ name }) => name) },
    );
  const sensor = await readSensor('sentinel-2a');
  return names.map((name, i) => {
    const band = bands[single ? 0 : i]!;
    const centre = sensor.bands.find((one) => one.name === name)?.centreNm;
    const plain = /^u?int(8|16|32)$/.test(band.type) && band.scale === 1 && band.offset === 0;
    return {
      ...band,
      ...(plain ? published : {}),
      name,
      ...(centre === undefined ? {} : { wavelengthNm: centre }),
    };
  });
}

function placeOf(grid: SceneDescription['grid']): Place | undefined {
  const { crs, transform, width, height } = grid;
  if (crs === undefined || transform === undefined) return undefined;
  const [x, y] = toMap(transform, width / 2, height / 2);
  return { crs, x, y, extent: width * Math.hypot(transform[1], transform[4]) };
}
