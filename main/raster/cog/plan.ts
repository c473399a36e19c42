import { AppError } from '../../../app/error.ts';
import type { Grid, Window } from '../../../app/raster/grid.ts';
import { overviewSizes, type Reduction } from '../../../app/raster/overview.ts';
import { classPalette, colorsFor } from '../../../app/raster/palette.ts';
import { bytesPerSample, type SampleType } from '../../../app/raster/samples.ts';
import type { Palette } from '../../../app/raster/scene.ts';

/** One band to be written. All bands of a file have one type and one nodata value, as GDAL demands of a GeoTIFF. */
export type CogBand = {
  readonly name: string;
  readonly type: SampleType;
  readonly nodata?: number;
  /** Physical value = sample · scale + offset. */
  readonly scale?: number;
  readonly offset?: number;
  readonly unit?: string;
  readonly wavelengthNm?: number;
  /** On the bad-band list: kept, but not for analysis. */
  readonly bad?: boolean;
};

export type Compression = 'deflate' | 'zstd' | 'none';

/** What a COG is to hold and how. */
export type CogOptions = {
  readonly grid: Grid;
  readonly bands: readonly CogBand[];
  /** Default `deflate` (every GIS reads it); `zstd` needs GDAL 2.3 or newer with zstd. */
  readonly compression?: Compression;
  /** Edge of a tile in pixels, a multiple of 16 from 16 to 4096. Default 512. */
  readonly tileSize?: number;
  /** Default `mode` for class maps (a palette or class names), else `average`. */
  readonly overviews?: Reduction | 'none';
  /** Colours of class values: a colour table for a single uint8 band, and a QGIS style beside the file. */
  readonly palette?: Palette;
  /** Names of class values, for the files beside (`.aux.xml` for GDAL, `.qml` for QGIS). */
  readonly classNames?: ReadonlyMap<number, string>;
  /** Text items of the file, e.g. the run manifest. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Store minimum, maximum, mean and standard deviation of every band. Default true. */
  readonly statistics?: boolean;
  /** Default `auto`: BigTIFF where the file would pass 4 GiB. */
  readonly bigTiff?: 'auto' | 'yes';
  /** Pixels that nobody wrote: an error (default), or nodata, for maps of a part of the grid. */
  readonly unwritten?: 'error' | 'nodata';
};

/** One resolution of the file: 0 is full. */
export type Level = {
  readonly width: number;
  readonly height: number;
  /** Tiles across and down. */
  readonly columns: number;
  readonly rows: number;
};

/** Options with every default filled in and every limit checked. */
export type CogPlan = {
  readonly grid: Grid;
  readonly bands: readonly CogBand[];
  readonly type: SampleType;
  readonly nodata: number | undefined;
  readonly compression: Compression;
  /** 1 none, 2 differences, 3 floating point; as the TIFF field. */
  readonly predictor: 1 | 2 | 3;
  /** A class map: values are names, so that differences mean nothing. */
  readonly classes: boolean;
  readonly tileSize: number;
  readonly reduction: Reduction;
  readonly levels: readonly Level[];
  readonly palette: Palette | undefined;
  readonly classNames: ReadonlyMap<number, string> | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly statistics: boolean;
  readonly bigTiff: 'auto' | 'yes';
  readonly unwritten: 'error' | 'nodata';
};

const mostPixelsAcross = 2 ** 31 - 1;
const mostBands = 65535;

/** Fills in defaults. @throws AppError `usage` for options that no valid file can meet */
export function planCog(options: CogOptions): CogPlan {
  const { grid, bands, classNames } = options;
  const { type, nodata } = checkBands(options);
  const { compression = 'deflate', tileSize = 512, unwritten = 'error' } = options;
  for (const size of [grid.width, grid.height])
    if (!Number.isInteger(size) || size < 1 || size > mostPixelsAcross)
      refuse(`its size is ${grid.width} × ${grid.height} pixels`);
  if (!Number.isInteger(tileSize) || tileSize % 16 !== 0 || tileSize < 16 || tileSize > 4096)
    refuse(`tiles of ${tileSize} pixels were asked for; choose a multiple of 16 from 16 to 4096`);
  if (unwritten === 'nodata' && nodata === undefined)
    refuse('it has no nodata value for the pixels that nobody writes');
  const palette = options.palette ?? paletteOf(classNames, nodata);
  const classes = palette !== undefined;
  return {
    grid,
    bands,
    type,
    nodata,
    compression,
    predictor: predictorOf(compression, type, classes),
    classes,
    tileSize,
    reduction: reductionOf(options, classes),
    levels: levelsOf(grid, tileSize, options.overviews !== 'none'),
    palette,
    classNames,
    unwritten,
    ...furnishing(options),
  };
}

