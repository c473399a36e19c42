import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { toMap } from '../../../app/raster/geoTransform.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { toPixelTransform } from '../../../app/raster/tileGrid.ts';

type Values = DeskOutput<'scene.values'>['values'];

/** Physical values of all bands at positions on the map; null outside the scene. */
export async function values(
  source: SceneSource,
  { positions }: DeskArguments<'scene.values'>,
  signal: AbortSignal,
): Promise<DeskOutput<'scene.values'>> {
  const { grid, bands } = source.description;
  const toPixel = toPixelTransform(grid);
  const result: Values = [];
  for (const [mapX, mapY] of positions) {
    const [x, y] = toPixel === undefined ? [-1, -1] : toMap(toPixel, mapX, mapY);
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (!(column >= 0 && row >= 0 && column < grid.width && row < grid.height)) {
      result.push(null);
      continue;
    }
    const window = { x: column, y: row, width: 1, height: 1 };
    const block = await source.read({ window, signal });
    const physical = bands.map(({ scale, offset }, band) => {
      const value = Number(block.bands[band]![0]) * scale + offset;
      return block.masks[band]?.[0] === 0 || !Number.isFinite(value) ? null : value;
    });
    result.push({ column, row, values: physical });
  }
  return { values: result };
}
