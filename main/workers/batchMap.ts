import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Output } from '../../app/contract/api.ts';
import { acquisitionDate } from '../../app/raster/acquisitionDate.ts';
import type { Grid } from '../../app/raster/grid.ts';
import type { SampleType } from '../../app/raster/samples.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { readAnyCard } from '../engines/anyModelCard.ts';
import { openScene } from '../raster/formats.ts';
import { type OutputFile, outputFiles } from './batchFiles.ts';
import { finishRaw, forgetRaw, type Prediction, recallRaw } from './batchFinish.ts';
import type { BatchMapInput, BatchPartInput } from './batchInput.ts';
import { isWanted } from './batchPostprocess.ts';
import { writeStacItem } from './batchStac.ts';
import { heldModels } from './heldModels.ts';
import type { MapPart } from './mapParts.ts';
import { predict } from './predict.ts';
import { type Run, startRun } from './run.ts';
import type { TaskContext } from './task.ts';

/** What a batch keeps of a mapped scene. */
export type BatchMapped = {
  readonly files: readonly OutputFile[];
  readonly areas: Output<'predict'>['areas'];
  readonly nodataPixels: number;
  readonly seconds: number;
  readonly engine: string;
  readonly warnings: readonly string[];
  readonly date?: string;
  /** Of the map. */
  readonly raster: {
    readonly grid: Grid;
    readonly bands: number;
    readonly type: SampleType;
    readonly block: { readonly width: number; readonly height: number };
  };
};

const open = heldModels();

/**
 * Maps one scene by a recipe: prediction, post-processing, polygons, STAC item, and the hashes of all that. What a run before it
 * had finished is used.
 */
export async function batchMap(input: BatchMapInput, context: TaskContext): Promise<BatchMapped> {
  const { outputs, raw, model } = input;
  const run = startRun(context);
  for (const path of [raw, ...Object.values(outputs)])
    if (path !== undefined) await mkdir(dirname(path), { recursive: true });
  const card = await readAnyCard(model);
  const classes = card.classes.map(({ value, name, color }) => ({ value, name, color }));
  const mapped = await mapScene(input, classes, run, context);
  const described = await describe(input, classes);
  const files = await outputFiles(outputs, input.stac?.item, context.signal);
  await forgetRaw(raw);
  const { areas, nodataPixels, engine, warnings } = mapped;
  return { files, areas, nodataPixels, seconds: run.seconds(), engine, warnings, ...described };
}

async function mapScene(
  input: BatchMapInput,
  classes: ClassScheme,
  run: Run,
  context: TaskContext,
): Promise<Prediction> {
  const { raw, outputs } = input;
  if (!isWanted(input.postprocess)) return await predicted(input, outputs.map, context);
  const recalled = await recallRaw(raw);
  if (recalled === undefined) await predicted(input, raw, context);
  return await finishRaw(input, classes, run, context);
}

/** Computes a part of the rasters of a scene; what is made of them is made when they are put together. */
export async function batchPart(
  { part, ...input }: BatchPartInput,
  context: TaskContext,
): Promise<void> {
  const { vector: _, preview: __, ...outputs } = input.outputs;
  for (const path of Object.values(outputs))
    if (path !== undefined) await mkdir(dirname(path), { recursive: true });
  await predicted({ ...input, outputs }, outputs.map, context, part);
}

/** Prediction as the command does it; what is made of the map waits until that has been post-processed. */
async function predicted(
  { scene, model, called, settings, outputs, postprocess, parts }: BatchMapInput,
  out: string,
  context: TaskContext,
  part?: MapPart,
): Promise<Prediction> {
  const { map: _, vector, preview, ...rasters } = outputs;
  const later = isWanted(postprocess) ? {} : { vector, preview };
  const { engine, threads, window, within, stride, ...plain } = settings;
  const optional = Object.entries({
    engine,
    threads,
    window,
    within,
    stride,
    ...rasters,
    ...later,
  });
  const more = Object.fromEntries(optional.filter(([, value]) => value !== undefined));
  return await predict(
    { ...plain, ...more, scene, model, called, part, parts, out, resume: true },
    context,
    open,
  );
}

/** What the scene says of its time and the map of its raster; the STAC item says the same. */
async function describe(
  { scene, outputs, stac }: BatchMapInput,
  classes: ClassScheme,
): Promise<Pick<BatchMapped, 'raster' | 'date'>> {
  const source = await openScene(scene);
  const date = acquisitionDate(source.description);
  const [file] = source.description.files;
  await source.close();
  const map = await openScene(outputs.map);
  const { grid, bands, block } = map.description;
  await map.close();
  if (stac !== undefined) {
    const written = date === undefined ? await writtenAt(file ?? scene) : undefined;
    await writeStacItem({
      ...{ ...stac, grid, classes, outputs, bandPerClass: bands.length > 1 },
      datetime: date === undefined ? (written ?? new Date(0)).toISOString() : `${date}T00:00:00Z`,
      datetimeSource: date !== undefined ? 'scene' : written === undefined ? 'unknown' : 'file',
    });
  }
  const raster = { grid, bands: bands.length, type: bands[0]!.type, block };
  return { raster, ...(date === undefined ? {} : { date }) };
}

/** When a file was written, or what its server says of that. */
async function writtenAt(path: string): Promise<Date | undefined> {
  if (!/^https?:/.test(path)) return (await stat(path)).mtime;
  const answer = await fetch(path, { method: 'HEAD' }).catch(() => undefined);
  const told = new Date(answer?.headers.get('last-modified') ?? '');
  return Number.isNaN(told.getTime()) ? undefined : told;
}