function furnishing(options: CogOptions): Pick<CogPlan, 'metadata' | 'statistics' | 'bigTiff'> {
  const { metadata = {}, statistics = true, bigTiff = 'auto' } = options;
  return { metadata, statistics, bigTiff };
}

function checkBands({ bands }: CogOptions): CogBand {
  const [first] = bands;
  if (first === undefined || bands.length > mostBands) refuse(`it has ${bands.length} bands`);
  for (const band of bands) {
    if (band.type !== first.type)
      refuse(`its bands mix the types ${first.type} and ${band.type}; write one file per type`);
    if (!Object.is(band.nodata, first.nodata))
      refuse('its bands have different nodata values; write one file per value');
  }
  checkNodata(first);
  return first;
}

/** Colours for classes that have names only. */
function paletteOf(
  names: ReadonlyMap<number, string> | undefined,
  nodata: number | undefined,
): Palette | undefined {
  if (names === undefined) return undefined;
  const values = [...names.keys()].filter((value) => value !== nodata).sort((a, b) => a - b);
  const colors = colorsFor(values.map((value) => names.get(value)!));
  const classes = values.map((value, index) => ({ value, color: colors[index]! }));
  return classPalette(classes, nodata);
}

function refuse(reason: string): never {
  throw new AppError('usage', `Cannot write this raster as a COG: ${reason}.`);
}

function checkNodata(band: CogBand): void {
  const { nodata, type } = band;
  if (nodata === undefined || type === 'float32' || type === 'float64') return;
  const bits = bytesPerSample(type) * 8;
  const signed = !type.startsWith('u');
  const least = signed ? -(2 ** (bits - 1)) : 0;
  const most = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  if (!Number.isInteger(nodata) || nodata < least || nodata > most)
    refuse(`the nodata value ${nodata} does not fit into ${type}`);
}

function predictorOf(compression: Compression, type: SampleType, classes: boolean): 1 | 2 | 3 {
  // differences between class values are noise: on class maps predictor 2 costs 10 to 60 % more bytes
  if (compression === 'none' || classes) return 1;
  return type === 'float32' || type === 'float64' ? 3 : 2;
}

function reductionOf(options: CogOptions, classes: boolean): Reduction {
  const { overviews } = options;
  if (overviews === undefined || overviews === 'none') return classes ? 'mode' : 'average';
  if (classes && overviews === 'average') refuse('class values cannot be averaged for overviews');
  return overviews;
}

function levelsOf(grid: Grid, tileSize: number, overviews: boolean): readonly Level[] {
  const reduced = overviews ? overviewSizes(grid, tileSize) : [];
  return [{ width: grid.width, height: grid.height }, ...reduced].map(({ width, height }) => ({
    width,
    height,
    columns: Math.ceil(width / tileSize),
    rows: Math.ceil(height / tileSize),
  }));
}

/** Tiles of one level over all bands. */
export function tileCount(plan: CogPlan, level: Level): number {
  return level.columns * level.rows * plan.bands.length;
}

/** The part of the image that a tile covers, in pixels of its level. */
export function tileWindow(plan: CogPlan, level: Level, index: number): Window {
  const { tileSize } = plan;
  const x = (index % level.columns) * tileSize;
  const y = Math.floor(index / level.columns) * tileSize;
  return {
    x,
    y,
    width: Math.min(tileSize, level.width - x),
    height: Math.min(tileSize, level.height - y),
  };
}

/** Everything that decides what the compressed tiles look like. */
export function layoutOf(plan: CogPlan): string {
  const { grid, type, nodata, compression, predictor, classes, tileSize } = plan;
  const numbers = [grid.width, grid.height, plan.bands.length, tileSize, predictor];
  return [type, String(nodata), compression, classes, ...numbers].join(' ');
}
