import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { openEngine } from '../engines/table.ts';
import { loadTileModel, type StoredTileModel } from '../engines/tileModelFolder.ts';
import { openScene } from '../raster/formats.ts';
import { writePreview } from '../raster/picture.ts';
import { diskFull } from './diskFull.ts';
import { engineOptions } from './engineOptions.ts';
import { liveMap } from './liveMap.ts';
import { createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { classAreas } from './mapAreas.ts';
import { gridOf, mapExtent } from './mapExtent.ts';
import { openMapWriters } from './mapWriters.ts';
import { startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { mapTileRows, type TileMapping } from './tiles/mapTileRows.ts';
import { bandsInScene } from './tiles/tileBands.ts';
import { vectoriseMap } from './vectorise.ts';

type PredictInput = Input<'predict'> & {
  /** Say which classes each finished strip has. */
  readonly live?: boolean;
};

/** Maps a scene with a segmentation model. @throws AppError `usage` where the model makes no map of classes */
export async function predictTiles(
  input: PredictInput,
  context: TaskContext,
): Promise<Output<'predict'>> {
  const run = startRun(context);
  const model = await loadTileModel(input.model);
  if (model.config.task !== 'segmentation')
    throw new AppError(
      'usage',
      `${input.model} is a model for "${model.config.task}", which makes no map of classes. Train one with --task segmentation${model.config.task === 'pretrain' ? ' --init and this folder' : ''}.`,
      { task: model.config.task },
    );
  const classes = classesOf(model);
  const source = await openScene(input.scene);
  const engine = await openEngine(engineOptions(input));
  const { engine: id, device, versions } = engine.info;
  context.emit({ kind: 'engine', engine: id, device });
  const network = engine.network(model.weights);
  try {
    const bands = bandsInScene(model.card.bands, source.description, run.warn);
    const manifest = await manifestOf(input, source, { id, device, versions }, context.signal);
    const tiles = await writeMap(input, manifest, {
      model,
      network,
      source,
      bands,
      extent: await mapExtent(input, source.description.grid),
      context,
    });
    const areas = await classAreas(input.out, classes, context.signal);
    if (areas.mapped === 0)
      run.warn('No pixel could be mapped: the area holds nothing but nodata.');
    if (input.vector !== undefined) await vectoriseMap(input.out, input.vector, classes, context);
    if (input.preview !== undefined) await writePreview(input.out, input.preview);
    return {
      map: input.out,
      tiles,
      seconds: run.seconds(),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      areas: [...areas.rows],
      nodataPixels: areas.unmapped,
      engine: `${id}, ${device}`,
      warnings: [...run.warnings],
      manifest: await run.record(`${input.out}.json`, manifest, { tiles, areas: areas.rows }),
    };
  } finally {
    network.dispose();
    engine.dispose();
    await source.close();
  }
}

function classesOf({ card }: StoredTileModel): ClassScheme {
  return card.classes.map(({ macroclass, ...rest }) => ({
    ...rest,
    ...(macroclass === undefined ? {} : { macroclass }),
  }));
}

async function writeMap(
  input: PredictInput,
  manifest: RunManifest,
  mapping: Omit<TileMapping, 'writers' | 'watch'>,
): Promise<number> {
  const { model, source, extent, context } = mapping;
  const classes = classesOf(model);
  const writers = await openMapWriters({
    outputs: input,
    grid: gridOf(source.description.grid, extent.area),
    classes,
    compression: input.compression,
    metadata: { PRISMAP_MANIFEST: JSON.stringify(manifest), PRISMAP_MODEL: model.card.title },
    key: createHash('sha256').update(JSON.stringify(manifest)).digest('hex'),
    resume: input.resume,
    signal: context.signal,
  });
  try {
    const watch =
      input.live === true
        ? liveMap(extent.area, classes, (event) => context.emit(event))
        : undefined;
    const tiles = await mapTileRows({ ...mapping, writers, watch });
    await writers.finish();
    return tiles;
  } catch (error) {
    // A run that was cancelled or that the disk stopped can be continued; one that failed otherwise would fail again.
    await writers.abort(true);
    const full = await diskFull(error, writers.progress());
    if (!context.signal.aborted && full === undefined) await writers.abort(false);
    throw full ?? error;
  }
}

async function manifestOf(
  input: PredictInput,
  source: SceneSource,
  engine: RunManifest['engine'],
  signal: AbortSignal,
): Promise<RunManifest> {
  const { window, within, compression, scene, model } = input;
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
    },
    engine,
  });
}
