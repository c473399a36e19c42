import type { Input } from '../../app/contract/api.ts';
import type { Window } from '../../app/raster/grid.ts';
import { loadTileModel } from '../engines/tileModelFolder.ts';
import { openScene } from '../raster/formats.ts';
import { mapExtent } from './mapExtent.ts';
import { cellsFor } from './predictTileLabels.ts';
import { bandsFor } from './predictTiles.ts';
import { bytesPerPixel, type Estimate } from './probePredict.ts';
import {
  blended,
  blendPart,
  type Corner,
  estimateOf,
  quiet,
  silent,
  timeTiles,
  weightsOf,
  withNetwork,
  writing,
} from './probeTiles.ts';
import type { TaskContext } from './task.ts';
import { type CellMapping, mapTileCells } from './tiles/mapTileCells.ts';
import { scoreSceneTiles } from './tiles/mapTileRows.ts';
import { inUnitsOf, unitsOfModel } from './tiles/modelUnits.ts';
import { type TileCells, tileCells } from './tiles/tileCells.ts';

/** Maps a few tiles of a scene. */
export async function probePredictTiles(
  input: Input<'predict'>,
  context: TaskContext,
): Promise<Estimate> {
  const model = await loadTileModel(input.model);
  return await withNetwork(model, input, async (network, engine) => {
    const opened = await openScene(input.scene);
    try {
      const bands = bandsFor(model, opened, input, quiet);
      const source = await inUnitsOf(unitsOfModel(model.card.scaling), opened, bands, quiet);
      const { area } = await mapExtent(input, source.description.grid);
      const { flips } = input;
      const mapping = { model, network, source, bands, context: silent(context) };
      const { classes, imageSize, task } = model.config;
      const one = (corner: Corner): Promise<unknown> =>
        scoreSceneTiles({ ...mapping, flips: false }, [corner]);
      const files = [...source.description.files, weightsOf(input.model)];
      if (task === 'segmentation') {
        const part = (some: Window): Promise<number> =>
          blendPart(model, some, context, (corners) =>
            scoreSceneTiles({ ...mapping, flips }, corners),
          );
        const timed = await timeTiles({ area, side: imageSize, flips, one, part });
        const pixelBytes = bytesPerPixel(input, classes);
        return await estimateOf(timed, { ...blended(model, area), pixelBytes, files }, engine);
      }
      const extent = { area };
      const cells = cellsFor({ model, source, extent }, input, quiet);
      const part = (some: Window): Promise<number> =>
        mapCells({ ...mapping, flips, extent: { area: some } }, cells, some);
      const timed = await timeTiles({ area, side: cells.stride, flips, one, part });
      const tiles = cells.rows * cells.columns;
      const pixelBytes = task === 'multilabel' ? 4 * classes : 1;
      const whole = { tiles, pixels: tiles, pixelBytes, pixelSeconds: writing, held: 0, files };
      return await estimateOf(timed, whole, engine);
    } finally {
      await opened.close();
    }
  });
}

async function mapCells(
  mapping: Omit<CellMapping, 'cells'>,
  { side, stride }: TileCells,
  area: Window,
): Promise<number> {
  const cells = tileCells(area, side, stride);
  for await (const _ of mapTileCells({ ...mapping, cells }));
  return cells.rows * cells.columns;
}
