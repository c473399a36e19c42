import type { Window } from '../raster/grid.ts';
import type { Band } from '../raster/scene.ts';
import { elevation } from './layout.ts';
import { gradientNoise, uniform } from './noise.ts';
import type { Layout } from './site.ts';

/** How much light falls on a pixel. */
export type Light = {
  /** Of the direct sun: 1 on level ground, more on slopes that face it. */
  sun: number;
  /** 0 clear to 1 in the middle of a cloud's shadow. */
  shadow: number;
};

/** Light at every fourth pixel of a window and around: it changes slowly. Places are those of the scene, so windows agree. */
export type LightGrid = {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly sun: Float64Array;
  readonly shadow: Float64Array;
};

const lightStep = 4;

/** The light over a window. */
export function lightGrid(layout: Layout, window: Window, second: boolean): LightGrid {
  const column = Math.floor(window.x / lightStep);
  const row = Math.floor(window.y / lightStep);
  const width = Math.floor((window.x + window.width - 1) / lightStep) - column + 2;
  const height = Math.floor((window.y + window.height - 1) / lightStep) - row + 2;
  const sun = new Float64Array(width * height);
  const shadow = new Float64Array(width * height);
  for (let i = 0; i < sun.length; i++) {
    const x = ((column + (i % width)) * lightStep) / layout.scale;
    const y = ((row + Math.floor(i / width)) * lightStep) / layout.scale;
    const light = lightAt(layout, x, y, second);
    sun[i] = light.sun;
    shadow[i] = light.shadow;
  }
  return { column, row, width, sun, shadow };
}

/** Light at pixel (x, y) of the scene, between the four places around it. Writes to `light`. */
export function lightOf(grid: LightGrid, x: number, y: number, light: Light): void {
  const column = Math.floor(x / lightStep);
  const row = Math.floor(y / lightStep);
  const u = x / lightStep - column;
  const v = y / lightStep - row;
  const at = (row - grid.row) * grid.width + column - grid.column;
  light.sun = between(grid.sun, at, grid.width, u, v);
  light.shadow = between(grid.shadow, at, grid.width, u, v);
}

function between(values: Float64Array, at: number, width: number, u: number, v: number): number {
  const top = values[at]! + u * (values[at + 1]! - values[at]!);
  const bottom = values[at + width]! + u * (values[at + width + 1]! - values[at + width]!);
  return top + v * (bottom - top);
}

/** Light at (x, y) in landscape units. Slopes shade softly; a few small clouds cast soft shadows. */
function lightAt(layout: Layout, x: number, y: number, second: boolean): Light {
  const step = 6;
  const here = elevation(layout.seed, x, y, 3);
  // No relief on water, and none right at its shore.
  const relief = Math.min(1, Math.max(0, (here - layout.level.wetland) / 0.06));
  const east = elevation(layout.seed, x + step, y, 3) - here;
  const south = elevation(layout.seed, x, y + step, 3) - here;
  const sunward = second ? 0.75 * south + 0.5 * east : 0.65 * south + 0.7 * east;
  return {
    sun: 1 + relief * Math.max(-0.3, Math.min(0.3, 2.4 * sunward)),
    shadow: cloudShadow(layout, x, y, second),
  };
}

/** Clouds by squares of 330 units; about one square in four has one. */
function cloudShadow(layout: Layout, x: number, y: number, second: boolean): number {
  const size = 330;
  const seed = layout.seed + (second ? 419 : 401);
  let deepest = 0;
  const column = Math.floor(x / size);
  const row = Math.floor(y / size);
  for (let j = row - 1; j <= row + 1; j++) {
    for (let i = column - 1; i <= column + 1; i++) {
      if (uniform(i, j, seed) > 0.28) continue;
      const radius = 17 + 17 * uniform(i, j, seed + 1);
      const dx = x - (i + uniform(i, j, seed + 2)) * size;
      const dy = y - (j + uniform(i, j, seed + 3)) * size;
      if (Math.abs(dx) > 2.5 * radius || Math.abs(dy) > 2.5 * radius) continue;
      const ragged = 0.45 * gradientNoise(x / 16, y / 16, seed + 4);
      const depth = 1.5 - Math.hypot(dx / 1.4, dy) / radius + ragged;
      deepest = Math.max(deepest, Math.min(1, depth / 0.7));
    }
  }
  return deepest;
}

/** What is left of each band in the middle of a thin cloud's shadow: the sky lights the blue more than the infrared. */
export function shadowTint(bands: readonly Band[]): Float64Array {
  return Float64Array.from(bands, (band) => {
    const micrometres = (band.wavelengthNm ?? 550) / 1000;
    return 0.48 + 0.3 * Math.min(1, (0.45 / micrometres) ** 2);
  });
}

/** Noise of each band in reflectance: what the detector adds, and what grows with the signal. */
export type BandNoise = {
  readonly floor: Float64Array;
  readonly share: Float64Array;
  /** Standard deviation of the gain of one detector column. */
  readonly stripes: number;
  /** How much of the ground's signal arrives. */
  readonly transmission: Float64Array;
};

/** Noise of an imaging spectrometer (weaker in the blue and the short-wave infrared) or of a satellite's broad bands. */
export function bandNoise(bands: readonly Band[], narrow: boolean): BandNoise {
  const strength = (band: Band) => {
    const wavelength = band.wavelengthNm ?? 550;
    if (!narrow) return wavelength > 930 && wavelength < 960 ? 1.6 : 1;
    return (
      1 + 1.6 * Math.exp(-(((wavelength - 400) / 60) ** 2)) + Math.max(0, (wavelength - 1000) / 800)
    );
  };
  return {
    floor: Float64Array.from(bands, (band) =>
      band.bad === true ? 0.02 : (narrow ? 0.0014 : 0.0009) * strength(band),
    ),
    share: Float64Array.from(bands, (band) => (narrow ? 0.006 : 0.005) * strength(band)),
    stripes: narrow ? 0.006 : 0.0015,
    transmission: Float64Array.from(bands, (band) => (band.bad === true ? 0.06 : 1)),
  };
}
