import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { matchBands } from '../../app/raster/bandContract.ts';
import type { Window } from '../../app/raster/grid.ts';
import { bytesPerSample } from '../../app/raster/samples.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { garbageCollector } from '../collectGarbage.ts';
import { isTileModel } from '../engines/tileModelFolder.ts';
import { openScene } from '../raster/formats.ts';
import { type Classifier, openClassifier } from './classifier.ts';
import { calledAs, createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { type MapExtent, mapExtent } from './mapExtent.ts';
import {
  finishMap,
  type MapRun,
  type MapWatch,
  type PredictInput,
  writeRasters,
} from './mapRun.ts';
import type { MapWriters } from './mapWriters.ts';
import type { openTileModel } from './predictTiles.ts';
import { readAhead } from './readAhead.ts';
import { type Run, startRun } from './run.ts';
import type { TaskContext } from './task.ts';

/** Windows that the reading thread may be ahead of the engine. */
const windowsAhead = 2;
/** Least bytes of decoded tiles that the reader keeps. */
const smallestCache = 32 * 2 ** 20;
/** Bytes of features of one window: with those ahead, what a run holds of the scene. */
const windowBytes = 16 * 2 ** 20;

/** How models are opened: anew for each run, or held from run to run. */
export type OpenModels = {
  readonly pixels: typeof openClassifier;
  readonly tiles?: typeof openTileModel;
};

/** Maps a scene with a trained model. */
export async function predict(
  input: PredictInput,
  context: TaskContext,
  open: OpenModels = { pixels: openClassifier },
): Promise<Output<'predict'>> {
  if (await isTileModel(input.model))
    return (await import('./predictTiles.ts')).predictTiles(input, context, open.tiles);
  if (input.flips)
    throw new AppError(
      'usage',
      `${input.model} names single pixels, which look alike however they are turned. Leave --flips out.`,
    );
  const run = startRun(context);
  const classifier = await open.pixels(input.model, input);
  const { id, device } = classifier.engine;
  context.emit({ kind: 'engine', engine: id, device });
  try {
    const source = await openScene(input.scene);
    try {
      const bands = sceneBands(classifier, source, input, run);
      const extent = await mapExtent(input, source.description.grid);
      const plain = await manifestOf(input, classifier, source, context.signal);
      const manifest = calledAs(plain, input.called);
      const { classes, card } = classifier;
      const map: MapRun = { input, title: card.title, classes, manifest, run, context };
      const tiles = await writeRasters(map, source, extent.area, (writers, watch) =>
        mapWindows({ classifier, source, extent, bands, writers, watch }, context),
      );
      return await finishMap(map, tiles);
    } finally {
      await source.close();
    }
  } finally {
    classifier.dispose();
  }
}

/** Scene bands in the order of the model's. @throws AppError `bands-mismatch` */
function sceneBands(
  classifier: Classifier,
  source: SceneSource,
  input: Input<'predict'>,
  { warn }: Run,
): readonly number[] {
  const match = matchBands(
    classifier.card.bands,
    source.description.bands,
    classifier.card.training.sceneBands,
  );
  if (match.level === 'amber') for (const finding of match.findings) warn(finding);
  if (match.level !== 'red' && match.indices !== undefined) return match.indices;
  const text = match.findings.join(' ');
  if (input.force && match.indices !== undefined) {
    warn(`${text} Mapped all the same, as --force says.`);
    return match.indices;
  }
  throw new AppError(
    'bands-mismatch',
    `${input.scene} does not have the bands of the model ${input.model}. ${text} Choose a scene of the same sensor${match.indices === undefined ? '' : ', or add --force to take the bands in their order'}.`,
    {
      needed: classifier.card.bands.map((band) => band.name),
      found: source.description.bands.map((band) => band.name),
    },
  );
}

type MapTask = {
  readonly classifier: Classifier;
  readonly source: SceneSource;
  readonly extent: MapExtent;
  readonly bands: readonly number[];
  readonly writers: MapWriters;
  readonly watch: MapWatch;
};

/**
 * Windows go through one tile after the other, so a scan without halo needs little more than one tile of all bands; a halo
 * reaches into the row of tiles above, and the reader knows how much that takes.
 */
function cacheFor({ source, bands, classifier }: MapTask): { readonly cacheBytes?: number } {
  if (classifier.patch !== 1) return {};
  const { block, bands: all } = source.description;
  const pixelBytes = bands.reduce((sum, band) => sum + bytesPerSample(all[band]!.type), 0);
  return { cacheBytes: Math.max(smallestCache, 3 * block.width * block.height * pixelBytes) };
}

/** Maps every window that is not done yet; the number of windows of the whole map. */
async function mapWindows(task: MapTask, context: TaskContext): Promise<number> {
  const { classifier, source, extent, writers } = task;
  const relative = (window: Window): Window => ({
    ...window,
    x: window.x - extent.area.x,
    y: window.y - extent.area.y,
  });
  const values = task.bands.length * classifier.patch ** 2;
  const pixels = Math.min(256 * 256, Math.max(1024, windowBytes / 4 / values));
  const all = scanWindows(extent.area, source.description.block, pixels);
  const windows = all.filter((window) => !writers.done(relative(window)));
  const reader = readAhead(
    {
      uri: source.description.uri,
      windows,
      bands: task.bands,
      scaling: task.bands.map((band) => ({
        scale: source.description.bands[band]!.scale,
        offset: source.description.bands[band]!.offset,
      })),
      patch: classifier.patch,
      ahead: windowsAhead,
      ...cacheFor(task),
      ...(extent.within === undefined ? {} : { within: extent.within }),
    },
    context.signal,
  );
  const started = performance.now();
  let done = 0;
  let mapped = 0;
  const collect = garbageCollector(8);
  for await (const { window, indices, features } of reader) {
    const scores = classifier.probabilities({
      features,
      bands: task.bands.length,
      patch: classifier.patch,
    });
    const scored = { window: relative(window), indices, scores };
    await writers.write(scored);
    task.watch?.(scored);
    done += 1;
    collect();
    mapped += indices.length;
    const seconds = (performance.now() - started) / 1000;
    context.emit({
      kind: 'progress',
      stage: 'mapping',
      done: all.length - windows.length + done,
      total: all.length,
      etaSeconds: (seconds / done) * (windows.length - done),
      samplesPerSecond: mapped / seconds,
    });
  }
  return all.length;
}

async function manifestOf(
  input: PredictInput,
  classifier: Classifier,
  source: SceneSource,
  signal: AbortSignal,
): Promise<RunManifest> {
  const inputs = [
    ...source.description.files.map((uri) => ({ role: 'scene', uri })),
    { role: 'model card', uri: classifier.files.card },
    { role: 'weights', uri: classifier.files.weights },
    ...(input.within === undefined ? [] : [{ role: 'within', uri: input.within }]),
  ];
  const { window, within, compression, force, scene, model } = input;
  return createManifest('predict', {
    // the record is that of the whole map
    inputs: input.part === undefined ? await describeInputs(inputs, signal) : [],
    settings: {
      scene,
      model,
      compression,
      force,
      ...(window === undefined ? {} : { window }),
      ...(within === undefined ? {} : { within }),
    },
    engine: classifier.engine,
  });
}
