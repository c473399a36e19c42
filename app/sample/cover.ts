import type { Window } from '../raster/grid.ts';
import { siteAt } from './layout.ts';
import type { Layout, Site } from './site.ts';

/** What covers one pixel: up to parts² different sites with their areas. Reused from pixel to pixel. */
export type Cover = {
  count: number;
  readonly surface: Int32Array;
  readonly parcel: Uint32Array;
  readonly change: Int32Array;
  readonly area: Float64Array;
};

/** A mixed pixel is looked at in this many places a side. */
const parts = 4;

/** A cover of nothing. */
export function createCover(): Cover {
  return {
    count: 0,
    surface: new Int32Array(parts * parts),
    parcel: new Uint32Array(parts * parts),
    change: new Int32Array(parts * parts),
    area: new Float64Array(parts * parts),
  };
}

/** What lies at the corners of all pixels of a window, (height + 1) · (width + 1). */
export type Corners = {
  readonly width: number;
  readonly surface: Int32Array;
  readonly parcel: Uint32Array;
  readonly change: Int32Array;
};

const site: Site = { surface: 0, parcel: 0, change: 0 };

/** Looks at the corners of all pixels of a window. */
export function cornersOf(layout: Layout, window: Window, second: boolean): Corners {
  const width = window.width + 1;
  const length = width * (window.height + 1);
  const corners = {
    width,
    surface: new Int32Array(length),
    parcel: new Uint32Array(length),
    change: new Int32Array(length),
  };
  for (let i = 0; i < length; i++) {
    const x = window.x + (i % width);
    const y = window.y + Math.floor(i / width);
    siteAt(layout, x / layout.scale, y / layout.scale, second, site);
    corners.surface[i] = site.surface;
    corners.parcel[i] = site.parcel;
    corners.change[i] = site.change;
  }
  return corners;
}

type Place = {
  readonly layout: Layout;
  readonly second: boolean;
  /** Of the pixel in the scene, then in the window. */
  readonly x: number;
  readonly y: number;
  readonly column: number;
  readonly row: number;
};

/** Fills a cover for a pixel: from its corners where they agree, else from parts² places in it. */
export function coverPixel(cover: Cover, corners: Corners, place: Place): void {
  const at = place.row * corners.width + place.column;
  cover.count = 0;
  if (agree(corners, at)) {
    site.surface = corners.surface[at]!;
    site.parcel = corners.parcel[at]!;
    site.change = corners.change[at]!;
    return addSite(cover, 1);
  }
  const { layout, second, x, y } = place;
  for (let part = 0; part < parts * parts; part++) {
    const dx = ((part % parts) + 0.5) / parts;
    const dy = (Math.floor(part / parts) + 0.5) / parts;
    siteAt(layout, (x + dx) / layout.scale, (y + dy) / layout.scale, second, site);
    addSite(cover, 1 / (parts * parts));
  }
}

function agree(corners: Corners, at: number): boolean {
  const below = at + corners.width;
  return same(corners, at, at + 1) && same(corners, at, below) && same(corners, at, below + 1);
}

function same({ surface, parcel, change }: Corners, a: number, b: number): boolean {
  return parcel[a] === parcel[b] && surface[a] === surface[b] && change[a] === change[b];
}

function addSite(cover: Cover, area: number): void {
  const parcel = site.parcel >>> 0;
  for (let k = 0; k < cover.count; k++) {
    const known = cover.surface[k] === site.surface && cover.parcel[k] === parcel;
    if (known && cover.change[k] === site.change) {
      cover.area[k]! += area;
      return;
    }
  }
  cover.surface[cover.count] = site.surface;
  cover.parcel[cover.count] = parcel;
  cover.change[cover.count] = site.change;
  cover.area[cover.count] = area;
  cover.count++;
}

const areas = new Float64Array(256);

/** The value that covers most of a pixel; the smaller one where two cover the same. */
export function majority(cover: Cover, keys: Int32Array, valueOf: Uint8Array): number {
  if (cover.count === 1) return valueOf[keys[0]!]!;
  areas.fill(0);
  let best = 0;
  for (let k = 0; k < cover.count; k++) areas[valueOf[keys[k]!]!]! += cover.area[k]!;
  for (let value = 1; value < 256; value++) if (areas[value]! > areas[best]!) best = value;
  return best;
}
