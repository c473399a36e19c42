import type { Grid, Window } from './grid.ts';
import type { SampleArray, SampleType } from './samples.ts';

/** A colour per class value, 0–255 each. */
export type Palette = ReadonlyMap<
  number,
  readonly [red: number, green: number, blue: number, alpha: number]
>;

/** Figures of one band over its valid pixels. */
export type BandStatistics = {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  /** Valid pixels, in per cent of all. */
  readonly validPercent?: number;
};

/** One band as its file describes it. Physical value = sample · scale + offset. */
export type Band = {
  readonly name: string;
  readonly type: SampleType;
  readonly wavelengthNm?: number;
  /** Full width at half maximum. */
  readonly fwhmNm?: number;
  readonly nodata?: number;
  readonly scale: number;
  readonly offset: number;
  readonly unit?: string;
  /** On the bad-band list of the file, or nodata everywhere by its metadata. */
  readonly bad?: boolean;
  /** Stored statistics, where the file has them. */
  readonly statistics?: BandStatistics;
};

/** What a scene is, known from headers alone. */
export type SceneDescription = {
  /** As the user named it. */
  readonly uri: string;
  /** Short name of the format: `GTiff`, `COG`, `ENVI`, `SAFE`, `MAT`, `stack` … */
  readonly format: string;
  readonly grid: Grid;
  readonly bands: readonly Band[];
  /** Sizes of the reduced copies in the file, largest first. */
  readonly overviews: readonly { readonly width: number; readonly height: number }[];
  /** The unit in which the file is stored; reading whole blocks in order decodes each once. */
  readonly block: { readonly width: number; readonly height: number };
  /** Colours and names of classes, for class maps. */
  readonly palette?: Palette;
  readonly classNames?: ReadonlyMap<number, string>;
  /** Text metadata, e.g. sensor, acquisition time, processing baseline. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every file that belongs to the scene: what provenance hashes. */
  readonly files: readonly string[];
};

/** Which pixels to read. */
export type ReadRequest = {
  /** Within the grid; readers refuse others (`no-overlap`). */
  readonly window: Window;
  /** Band indices from 0, in the order wanted; all bands where absent. */
  readonly bands?: readonly number[];
  /** Size of the result: smaller than the window reads from overviews, nearest neighbour. Default: the window's. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly signal?: AbortSignal;
};

/** Band-separate samples of one window. The arrays belong to the caller. */
export type RasterBlock = {
  readonly window: Window;
  readonly width: number;
  readonly height: number;
  /** One array a requested band, each width · height, row by row. */
  readonly bands: readonly SampleArray[];
  /**
   * One mask a band: 1 valid, 0 not (nodata, NaN, mask band, alpha 0); undefined where every pixel is valid.
   * Masks may be shared between bands.
   */
  readonly masks: readonly (Uint8Array | undefined)[];
};

/** Any raster that can be read window by window. Every format is one. */
export type SceneSource = {
  readonly description: SceneDescription;
  /** @throws AppError `corrupt`, `too-large`, `unsupported`, `no-overlap`, `cancelled`, `network` */
  read(request: ReadRequest): Promise<RasterBlock>;
  close(): Promise<void>;
};

/** 1 where all bands of a block are valid; undefined where every pixel is. */
export function validEverywhere(block: RasterBlock): Uint8Array | undefined {
  const distinct = new Set(block.masks.filter((mask) => mask !== undefined));
  if (distinct.size === 0) return undefined;
  const result = new Uint8Array(block.width * block.height).fill(1);
  for (const mask of distinct) for (let i = 0; i < result.length; i++) result[i]! &= mask[i]!;
  return result;
}
