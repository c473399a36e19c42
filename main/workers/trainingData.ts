import { AppError } from '../../app/error.ts';
import { matchBands } from '../../app/raster/bandContract.ts';
import type { Band, SceneDescription, SceneSource } from '../../app/raster/scene.ts';
import type { LabelledPixels } from '../../app/vector/labelledPixels.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { openScene } from '../raster/formats.ts';
import { gatherSamples } from './gatherSamples.ts';
import type { RoiInput } from './roiInput.ts';
import type { TaskContext } from './task.ts';
import { openTrainingLabels, type SceneLabels } from './trainingLabels.ts';
import { candidateBands, checkFaults, cleanSamples, faultyBands } from './usableBands.ts';

/** Labelled spectra of all scenes of a run. */
export type TrainingData = {
  readonly features: Float32Array;
  readonly patch: 1 | 3;
  /** Bands in use, as the first scene describes them. */
  readonly bands: readonly Band[];
  /** Classes that have pixels; `pixels.classIndex` points into it. */
  readonly classes: ClassScheme;
  /** Where the samples lie; further scenes are set far to the right of the first, so that blocks never mix them. */
  readonly pixels: LabelledPixels;
  readonly scenes: readonly SceneDescription[];
};

/** Free columns between two scenes on the common grid of positions. */
export const sceneGap = 100_000;

/** Reads the spectra of all ROI pixels. @throws AppError `no-samples`, `no-overlap`, `bad-values`, `bands-mismatch` … */
export async function collectTrainingData(
  input: RoiInput,
  warn: (message: string) => void,
  context: TaskContext,
): Promise<TrainingData> {
  const labelsOf = await openTrainingLabels({ input, warn, signal: context.signal });
  const parts: Part[] = [];
  let bands: readonly Band[] | undefined;
  let first: SceneDescription | undefined;
  for (const uri of input.scene) {
    const source = await openScene(uri);
    try {
      const { description } = source;
      const indices: readonly number[] =
        bands === undefined
          ? candidateBands(description.bands, input.skipBands, uri)
          : sameBands(bands, source, first!);
      first ??= description;
      bands ??= indices.map((index) => description.bands[index]!);
      const labels = await labelsOf(description).catch((error: unknown) => {
        // With several scenes, one may hold none of the ROIs.
        if (!(error instanceof AppError) || error.code !== 'no-overlap') throw error;
        if (input.scene.length === 1) throw error;
        warn(error.message);
        return undefined;
      });
      if (labels === undefined) continue;
      const gathered = await gatherSamples(source, labels.pixels, {
        bands: indices,
        patch: input.patch ?? 1,
        signal: context.signal,
        onProgress: (done, total) =>
          context.emit({ kind: 'progress', stage: 'reading ROIs', done, total }),
      });
      parts.push({ description, classes: labels.classes, ...gathered });
    } finally {
      await source.close();
    }
  }
  if (parts.length === 0 || bands === undefined) {
    throw new AppError(
      'no-overlap',
      `None of the ROIs of ${input.rois} lies on ${input.scene.join(', ')}. Check that both show the same place.`,
    );
  }
  return assemble(parts, bands, input, warn);
}

type Part = SceneLabels & {
  readonly description: SceneDescription;
  readonly features: Float32Array;
};

function sameBands(
  wanted: readonly Band[],
  source: SceneSource,
  first: SceneDescription,
): readonly number[] {
  const match = matchBands(wanted, source.description.bands, first.bands.length);
  if (match.level !== 'red' && match.indices !== undefined) return match.indices;
  throw new AppError(
    'bands-mismatch',
    `${source.description.uri} does not have the bands of ${first.uri}. ${match.findings.join(' ')} Train on scenes of one sensor.`,
  );
}

function assemble(
  parts: readonly Part[],
  bands: readonly Band[],
  input: RoiInput,
  warn: (message: string) => void,
): TrainingData {
  const patch = input.patch ?? 1;
  const cells = patch * patch;
  const features =
    parts.length === 1 ? parts[0]!.features : concatenate(parts.map((part) => part.features));
  const faults = faultyBands(features, bands.length, cells);
  const names = bands.map((band) => band.name);
  const uri = input.scene.join(', ');
  checkFaults(faults, names, { uri, auto: input.skipBands.includes('auto') });
  if (faults.length > 0)
    warn(
      `Left out, for they carry no information inside the ROIs: ${faults.map((fault) => names[fault.band]).join(', ')}.`,
    );
  const clean = cleanSamples(features, [...bands.keys()], faults, cells);
  const total = parts.reduce((sum, part) => sum + part.pixels.x.length, 0);
  if (clean.kept.length < total)
    warn(
      `${total - clean.kept.length} of ${total} ROI pixels have no data in some band and are not used.`,
    );
  if (clean.kept.length === 0) {
    throw new AppError(
      'no-samples',
      `No ROI pixel of ${uri} has data in every band. Draw ROIs on valid pixels, or leave out bands with --skip-bands.`,
    );
  }
  const placed = placeSideBySide(parts, clean.kept);
  const { classes, classIndex } = presentClasses(parts[0]!.classes, placed.classIndex, warn);
  return {
    features: clean.features,
    patch,
    bands: clean.bands.map((band) => bands[band]!),
    classes,
    pixels: { ...placed, classIndex },
    scenes: parts.map((part) => part.description),
  };
}

function concatenate(arrays: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    result.set(array, at);
    at += array.length;
  }
  return result;
}

function placeSideBySide(parts: readonly Part[], kept: Int32Array): LabelledPixels {
  const x = new Int32Array(kept.length);
  const y = new Int32Array(kept.length);
  const classIndex = new Uint8Array(kept.length);
  const roiIndex = new Int32Array(kept.length);
  let start = 0;
  let shift = 0;
  let at = 0;
  for (const { pixels, description } of parts) {
    for (; at < kept.length && kept[at]! < start + pixels.x.length; at++) {
      const from = kept[at]! - start;
      x[at] = pixels.x[from]! + shift;
      y[at] = pixels.y[from]!;
      classIndex[at] = pixels.classIndex[from]!;
      roiIndex[at] = pixels.roiIndex[from]!;
    }
    start += pixels.x.length;
    shift += description.grid.width + sceneGap;
  }
  return { x, y, classIndex, roiIndex };
}

function presentClasses(
  scheme: ClassScheme,
  classIndex: Uint8Array,
  warn: (message: string) => void,
): { classes: ClassScheme; classIndex: Uint8Array } {
  const present = new Set(classIndex);
  const missing = scheme.filter((_, index) => !present.has(index));
  if (missing.length > 0)
    warn(
      `Without pixels, and so not learned: ${missing.map((landClass) => landClass.name).join(', ')}.`,
    );
  const classes = scheme.filter((_, index) => present.has(index));
  if (classes.length < 2) {
    throw new AppError(
      'no-samples',
      `Training needs ROIs of two classes or more; found pixels of ${classes.length === 1 ? `one, "${classes[0]!.name}"` : 'none'}. Draw ROIs of further classes.`,
    );
  }
  const renumbered = new Map(scheme.map((landClass, index) => [index, classes.indexOf(landClass)]));
  return { classes, classIndex: classIndex.map((index) => renumbered.get(index)!) };
}
