import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { api, type Output } from '../../app/contract/api.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { openScene } from '../raster/formats.ts';
import { writePreview } from '../raster/picture.ts';
import type { BatchMapInput } from './batchInput.ts';
import { postprocessMap } from './batchPostprocess.ts';
import type { RunManifest } from './manifest.ts';
import { classAreas } from './mapAreas.ts';
import type { Run } from './run.ts';
import type { TaskContext } from './task.ts';
import { vectoriseMap } from './vectorise.ts';

const { areas, warnings, tiles } = api.predict.output.shape;

/** What a batch keeps of a prediction. */
export type Prediction = Pick<
  Output<'predict'>,
  'areas' | 'nodataPixels' | 'engine' | 'warnings' | 'tiles'
>;

/** The record beside a raw map, which `predict` writes last: where it is, the map is whole. */
const record = z.looseObject({
  engine: z.looseObject({ id: z.string(), device: z.string() }),
  figures: z.looseObject({ tiles, areas, warnings }),
});

/** What a prediction said that an earlier run finished. */
export async function recallRaw(raw: string): Promise<z.infer<typeof record> | undefined> {
  const text = await readFile(`${raw}.json`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : record.safeParse(JSON.parse(text)).data;
}

/** Makes the finished map of a raw one, and from that polygons, preview, areas and record. */
export async function finishRaw(
  { raw, outputs, postprocess, settings }: BatchMapInput,
  classes: ClassScheme,
  run: Run,
  context: TaskContext,
): Promise<Prediction> {
  const recalled = await recallRaw(raw);
  if (recalled === undefined) throw new Error(`${raw} has no record.`);
  const source = await openScene(raw);
  const { metadata } = source.description;
  const before = JSON.parse(metadata['PRISMAP_MANIFEST']!) as RunManifest;
  const manifest = { ...before, settings: { ...before.settings, postprocess } };
  try {
    const made = { ...metadata, PRISMAP_MANIFEST: JSON.stringify(manifest) };
    const { compression } = settings;
    const options = { classes, compression, metadata: onlyOurs(made) };
    await postprocessMap({ source, out: outputs.map, wanted: postprocess }, options, context);
  } finally {
    await source.close();
  }
  const counted = await classAreas(outputs.map, classes, context.signal);
  if (outputs.vector !== undefined)
    await vectoriseMap(outputs.map, outputs.vector, classes, context);
  if (outputs.preview !== undefined) await writePreview(outputs.map, outputs.preview);
  const { figures } = recalled;
  for (const warning of figures.warnings) run.warn(warning);
  await run.record(
    `${outputs.map}.json`,
    manifest,
    { tiles: figures.tiles, areas: counted.rows },
    Object.values(outputs),
  );
  return {
    areas: [...counted.rows],
    nodataPixels: counted.unmapped,
    engine: `${recalled.engine.id}, ${recalled.engine.device}`,
    warnings: [...run.warnings],
    tiles: figures.tiles,
  };
}

const onlyOurs = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => key.startsWith('PRISMAP_')));

/** Removes a raw map whose scene is done. */
export async function forgetRaw(raw: string): Promise<void> {
  const beside = ['', '.json', '.aux.xml'].map((ending) => raw + ending);
  for (const path of [...beside, raw.replace(/\.[^./\\]*$/, '.qml')])
    await rm(path, { force: true });
}
