import type { Geometry } from './geometry.ts';

/** A class of the class list. `value` is its number in class maps, 1 to 255; 0 is "no class". */
export type LandClass = {
  readonly value: number;
  readonly name: string;
  readonly color: readonly [red: number, green: number, blue: number];
  /** Name of the group it belongs to, where the scheme has groups. */
  readonly macroclass?: string;
};

/** The class list of a set of ROIs. */
export type ClassScheme = readonly LandClass[];

/** A training area: geometry and class. */
export type Roi = {
  readonly id: string;
  readonly geometry: Geometry;
  /** Value of its class in the scheme. */
  readonly classValue: number;
  /** The one scene that it holds for; every scene where absent. */
  readonly scene?: string;
};

/** ROIs of one file, all in one CRS, with their class list. */
export type RoiSet = {
  readonly uri: string;
  /** `EPSG:n`, WKT or PROJ; undefined where the file names none (then they are taken to be in the scene's). */
  readonly crs?: string;
  readonly classes: ClassScheme;
  readonly rois: readonly Roi[];
  /** Field that the classes came from. */
  readonly classField?: string;
  /** What was left out or assumed while reading, one plain sentence each. */
  readonly warnings?: readonly string[];
};

/** The set without ROIs that hold for other scenes than these. */
export const roisOfScenes = (set: RoiSet, scenes: readonly string[]): RoiSet => ({
  ...set,
  rois: set.rois.filter(({ scene }) => scene === undefined || scenes.includes(scene)),
});
