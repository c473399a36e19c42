import { AppError } from '../../../app/error.ts';
import type { Window } from '../../../app/raster/grid.ts';
import { sampleTypeOf } from '../../../app/raster/samples.ts';
import type { PixelBlock } from './fullTiles.ts';
import type { CogPlan } from './plan.ts';

/** @throws AppError `no-overlap` for a window that is not wholly inside the raster */
export function checkWindow(plan: CogPlan, window: Window): void {
  const { x, y, width, height } = window;
  const whole = [x, y, width, height].every(Number.isInteger);
  const inside = x >= 0 && y >= 0 && x + width <= plan.grid.width && y + height <= plan.grid.height;
  if (!whole || width < 1 || height < 1 || !inside)
    throw new AppError(
      'no-overlap',
      `The window ${x}, ${y} of ${width} × ${height} pixels lies outside the raster of ${plan.grid.width} × ${plan.grid.height}.`,
      { window },
    );
}

/** @throws AppError `no-overlap`, `usage` for a block that does not fit the raster */
export function checkBlock(plan: CogPlan, block: PixelBlock): void {
  const { window, bands } = block;
  checkWindow(plan, window);
  if (bands.length !== plan.bands.length)
    throw new AppError(
      'usage',
      `A block has ${bands.length} bands where the raster has ${plan.bands.length}.`,
    );
  for (const samples of bands)
    if (sampleTypeOf(samples) !== plan.type || samples.length !== window.width * window.height)
      throw new AppError(
        'usage',
        `A block of ${window.width} × ${window.height} ${plan.type} pixels came as ${samples.length} of ${sampleTypeOf(samples)}.`,
      );
}
