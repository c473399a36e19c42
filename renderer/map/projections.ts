import { register } from 'ol/proj/proj4.js';
import { addProjection, getPointResolution, get as getProjection, Projection } from 'ol/proj.js';
import type View from 'ol/View.js';
import proj4 from 'proj4';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { ViewState } from '../state/view.ts';

/** Map units are pixels: for scenes without georeference. */
const pixels = new Projection({ code: 'PIXELS', units: 'pixels', metersPerUnit: 1 });
addProjection(pixels);

/** Names a CRS to OpenLayers: its EPSG code, else its definition. */
const codeOf = (crs: string): string => (/^EPSG:\d+$/.test(crs) ? crs : `CRS:${crs.slice(0, 200)}`);

/** Makes a CRS known to the map. `definition` is its PROJ string; without one only what OpenLayers knows by itself is possible. */
export function projectionOf(crs: string | undefined, definition: string | undefined): Projection {
  if (crs === undefined) return pixels;
  const code = codeOf(crs);
  const known = getProjection(code);
  if (known !== null) return known;
  if (definition === undefined) return pixels;
  proj4.defs(code, definition);
  register(proj4);
  return getProjection(code) ?? pixels;
}

/** A CRS that was made known before. */
export const knownProjection = (crs: string | undefined): Projection | undefined =>
  crs === undefined ? pixels : (getProjection(codeOf(crs)) ?? undefined);

export const sceneProjection = (info: SceneInfo): Projection => projectionOf(info.crs, info.proj4);

export const isPixels = (projection: Projection): boolean => projection.getCode() === 'PIXELS';

/** What a pixel of the screen covers in the middle of a view: metres whatever the units of the CRS, or pixels of the scene. */
export function groundResolution(view: View): ViewState['resolution'] {
  const [projection, resolution, center] = [
    view.getProjection(),
    view.getResolution(),
    view.getCenter(),
  ];
  if (resolution === undefined || center === undefined) return undefined;
  if (isPixels(projection)) return { size: resolution, unit: 'pixels' };
  return { size: getPointResolution(projection, resolution, center, 'm'), unit: 'metres' };
}
