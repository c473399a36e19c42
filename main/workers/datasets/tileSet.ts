import type { ClassScheme } from '../../../app/vector/roi.ts';

/** What the tiles of a data set are labelled with. */
export type TileSetTask = 'scene' | 'multilabel' | 'segmentation';

/** One tile as it lies on the disk. */
export type TileRecord = {
  /** Its path in the data set, without extension: what lists and messages name. */
  readonly name: string;
  /** One file with all bands, or one a band in the order of the set's `bands`. */
  readonly files: readonly string[];
  /** Indices of its classes: one for a scene, any number for several labels, none for segmentation. */
  readonly labels: readonly number[];
  /** Label raster of segmentation. */
  readonly mask?: string;
  /** The side that folders or lists put it on. */
  readonly part?: TilePart;
};

export type TilePart = 'training' | 'validation' | 'unused';

/** An index of labelled tiles; pixels are read when they are needed. */
export type TileSet = {
  readonly layout: 'folder' | 'eurosat' | 'bigearthnet' | 'segmunich';
  /** The folder as the user named it. */
  readonly root: string;
  readonly task: TileSetTask;
  readonly classes: ClassScheme;
  /** Not empty; by name. */
  readonly tiles: readonly TileRecord[];
  /** Sentinel-2's names of the bands, where the files are known by their order; their values are reflectance · 10,000. */
  readonly sentinel2Bands?: readonly string[];
  /** Class index of a value in the label rasters; −1 = not labelled. */
  readonly codes?: ReadonlyMap<number, number>;
  /** Lists and tables that labels or parts came from. */
  readonly tables: readonly string[];
  /** What was left out or assumed, a sentence each. */
  readonly warnings: readonly string[];
};

/** `a, b, c and 12 more`. */
export function someOf(names: readonly string[], most = 3): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}
