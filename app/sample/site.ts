import { type SurfaceName, surfaceNames } from './library.ts';

/** All that a position in the landscape depends on. */
export type Layout = {
  readonly seed: number;
  /** Pixels for one unit of the landscape: below 1 in small scenes, so that they hold all classes too. */
  readonly scale: number;
  /** Width of the part of the landscape in which roads and rivers must appear. */
  readonly extent: number;
  readonly level: {
    /** Elevation of the lakes' surface, then after a drought, then of the upper edge of the wetland. */
    readonly water: number;
    readonly drought: number;
    readonly wetland: number;
    readonly forest: number;
    readonly town: number;
    readonly suburb: number;
  };
};

/** What is at a position. Filled in by `siteAt`, to spare millions of small objects. */
export type Site = {
  /** Index in `surfaceNames`. */
  surface: number;
  /** Names the field, stand or house: what shares one spectrum. */
  parcel: number;
  /** Index in `changeNames`; 0 on the first date. */
  change: number;
};

const index = new Map(surfaceNames.map((name, i) => [name, i]));

/** Puts a surface and the parcel it belongs to into a site. */
export function put(site: Site, surface: SurfaceName, parcel: number): void {
  site.surface = index.get(surface)!;
  site.parcel = parcel;
}
