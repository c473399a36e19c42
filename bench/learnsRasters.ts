import { createCogWriter } from '../main/raster/cog/writeCog.ts';
import { openScene } from '../main/raster/formats.ts';

/** The columns from the west up to `share` of a label raster as a raster of their own; from where the rest may be measured. */
export async function copyColumns(from: string, to: string, share: number): Promise<number> {
  const source = await openScene(from);
  const { grid, bands } = source.description;
  const width = Math.floor(grid.width * share);
  const window = { x: 0, y: 0, width, height: grid.height };
  const block = await source.read({ window, bands: [0] });
  await source.close();
  const writer = await createCogWriter(to, {
    grid: { ...grid, width },
    bands: [{ ...bands[0]!, nodata: 0 }],
  });
  await writer.write({ window, bands: [...block.bands] });
  await writer.finish();
  // No tile that was learned from reaches beyond.
  return width + 16;
}

/** Of changed pixels (map: 2; reference: above 1), in the columns from `from` on; 0 in either is left out. */
export async function f1OfChange(
  map: string,
  reference: string,
  from: number,
): Promise<{ readonly f1: number; readonly precision: number; readonly recall: number }> {
  const [found, truth] = [await firstBand(map), await firstBand(reference)];
  let [both, said, there] = [0, 0, 0];
  for (const [i, value] of found.values.entries()) {
    const known = truth.values[i]!;
    if (i % found.width < from || value === 0 || known === 0) continue;
    if (value === 2) said++;
    if (known > 1) there++;
    if (value === 2 && known > 1) both++;
  }
  return { precision: both / said, recall: both / there, f1: (2 * both) / (said + there) };
}

async function firstBand(
  path: string,
): Promise<{ readonly values: readonly number[]; readonly width: number }> {
  const source = await openScene(path);
  const { width, height } = source.description.grid;
  const { bands } = await source.read({ window: { x: 0, y: 0, width, height }, bands: [0] });
  await source.close();
  return { values: Array.from(bands[0]!, Number), width };
}
