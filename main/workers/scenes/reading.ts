import { AppError } from '../../../app/error.ts';
import { clip, type Window, wholeWindow } from '../../../app/raster/grid.ts';
import type { SceneDescription } from '../../../app/raster/scene.ts';
import { type MapBounds, pixelsOfBounds, toPixelTransform } from '../../../app/raster/tileGrid.ts';

/** The pixels of a scene under a rectangle on the map; the whole scene where none is given. @throws AppError `no-overlap` */
export function windowUnder(scene: SceneDescription, bounds: MapBounds | undefined): Window {
  const { grid, uri } = scene;
  if (bounds === undefined) return wholeWindow(grid);
  const toPixel = toPixelTransform(grid);
  const window = toPixel === undefined ? undefined : clip(pixelsOfBounds(toPixel, bounds), grid);
  if (window !== undefined) return window;
  throw new AppError(
    'no-overlap',
    `What is in view does not meet ${uri}. Move the map to the scene.`,
    { uri },
  );
}

/** A window thinned to about `pixels` pixels. */
export function thinned(window: Window, pixels: number): { width: number; height: number } {
  const factor = Math.max(1, Math.sqrt((window.width * window.height) / pixels));
  return {
    width: Math.max(1, Math.round(window.width / factor)),
    height: Math.max(1, Math.round(window.height / factor)),
  };
}

/** @throws AppError `usage` for a band that the scene does not have */
export function checkBands(scene: SceneDescription, bands: readonly number[]): void {
  const wrong = bands.find((band) => band >= scene.bands.length);
  if (wrong === undefined) return;
  throw new AppError(
    'usage',
    `${scene.uri} has ${scene.bands.length} bands; band ${wrong + 1} was asked for.`,
  );
}

/** Bands that are not bad; of more than `most`, evenly spread ones. */
export function spreadBands({ bands }: SceneDescription, most: number): readonly number[] {
  const good = bands.map((_, index) => index).filter((index) => bands[index]!.bad !== true);
  if (good.length === 0) return [0];
  if (good.length <= most) return good;
  return Array.from(
    { length: most },
    (_, i) => good[Math.floor(((i + 0.5) * good.length) / most)]!,
  );
}
