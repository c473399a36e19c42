import { dirname } from 'node:path';
import { AppError } from '../../../app/error.ts';
import type { Grid } from '../../../app/raster/grid.ts';
import type { Band, Palette, SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import { exists, pathKind } from '../scenes/files.ts';
import { readSensor, type Sensor, type SensorBand } from '../scenes/sensors.ts';
import { createLayeredSource, type Layer } from '../stack/layers.ts';
import {
  findProductFile,
  readProduct,
  type SafeGranule,
  type SafeImage,
  type SafeProduct,
} from './product.ts';
import { readTileGrids, type TileGrids } from './tileGrid.ts';

/** How a product is opened. */
export type SafeOptions = {
  /** The product's folder, or its metadata file. */
  readonly path: string;
  /** Parts after `#` in the argument: a tile (`T33UUU`) and, instead of the bands, an image (`SCL`, `AOT`, `WVP`). */
  readonly parts: readonly string[];
  /** Opens one band file. */
  readonly open: (path: string) => Promise<SceneSource>;
};

/**
 * Opens a Sentinel-2 Level-1C or Level-2A product: all bands in the sensor's order on the grid of the finest, as digital
 * numbers with scale and offset to reflectance from the metadata, so that both processing baselines read alike.
 * @throws AppError `unknown-format`, `corrupt`, `unsupported`, `not-found`, `usage`
 */
export async function openSafe(uri: string, options: SafeOptions): Promise<SceneSource> {
  const isFolder = pathKind(options.path) === 'folder';
  const folder = isFolder ? options.path : dirname(options.path);
  const metadataPath = isFolder ? findProductFile(folder) : options.path;
  if (metadataPath === undefined) {
    throw new AppError(
      'unknown-format',
      `${options.path} has no Sentinel-2 metadata (MTD_MSIL1C.xml or MTD_MSIL2A.xml). Name the .SAFE folder.`,
      { uri },
    );
  }
  const product = await readProduct(folder, metadataPath);
  const granule = chooseGranule(product, options.parts, uri);
  const grids = await readTileGrids(granule.metadataPath);
  const image = options.parts.find((part) => part !== granule.tile);
  const chosen = await chooseImages(product, granule, { image, uri });
  return openImages({ uri, product, granule, grids, chosen, open: options.open });
}

function chooseGranule(product: SafeProduct, parts: readonly string[], uri: string): SafeGranule {
  const tiles = product.granules.map((granule) => granule.tile);
  const named = product.granules.find((granule) => parts.includes(granule.tile));
  if (named !== undefined) return named;
  if (product.granules.length === 1) return product.granules[0]!;
  throw new AppError(
    'usage',
    `${uri} holds ${tiles.length} tiles: ${tiles.join(', ')}. Name one, e.g. ${uri}#${tiles[0]}.`,
    { uri, tiles },
  );
}

/** One image and what is known of its band. */
type Chosen = { readonly image: SafeImage; readonly index: number; readonly band?: SensorBand };

async function chooseImages(
  product: SafeProduct,
  granule: SafeGranule,
  options: { readonly image: string | undefined; readonly uri: string },
): Promise<readonly Chosen[]> {
  const present = granule.images.filter((image) => exists(image.path));
  if (options.image !== undefined) {
    const wanted = options.image.toUpperCase();
    const image = finest(present.filter((candidate) => candidate.name === wanted));
    if (image !== undefined) return [{ image, index: -1 }];
    const names = [...new Set(present.map((candidate) => candidate.name))].sort();
    throw new AppError(
      'usage',
      `${options.uri}: the product has no image "${options.image}". It has ${names.join(', ')}.`,
      { uri: options.uri, images: names },
    );
  }
  const sensor = await sensorOf(product);
  const chosen = sensor.bands.flatMap((band, index): Chosen[] => {
    const image = finest(present.filter((candidate) => candidate.name === band.name));
    return image === undefined ? [] : [{ image, index, band }];
  });
  if (chosen.length > 0) return chosen;
  throw new AppError(
    'not-found',
    `${options.uri} has none of its ${granule.images.length} image files on disk. Download or unpack the product again.`,
    { uri: options.uri },
  );
}

/** Level-2A products repeat bands at coarser resolutions. */
function finest(images: readonly SafeImage[]): SafeImage | undefined {
  return [...images].sort((a, b) => (a.resolution ?? 0) - (b.resolution ?? 0))[0];
}

function sensorOf(product: SafeProduct): Promise<Sensor> {
  return readSensor(/2B$/i.test(product.spacecraft) ? 'sentinel-2b' : 'sentinel-2a');
}

async function openImages(parts: {
  readonly uri: string;
  readonly product: SafeProduct;
  readonly granule: SafeGranule;
  readonly grids: TileGrids;
  readonly chosen: readonly Chosen[];
  readonly open: (path: string) => Promise<SceneSource>;
}): Promise<SceneSource> {
  const sources: SceneSource[] = [];
  try {
    const layers: Layer[] = [];
    for (const { image, band } of parts.chosen) {
      const source = await parts.open(image.path);
      sources.push(source);
      const resolution = image.resolution ?? band?.resolutionM;
      const grid = gridOf(source, parts.grids, { resolution, image });
      const invalid = band === undefined ? [0] : [parts.product.nodata, parts.product.saturated];
      layers.push({ source, band: 0, grid, invalid });
    }
    return createLayeredSource(describe(parts, layers), layers);
  } catch (error) {
    for (const source of sources) await source.close();
    throw error;
  }
}

/** The tile's grid at the image's resolution; its size has to be the image's. */
function gridOf(
  source: SceneSource,
  grids: TileGrids,
  options: { readonly resolution: number | undefined; readonly image: SafeImage },
): Grid {
  const { width, height } = source.description.grid;
  const stated = options.resolution === undefined ? undefined : grids.get(options.resolution);
  const grid = stated ?? [...grids.values()].find((candidate) => candidate.width === width);
  if (grid !== undefined && grid.width === width && grid.height === height) return grid;
  throw new AppError(
    'corrupt',
    `${options.image.path} has ${width} × ${height} pixels where the tile's metadata state ` +
      `${grid?.width ?? '?'} × ${grid?.height ?? '?'}. The files belong to different products: download it again.`,
    { path: options.image.path, width, height },
  );
}

type Parts = Parameters<typeof openImages>[0];

function describe(parts: Parts, layers: readonly Layer[]): SceneDescription {
  const { uri, product, granule, chosen } = parts;
  const step = (layer: Layer): number => Math.abs(layer.grid.transform?.[1] ?? 0);
  const best = layers.reduce((a, b) => (step(b) < step(a) ? b : a));
  const isClasses = chosen[0]!.image.name === 'SCL';
  const names = (['SCL'] as const).flatMap(
    (name) =>
      finest(granule.images.filter((image) => image.name === name && exists(image.path)))?.path ??
      [],
  );
  return {
    uri,
    format: 'SAFE',
    grid: best.grid,
    bands: chosen.map((entry, i) => bandOf(product, entry, layers[i]!)),
    overviews: best.source.description.overviews,
    block: best.source.description.block,
    ...(isClasses ? { classNames: sceneClasses, palette: scenePalette } : {}),
    metadata: {
      sensor: `${product.spacecraft} MSI`,
      level: product.level,
      processing_baseline: product.baseline,
      sensed: product.sensed,
      tile: granule.tile,
      ...(names[0] === undefined || isClasses ? {} : { scene_classification: `${uri}#SCL` }),
    },
    files: [product.metadataPath, granule.metadataPath, ...chosen.map(({ image }) => image.path)],
  };
}

function bandOf(product: SafeProduct, entry: Chosen, layer: Layer): Band {
  const type = layer.source.description.bands[0]!.type;
  const { band, image } = entry;
  if (band === undefined) return { name: image.name, type, nodata: 0, scale: 1, offset: 0 };
  return {
    name: band.name,
    type,
    wavelengthNm: product.centres.get(band.name) ?? band.centreNm,
    fwhmNm: band.fwhmNm,
    nodata: product.nodata,
    scale: 1 / product.quantification,
    offset: (product.offsets.get(entry.index) ?? 0) / product.quantification,
    unit: 'reflectance',
  };
}

/** Classes of the scene classification layer (Level-2A Product Definition) and their usual colours. */
const sceneClassTable = [
  ['No data', 0, 0, 0],
  ['Saturated or defective', 255, 0, 0],
  ['Dark area', 47, 47, 47],
  ['Cloud shadow', 100, 50, 0],
  ['Vegetation', 0, 160, 0],
  ['Not vegetated', 255, 230, 90],
  ['Water', 0, 0, 255],
  ['Unclassified', 128, 128, 128],
  ['Cloud, medium probability', 192, 192, 192],
  ['Cloud, high probability', 255, 255, 255],
  ['Thin cirrus', 100, 200, 255],
  ['Snow or ice', 255, 150, 255],
] as const;

const sceneClasses: ReadonlyMap<number, string> = new Map(
  sceneClassTable.map(([name], value) => [value, name]),
);
const scenePalette: Palette = new Map(
  sceneClassTable.map(([, red, green, blue], value) => [value, [red, green, blue, 255] as const]),
);
