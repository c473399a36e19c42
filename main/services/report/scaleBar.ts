import { invert, toMap } from '../../../app/raster/geoTransform.ts';
import type { Grid } from '../../../app/raster/grid.ts';

/** A scale bar: `pixels` of the grid (not of its picture) are `length` long. */
export type ScaleBar = { readonly pixels: number; readonly label: string };

/** Metres of one degree of latitude, on the mean meridian. */
const metresPerDegree = 111_320;

/**
 * A bar of a round length (1, 2 or 5 times a power of ten) not longer than `share` of the grid's width; undefined where the grid
 * has no transform or its unit is unknown.
 */
export function scaleBar(grid: Grid, share = 0.3): ScaleBar | undefined {
  const metres = metresPerPixel(grid);
  if (metres === undefined) return undefined;
  const longest = grid.width * share * metres;
  const power = 10 ** Math.floor(Math.log10(longest));
  const round = [5, 2, 1].find((factor) => factor * power <= longest) ?? 1;
  const length = round * power;
  return {
    pixels: length / metres,
    label:
      length >= 1000
        ? `${tidy(length / 1000)} km`
        : length >= 1
          ? `${tidy(length)} m`
          : `${tidy(length * 100)} cm`,
  };
}

function tidy(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Width of a pixel on the ground in the middle of a grid; undefined where the CRS does not say. */
export function metresPerPixel(grid: Grid): number | undefined {
  const { transform, crs } = grid;
  if (transform === undefined || crs === undefined) return undefined;
  const unit = crsUnit(crs);
  if (unit === undefined) return undefined;
  if (unit.kind === 'length') {
    return Math.hypot(transform[1], transform[4]) * unit.metres || undefined;
  }
  const [, latitude] = toMap(transform, grid.width / 2, grid.height / 2);
  const dx = transform[1] * Math.cos((latitude * Math.PI) / 180);
  return Math.hypot(dx, transform[4]) * metresPerDegree || undefined;
}

/** Clockwise angle in degrees from "up" on the screen to north; undefined without a transform. */
export function northAngle(grid: Grid): number | undefined {
  const inverse = grid.transform === undefined ? undefined : invert(grid.transform);
  if (inverse === undefined) return undefined;
  // One step north in the CRS, in columns and rows; rows grow downwards.
  const angle = (Math.atan2(inverse[2], -inverse[5]) * 180) / Math.PI;
  return angle === -180 ? 180 : angle + 0;
}

type Unit = { readonly kind: 'length'; readonly metres: number } | { readonly kind: 'angle' };

/** Unit of a CRS's axes, from its code, WKT or PROJ string. */
function crsUnit(crs: string): Unit | undefined {
  const code = /^EPSG:(\d+)$/i.exec(crs.trim())?.[1];
  if (code !== undefined) return unitOfCode(Number(code));
  if (
    /^\s*(GEOGCS|GEOGCRS|GEODCRS|GEODETICCRS|GEOGRAPHICCRS)\b/i.test(crs) ||
    /\+proj=(longlat|latlong)\b/.test(crs)
  ) {
    return { kind: 'angle' };
  }
  const factors = [...crs.matchAll(/(?:LENGTH)?UNIT\s*\[\s*"[^"]*"\s*,\s*([\d.eE+-]+)/gi)];
  const last = Number(factors.at(-1)?.[1] ?? Number.NaN);
  // The last unit of a projected CRS is that of its axes; angles come before it and are far below 0.1.
  if (last > 0.1 && last < 10_000) return { kind: 'length', metres: last };
  const proj = /\+to_meter=([\d.eE+-]+)/.exec(crs)?.[1];
  if (proj !== undefined && Number(proj) > 0) return { kind: 'length', metres: Number(proj) };
  if (/\+units=m\b/.test(crs) || /\+proj=utm\b/.test(crs)) return { kind: 'length', metres: 1 };
  return undefined;
}

/** EPSG keeps geographic systems mostly in 4000–4999; the projected ones here are known to be in metres. */
function unitOfCode(code: number): Unit | undefined {
  if ((code >= 4120 && code <= 4399) || (code >= 4600 && code <= 4999) || code === 4000)
    return { kind: 'angle' };
  const inMetres: readonly (readonly [number, number])[] = [
    [32601, 32761],
    [25828, 25838],
    [26901, 26923],
    [3034, 3035],
    [3857, 3857],
    [31466, 31469],
    [2154, 2154],
    [27700, 27700],
    [5513, 5514],
    [28348, 28358],
    [7849, 7858],
    [31980, 31985],
    [6933, 6933],
  ];
  return inMetres.some(([from, to]) => code >= from && code <= to)
    ? { kind: 'length', metres: 1 }
    : undefined;
}
