import { join } from 'node:path';
import type { Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import type { Engine, Network } from '../engines/engine.ts';
import { openEngine } from '../engines/table.ts';
import { loadTileModel, type StoredTileModel } from '../engines/tileModelFolder.ts';
import { openScene } from '../raster/formats.ts';
import { engineOptions } from './engineOptions.ts';
import { calledAs, createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { mapExtent } from './mapExtent.ts';
import { finishMap, type MapRun, type PredictInput, writeRasters } from './mapRun.ts';
import { cellsFor, mapTileLabels } from './predictTileLabels.ts';
import { startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { withSeamMeter } from './tiles/mapSeam.ts';
import { mapTileRows } from './tiles/mapTileRows.ts';
import { inUnitsOf, unitsOfModel } from './tiles/modelUnits.ts';
import { bandsInScene } from './tiles/tileBands.ts';

/** Tasks whose models make a map of one scene. */
const mapped = new Set(['segmentation', 'scene', 'multilabel']);

/** Maps a scene with a model that sees tiles. @throws AppError `usage` where the model makes no map of classes */
export async function predictTiles(
  input: PredictInput,
  context: TaskContext,
  open: typeof openTileModel = openTileModel,
): Promise<Output<'predict'>> {
  const run = startRun(context);
  const { flips } = input;
  const opened = await open(input.model, input);
  const { model, network } = opened;
  const { engine: id, device, versions } = opened.engine;
  context.emit({ kind: 'engine', engine: id, device });
  try {
    const scene = await openScene(input.scene);
    try {
      const bands = bandsFor(model, scene, input, () => undefined);
      const source = await inUnitsOf(unitsOfModel(model.card.scaling), scene, bands, run.warn);
      bandsFor(model, source, input, run.warn);
      const extent = await mapExtent(input, source.description.grid);
      const plain = await manifestOf(input, source, { id, device, versions }, context.signal);
      const manifest = calledAs(plain, input.called);
      const { title } = model.card;
      const map: MapRun = { input, title, classes: classesOf(model), manifest, run, context };
      if (model.config.task !== 'segmentation') {
        const cells = cellsFor({ model, source, extent }, input, run.warn);
        return await mapTileLabels(map, {
          model,
          network,
          source,
          bands,
          flips,
          extent,
          cells,
          context,
        });
      }
      const { classes, imageSize } = model.config;
      let seam: number | undefined;
      const tiles = await writeRasters(map, source, extent.area, async (plain, watch) => {
        const writers = withSeamMeter(plain, { classes, spacing: imageSize / 2 });
        const mapping = { model, network, source, bands, flips, extent, writers, watch, context };
        const count = await mapTileRows(mapping);
        seam = writers.seam();
        return count;
      });
      return await finishMap(map, tiles, seam);
    } finally {
      await scene.close();
    }
  } finally {
    opened.dispose();
  }
}

/** A model that sees tiles on its engine. */
export type OpenTileModel = {
  readonly model: StoredTileModel;
  readonly engine: Engine['info'];
  readonly network: Network;
  dispose(): void;
};

/** @throws AppError `usage` where the model makes no map of classes, `not-found`, `bad-weights`, `engine` */
export async function openTileModel(
  folder: string,
  options: Pick<PredictInput, 'engine' | 'threads'>,
): Promise<OpenTileModel> {
  const model = await loadTileModel(folder);
  const { task } = model.config;
  if (!mapped.has(task))
    throw new AppError(
      'usage',
      `${folder} is a model for "${task}", which makes no map of classes. Train one with --model spectralgpt${task === 'pretrain' ? ` --init ${folder}` : ''}.`,
      { task },
    );
  const engine = await openEngine(engineOptions(options));
  const network = engine.network(model.weights);
  return {
    ...{ model, engine: engine.info, network },
    dispose: () => {
      network.dispose();
      engine.dispose();
    },
  };
}

/** Bands by name or wavelength; in their order where they do not fit and `--force` says so. */
export function bandsFor(
  { card }: StoredTileModel,
  { description }: SceneSource,
  { force }: PredictInput,
  warn: (message: string) => void,
): readonly number[] {
  try {
    return bandsInScene(card.bands, description, warn);
  } catch (error) {
    const enough = description.bands.length >= card.bands.length;
    if (!(error instanceof AppError) || !force || !enough) throw error;
    warn(
      `${error.message} The first ${card.bands.length} were taken all the same, as --force says.`,
    );
    return [...card.bands.keys()];
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
  const { window, within, compression, scene, model, stride, flips, force } = input;
  const inputs = [
    ...source.description.files.map((uri) => ({ role: 'scene', uri })),
    { role: 'model card', uri: join(model, 'model.json') },
    { role: 'weights', uri: join(model, 'weights.safetensors') },
    ...(within === undefined ? [] : [{ role: 'within', uri: within }]),
  ];
  return createManifest('predict', {
    // the record is that of the whole map
    inputs: input.part === undefined ? await describeInputs(inputs, signal) : [],
    settings: {
      scene,
      model,
      compression,
      flips,
      force,
      ...(window === undefined ? {} : { window }),
      ...(within === undefined ? {} : { within }),
      ...(stride === undefined ? {} : { stride }),
    },
    engine,
  });
}
