import { expect } from 'vitest';
import { wholeWindow } from '../../../../app/raster/grid.ts';
import { openScene } from '../../formats.ts';
import { digest, type Referee, type RefereeFacts } from './referee.ts';

/** Size, types, pixels and masks of a scene as we read it beside rasterio's; gives what rasterio says. */
export async function comparePixels(referee: Referee, path: string): Promise<RefereeFacts> {
  const source = await openScene(path);
  try {
    const facts = await referee.must<RefereeFacts>({ do: 'read', path });
    const { grid, bands } = source.description;
    expect([grid.width, grid.height, bands.length]).toEqual([
      facts.width,
      facts.height,
      facts.types.length,
    ]);
    expect(bands.map((band) => band.type)).toEqual(facts.types);
    const block = await source.read({ window: wholeWindow(grid) });
    expect(block.bands.map(digest)).toEqual(facts.digests);
    const valid = new Uint8Array(grid.width * grid.height).fill(1);
    expect(block.masks.map((mask) => digest(mask ?? valid))).toEqual(facts.masks);
    return facts;
  } finally {
    await source.close();
  }
}
