import { register } from 'ol/proj/proj4.js';
import { addProjection, get as getProjection, Projection } from 'ol/proj.js';
import proj4 from 'proj4';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';

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

export const sceneProjection = (info: SceneInfo): Projection => projectionOf(info.crs, info.proj4);

export const isPixels = (projection: Projection): boolean => projection.getCode() === 'PIXELS';
