import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { wholeWindow } from '../../app/raster/grid.ts';
import { classPalette } from '../../app/raster/palette.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { libraryFiles, parseSampleLibrary, type SampleLibrary } from '../../app/sample/library.ts';
import { heldOut, sampleRois } from '../../app/sample/rois.ts';
import { describeSample, type Sample } from '../../app/sample/sample.ts';
import { createPainter } from '../../app/sample/sampleWindow.ts';
import type { ClassScheme, RoiSet } from '../../app/vector/roi.ts';
import { type CogWriter, createCogWriter } from '../raster/cog/writeCog.ts';
import { writeRois } from '../vector/writeRois.ts';
import type { TaskContext } from './task.ts';

/** Writes a generated scene as COG, its ROIs as GeoJSON, and the reference outside the ROIs as class map. */
export async function sample(
  input: Input<'sample'>,
  context: TaskContext,
): Promise<Output<'sample'>> {
  const { kind, size, seed, dir } = input;
  const library = await readLibrary();
  const described = describeSample(
    { kind, seed, ...(size === undefined ? {} : { size }) },
    library,
  );
  await mkdir(dir, { recursive: true }).catch((error: unknown) => {
    throw new AppError(
      'not-writable',
      `The folder ${dir} could not be made (${(error as Error).message}). Choose another one.`,
    );
  });
  const rois = sampleRois(described);
  const paths = {
    scene: join(dir, 'scene.tif'),
    rois: join(dir, 'rois.geojson'),
    reference: join(dir, 'reference.tif'),
  };
  await writeDate(
    described,
    { rois, date: 0, scene: paths.scene, labels: paths.reference },
    context,
  );
  await writeRois(paths.rois, rois);
  if (kind !== 'pair') return paths;
  const second = join(dir, 'scene-2.tif');
  const change = join(dir, 'change.tif');
  await writeDate(described, { rois, date: 1, scene: second, labels: change }, context);
  return { ...paths, second, change };
}

async function readLibrary(): Promise<SampleLibrary> {
  const entries = await Promise.all(
    Object.entries(libraryFiles).map(async ([key, path]) => {
      const text = await readFile(new URL(`../../resources/${path}`, import.meta.url), 'utf8');
      return [key, JSON.parse(text) as unknown] as const;
    }),
  );
  return parseSampleLibrary(
    Object.fromEntries(entries) as Readonly<Record<keyof typeof libraryFiles, unknown>>,
  );
}

type DateOutput = {
  readonly rois: RoiSet;
  readonly date: number;
  readonly scene: string;
  readonly labels: string;
};

/** Writes one date: the scene, and beside it the reference (first date) or the change (second). */
async function writeDate(
  described: Sample,
  { rois, date, scene, labels }: DateOutput,
  context: TaskContext,
): Promise<void> {
  const { grid, bands } = described;
  const paint = createPainter(described, date);
  const classes = date === 0 ? described.classes : (described.changes ?? []);
  const sceneWriter = await createCogWriter(scene, {
    grid,
    bands: bands.map((band) => ({ ...band })),
    overviews: 'average',
    metadata: sceneMetadata(described, date),
    signal: context.signal,
  });
  const labelWriter = await openLabels(labels, described, classes, context.signal).catch(
    async (error: unknown) => {
      await sceneWriter.abort();
      throw error;
    },
  );
  try {
    const windows = scanWindows(wholeWindow(grid), { width: 512, height: 512 }, 128 * 512);
    for (const [index, window] of windows.entries()) {
      context.signal.throwIfAborted();
      const block = paint(window);
      await sceneWriter.write({ window, bands: [...block.bands] });
      const values = date === 0 ? heldOut(described, rois, window, block.reference) : block.change!;
      await labelWriter.write({ window, bands: [values] });
      context.emit({
        kind: 'progress',
        stage: date === 0 ? 'making the scene' : 'making the second date',
        done: index + 1,
        total: windows.length,
      });
    }
    await labelWriter.finish();
    await sceneWriter.finish();
  } catch (error) {
    await Promise.all([sceneWriter.abort(), labelWriter.abort()]);
    throw error;
  }
}

function openLabels(
  path: string,
  { grid }: Sample,
  classes: ClassScheme,
  signal: AbortSignal,
): Promise<CogWriter> {
  return createCogWriter(path, {
    grid,
    bands: [{ name: 'class', type: 'uint8', nodata: 0 }],
    overviews: 'mode',
    palette: classPalette(classes),
    classNames: new Map(classes.map(({ value, name }) => [value, name])),
    signal,
  });
}

function sceneMetadata(described: Sample, date: number): Readonly<Record<string, string>> {
  return {
    PRISMAP_SAMPLE: `generated ${described.kind} scene, seed ${described.seed}`,
    ACQUISITION_DATETIME: described.dates[date] ?? '',
  };
}
