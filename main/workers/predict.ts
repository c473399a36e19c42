import { createHash } from 'node:crypto';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { matchBands } from '../../app/raster/bandContract.ts';
import { ofWindow } from '../../app/raster/geoTransform.ts';
import { clip, type Grid, type Window, wholeWindow } from '../../app/raster/grid.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { placeRois } from '../../app/vector/placeRois.ts';
import type { PreparedShape } from '../../app/vector/rasterise.ts';
import { openScene } from '../raster/formats.ts';
import { writePreview } from '../raster/picture.ts';
import { createTransform } from '../vector/crs.ts';
import { readAreas } from '../vector/readRois.ts';
import { type Classifier, openClassifier } from './classifier.ts';
import { createManifest, describeInputs, type RunManifest, writeRecord } from './manifest.ts';
import { classAreas } from './mapAreas.ts';
import { type MapWriters, openMapWriters } from './mapWriters.ts';
import { readAhead } from './readAhead.ts';
import type { TaskContext } from './task.ts';
import { vectoriseMap } from './vectorise.ts';

/** Windows that the reading thread may be ahead of the engine. */
const windowsAhead = 2;
/** Bytes of features of one window: with those ahead, what a run holds of the scene. */
const windowBytes = 16 * 2 ** 20;

/** Where to map: a rectangle, and within it only inside shapes where these are given. */
type Extent = { readonly area: Window; readonly within?: readonly PreparedShape[] };

/** Maps a scene with a trained model. */
export async function predict(
  input: Input<'predict'>,
  context: TaskContext,
): Promise<Output<'predict'>> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    context.emit({ kind: 'warning', message });
  };
  const classifier = await openClassifier(input.model, input);
  context.emit({ kind: 'engine', engine: classifier.engine.id, device: classifier.engine.device });
  const source = await openScene(input.scene);
  const manifest = await manifestOf(input, classifier, source, context.signal);
  const bands = sceneBands(classifier, source, input, warn);
  const extent = await extentOf(input, source);
  const grid = gridOf(source.description.grid, extent.area);
  const writers = await openMapWriters({
    outputs: {
      classes: input.out,
      ...(input.probabilities === undefined ? {} : { probabilities: input.probabilities }),
      ...(input.score === undefined ? {} : { score: input.score }),
    },
    grid,
    classes: classifier.classes,
    compression: input.compression,
    metadata: { PRISMAP_MANIFEST: JSON.stringify(manifest), PRISMAP_MODEL: classifier.card.title },
    key: createHash('sha256').update(JSON.stringify(manifest)).digest('hex'),
    resume: input.resume,
    signal: context.signal,
  });
  let tiles: number;
  try {
    tiles = await mapWindows(
      { classifier, source, extent, bands, writers, uri: input.scene },
      context,
    );
    await writers.finish();
  } catch (error) {
    // A cancelled run can be continued; one that failed would fail again.
    await writers.abort(context.signal.aborted);
    throw error;
  } finally {
    await source.close();
    classifier.dispose();
  }
  const areas = await classAreas(input.out, classifier.classes, context.signal);
  if (areas.mapped === 0) warn('No pixel could be mapped: the area holds nothing but nodata.');
  if (input.vector !== undefined)
    await vectoriseMap(input.out, input.vector, classifier.classes, context);
  if (input.preview !== undefined) await writePreview(input.out, input.preview);
  const seconds = (performance.now() - started) / 1000;
  const record = await writeRecord(`${input.out}.json`, {
    ...manifest,
    started: startedAt,
    seconds,
    figures: { tiles, areas: areas.rows, warnings },
  });
  return {
    map: input.out,
    tiles,
    seconds,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    areas: [...areas.rows],
    nodataPixels: areas.unmapped,
    engine: `${classifier.engine.id}, ${classifier.engine.device}`,
    warnings,
    manifest: record,
  };
}

/** Scene bands in the order of the model's. @throws AppError `bands-mismatch` */
function sceneBands(
  classifier: Classifier,
  source: SceneSource,
  input: Input<'predict'>,
  warn: (message: string) => void,
): readonly number[] {
  const match = matchBands(classifier.card.bands, source.description.bands);
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

async function extentOf(input: Input<'predict'>, source: SceneSource): Promise<Extent> {
  const { grid } = source.description;
  const asked: Window =
    input.window === undefined
      ? wholeWindow(grid)
      : { x: input.window[0], y: input.window[1], width: input.window[2], height: input.window[3] };
  const area = clip(asked, grid);
  if (area === undefined) {
    throw new AppError(
      'no-overlap',
      `The window ${input.window?.join(' ')} lies outside ${input.scene} (${grid.width} × ${grid.height} pixels). Choose a window inside.`,
    );
  }
  if (input.within === undefined) return { area };
  const placed = placeRois(await readAreas(input.within), grid, createTransform);
  const within = placed.rois.filter((roi) => roi.position !== 'outside').map((roi) => roi.shape);
  const inside = clip(boundingWindow(within), area) ?? area;
  const clipped =
    clip(inside, { width: area.x + area.width, height: area.y + area.height }) ?? inside;
  return { area: clipped, within };
}

function boundingWindow(shapes: readonly PreparedShape[]): Window {
  const x = Math.floor(Math.min(...shapes.map(({ bounds }) => bounds.minX)));
  const y = Math.floor(Math.min(...shapes.map(({ bounds }) => bounds.minY)));
  const right = Math.ceil(Math.max(...shapes.map(({ bounds }) => bounds.maxX)));
  const bottom = Math.ceil(Math.max(...shapes.map(({ bounds }) => bounds.maxY)));
  return { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
}

function gridOf(scene: Grid, area: Window): Grid {
  return {
    width: area.width,
    height: area.height,
    ...(scene.crs === undefined ? {} : { crs: scene.crs }),
    ...(scene.transform === undefined
      ? {}
      : { transform: ofWindow(scene.transform, area.x, area.y) }),
  };
}

type MapTask = {
  readonly classifier: Classifier;
  readonly source: SceneSource;
  readonly extent: Extent;
  readonly bands: readonly number[];
  readonly writers: MapWriters;
  readonly uri: string;
};

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
      uri: task.uri,
      windows,
      bands: task.bands,
      scaling: task.bands.map((band) => ({
        scale: source.description.bands[band]!.scale,
        offset: source.description.bands[band]!.offset,
      })),
      patch: classifier.patch,
      ahead: windowsAhead,
      ...(extent.within === undefined ? {} : { within: extent.within }),
    },
    context.signal,
  );
  const started = performance.now();
  let done = 0;
  let mapped = 0;
  for await (const { window, indices, features } of reader) {
    const scores = classifier.probabilities({
      features,
      bands: task.bands.length,
      patch: classifier.patch,
    });
    await writers.write({ window: relative(window), indices, scores });
    done += 1;
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
  input: Input<'predict'>,
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
    inputs: await describeInputs(inputs, signal),
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
