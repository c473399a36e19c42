import type { Output } from '../../app/contract/api.ts';
import { type Grid, wholeWindow } from '../../app/raster/grid.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { garbageCollector } from '../collectGarbage.ts';
import { openScene } from '../raster/formats.ts';
import { pixelAreaHectares } from '../vector/pixelArea.ts';

/** A scan without halo goes back to no tile, so next to none need be kept. */
const scanCacheBytes = 4 * 2 ** 20;

/** Pixels and hectares of each class of a finished map, read back from the file itself. */
export type MapAreas = {
  readonly rows: Output<'predict'>['areas'];
  readonly mapped: number;
  readonly unmapped: number;
};

export async function classAreas(
  path: string,
  classes: readonly { readonly value: number; readonly name: string }[],
  signal: AbortSignal,
): Promise<MapAreas> {
  const source = await openScene(path, { cacheBytes: scanCacheBytes });
  try {
    const { grid, block } = source.description;
    const counts = new Float64Array(65536);
    const collect = garbageCollector(32);
    for (const window of scanWindows(wholeWindow(grid), block)) {
      const { bands } = await source.read({ window, signal });
      const values = bands[0]! as Uint8Array | Uint16Array;
      for (let i = 0; i < values.length; i++) counts[values[i]!]! += 1;
      collect();
    }
    const hectares = pixelHectares(grid);
    const rows = classes.map(({ value, name }) => ({
      class: name,
      pixels: counts[value]!,
      ...(hectares === undefined ? {} : { hectares: counts[value]! * hectares }),
    }));
    const mapped = rows.reduce((sum, row) => sum + row.pixels, 0);
    return { rows, mapped, unmapped: grid.width * grid.height - mapped };
  } finally {
    await source.close();
  }
}

/** Hectares of one pixel, or undefined where the grid has no CRS or no transform. */
export function pixelHectares(grid: Grid): number | undefined {
  return grid.crs === undefined || grid.transform === undefined
    ? undefined
    : pixelAreaHectares(grid);
}
