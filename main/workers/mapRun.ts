import { createHash } from 'node:crypto';
import type { Input, Output } from '../../app/contract/api.ts';
import type { Window } from '../../app/raster/grid.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { writePreview } from '../raster/picture.ts';
import { diskFull } from './diskFull.ts';
import { liveMap } from './liveMap.ts';
import type { CalledNames, RunManifest } from './manifest.ts';
import { classAreas } from './mapAreas.ts';
import { gridOf } from './mapExtent.ts';
import {
  type MapPart,
  mergeParts,
  type PartOutputs,
  partWriters,
  writePartRecord,
} from './mapParts.ts';
import {
  type MapWriterOptions,
  type MapWriters,
  openMapWriters,
  type ScoredWindow,
} from './mapWriters.ts';
import type { Run } from './run.ts';
import type { TaskContext } from './task.ts';
import { vectoriseMap } from './vectorise.ts';

/** What a caller of the task may want beside what the command line offers. */
export type PredictInput = Input<'predict'> & {
  /** Say which classes each finished window has. */
  readonly live?: boolean;
  /** Names that the record uses for paths of this machine. */
  readonly called?: CalledNames | undefined;
  /** Only this share of the map is computed; the rasters are there to be put together. */
  readonly part?: MapPart | undefined;
  /** The map is put together from these. */
  readonly parts?: readonly PartOutputs[] | undefined;
};

/** What every map is made of, whatever the model. */
export type MapRun = {
  readonly input: PredictInput;
  /** Of the model. */
  readonly title: string;
  readonly classes: ClassScheme;
  readonly manifest: RunManifest;
  readonly run: Run;
  readonly context: TaskContext;
};

/** Told of every finished window where the caller wants to watch. */
export type MapWatch = ((scored: ScoredWindow) => void) | undefined;

/**
 * Opens the outputs of a class map and has `fill` write every window of the area; the number of tiles that it gives.
 * @param place Where the area lies in the scene, where a pixel of the map is not one of the scene
 */
export async function writeRasters(
  { input, title, classes, manifest, context }: MapRun,
  source: SceneSource,
  area: Window,
  fill: (writers: MapWriters, watch: MapWatch) => Promise<number>,
  place: Window = area,
): Promise<number> {
  const { part, parts } = input;
  const whole = await openMapWriters({
    outputs: input,
    overviews: part === undefined ? undefined : 'none',
    grid: gridOf(source.description.grid, area),
    classes,
    compression: input.compression,
    ...identityOf(manifest, title),
    resume: input.resume,
    signal: context.signal,
  });
  const watched = { size: area, place, classes };
  const watch = input.live === true ? liveMap(watched, (event) => context.emit(event)) : undefined;
  const { signal } = context;
  if (parts !== undefined)
    return await finishRasters(whole, signal, () => mergeParts(parts, input, whole, area, context));
  if (part === undefined) return await finishRasters(whole, signal, () => fill(whole, watch));
  const writers = partWriters(whole, part, area.height);
  const tiles = await finishRasters(writers, signal, () => fill(writers, watch));
  await writePartRecord(input.out, { rows: writers.rows(), tiles });
  return tiles;
}

/** What a raster says of its origin, and the key by which a run of the same settings goes on. */
export const identityOf = (
  manifest: RunManifest,
  title: string,
): Pick<MapWriterOptions, 'metadata' | 'key'> => ({
  metadata: { PRISMAP_MANIFEST: JSON.stringify(manifest), PRISMAP_MODEL: title },
  key: createHash('sha256').update(JSON.stringify(manifest)).digest('hex'),
});

/**
 * Has `fill` write all windows and puts the rasters under their names. A run that was cancelled or that the disk stopped can
 * be continued; one that failed otherwise would fail again, and leaves nothing.
 */
export async function finishRasters(
  writers: MapWriters,
  signal: AbortSignal,
  fill: () => Promise<number>,
): Promise<number> {
  try {
    const tiles = await fill();
    await writers.finish();
    return tiles;
  } catch (error) {
    await writers.abort(true);
    const full = await diskFull(error, writers.progress());
    if (!signal.aborted && full === undefined) await writers.abort(false);
    throw full ?? error;
  }
}

/** Areas, polygons, preview and record of a map that is written; what the call answers. `seam` as `SeamMeter` measures it. */
export async function finishMap(
  { input, classes, manifest, run, context }: MapRun,
  tiles: number,
  seam?: number,
): Promise<Output<'predict'>> {
  const said = {
    ...{ map: input.out, tiles, seconds: run.seconds() },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    engine: `${manifest.engine.id}, ${manifest.engine.device}`,
  };
  // what is made of a map is made of the whole one
  if (input.part !== undefined)
    return { ...said, areas: [], nodataPixels: 0, warnings: [...run.warnings], manifest: '' };
  const areas = await classAreas(input.out, classes, context.signal);
  if (areas.mapped === 0) run.warn('No pixel could be mapped: the area holds nothing but nodata.');
  if (input.vector !== undefined) await vectoriseMap(input.out, input.vector, classes, context);
  if (input.preview !== undefined) await writePreview(input.out, input.preview);
  return {
    ...said,
    ...(seam === undefined ? {} : { seam }),
    areas: [...areas.rows],
    nodataPixels: areas.unmapped,
    warnings: [...run.warnings],
    manifest: await run.record(
      `${input.out}.json`,
      manifest,
      { tiles, areas: areas.rows, ...(seam === undefined ? {} : { seam }) },
      [input.out, input.score, input.probabilities, input.vector, input.preview],
    ),
  };
}
