import { join } from 'node:path';
import type { Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { openEngine } from '../engines/table.ts';
import { loadTileModel, type StoredTileModel } from '../engines/tileModelFolder.ts';
import { openScene } from '../raster/formats.ts';
import { engineOptions } from './engineOptions.ts';
import { createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { mapExtent } from './mapExtent.ts';
import { finishMap, type MapRun, type PredictInput, writeRasters } from './mapRun.ts';
import { cellsFor, mapTileLabels } from './predictTileLabels.ts';
import { startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { mapTileRows } from './tiles/mapTileRows.ts';
import { inModelUnits } from './tiles/modelUnits.ts';
import { bandsInScene } from './tiles/tileBands.ts';

/** Tasks whose models make a map of one scene. */
const mapped = new Set(['segmentation', 'scene', 'multilabel']);

/** Maps a scene with a model that sees tiles. @throws AppError `usage` where the model makes no map of classes */
export async function predictTiles(
  input: PredictInput,
  context: TaskContext,
): Promise<Output<'predict'>> {
  const run = startRun(context);
  const model = await loadTileModel(input.model);
  if (!mapped.has(model.config.task))
    throw new AppError(
      'usage',
      `${input.model} is a model for "${model.config.task}", which makes no map of classes. Train one with --model spectralgpt${model.config.task === 'pretrain' ? ` --init ${input.model}` : ''}.`,
      { task: model.config.task },
    );
  const engine = await openEngine(engineOptions(input));
  const { engine: id, device, versions } = engine.info;
  context.emit({ kind: 'engine', engine: id, device });
  const network = engine.network(model.weights);
  try {
    const opened = await openScene(input.scene);
    try {
      const bands = bandsInScene(model.card.bands, opened.description, () => undefined);
      const source = inModelUnits(opened, bands, model.card, run.warn);
      bandsInScene(model.card.bands, source.description, run.warn);
      const extent = await mapExtent(input, source.description.grid);
      const manifest = await manifestOf(input, source, { id, device, versions }, context.signal);
      const { title } = model.card;
      const map: MapRun = { input, title, classes: classesOf(model), manifest, run, context };
      if (model.config.task !== 'segmentation') {
        const cells = cellsFor({ model, source, extent }, input, run.warn);
        return await mapTileLabels(map, {
          model,
          network,
          source,
          bands,
          extent,
          cells,
          context,
        });
      }
      const tiles = await writeRasters(map, source, extent.area, (writers, watch) =>
        mapTileRows({ model, network, source, bands, extent, writers, watch, context }),
      );
      return await finishMap(map, tiles);
    } finally {
      await opened.close();
    }
  } finally {
    network.dispose();
    engine.dispose();
  }
}

function classesOf({ card }: StoredTileModel): ClassScheme {
  return card.classes.map(({ macroclass, ...rest }) => ({
    ...rest,
    ...(macroclass === undefined ? {} : { macroclass }),
  }));
}

async function manifestOf(
  input: PredictInput,
  source: SceneSource,
  engine: RunManifest['engine'],
  signal: AbortSignal,
): Promise<RunManifest> {
  const { window, within, compression, scene, model, stride } = input;
  const inputs = [
    ...source.description.files.map((uri) => ({ role: 'scene', uri })),
    { role: 'model card', uri: join(model, 'model.json') },
    { role: 'weights', uri: join(model, 'weights.safetensors') },
    ...(within === undefined ? [] : [{ role: 'within', uri: within }]),
  ];
  return createManifest('predict', {
    inputs: await describeInputs(inputs, signal),
    settings: {
      scene,
      model,
      compression,
      ...(window === undefined ? {} : { window }),
      ...(within === undefined ? {} : { within }),
      ...(stride === undefined ? {} : { stride }),
    },
    engine,
  });
}
