import type { SceneDescription } from '../../app/raster/scene.ts';
import type { WindowedPixels } from '../../app/vector/labelledPixels.ts';
import { labelPixels } from '../../app/vector/labelPixels.ts';
import { placeRois } from '../../app/vector/placeRois.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { type RoiReport, roiPixels } from '../../app/vector/roiPixels.ts';
import { createTransform } from '../vector/crs.ts';
import { readRois } from '../vector/readRois.ts';
import { isLabelRaster, openClassReader } from './classReader.ts';
import { thinPixels } from './gatherSamples.ts';
import type { RoiInput } from './roiInput.ts';

/** Labelled pixels of one scene and the class list that they point into. */
export type SceneLabels = { readonly classes: ClassScheme; readonly pixels: WindowedPixels };

/** Gives the labelled pixels of a scene. @throws AppError `no-overlap`, `no-samples` */
export type LabelsOf = (scene: SceneDescription) => Promise<SceneLabels>;

export type LabelOptions = {
  readonly input: RoiInput;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
};

/** Opens what `--rois` names: drawn areas or a label raster. At most `--max-samples` pixels a class are taken. */
export async function openTrainingLabels(options: LabelOptions): Promise<LabelsOf> {
  return (await isLabelRaster(options.input.rois))
    ? rasterLabels(options)
    : await drawnLabels(options);
}

async function drawnLabels({ input, warn, signal }: LabelOptions): Promise<LabelsOf> {
  const { classField, layer } = input;
  const rois = await readRois(input.rois, {
    ...(classField === undefined ? {} : { classField }),
    ...(layer === undefined ? {} : { layer }),
  });
  return async (scene) => {
    const placed = placeRois(rois, scene.grid, createTransform);
    placed.warnings.forEach(warn);
    const { pixels, report } = roiPixels(placed, { block: scene.block, signal });
    reportRois(report, warn);
    return {
      classes: rois.classes,
      pixels: thinPixels(pixels, input.maxSamples, input.seed),
    };
  };
}

function rasterLabels({ input, warn, signal }: LabelOptions): LabelsOf {
  return async (scene) => {
    const labels = await openClassReader(input.rois, scene.grid, { signal });
    try {
      labels.warnings.forEach(warn);
      const { pixels } = await labelPixels(labels, scene.grid, {
        block: scene.block,
        perClass: input.maxSamples,
        seed: input.seed,
        signal,
      });
      return { classes: labels.classes, pixels };
    } finally {
      await labels.close();
    }
  };
}

function reportRois(report: RoiReport, warn: (message: string) => void): void {
  const names = (pairs: RoiReport['conflicts']['pairs']): string => {
    const shown = pairs.slice(0, 3).map(({ ids }) => ids.join(' and '));
    return shown.join('; ') + (pairs.length > 3 ? ` and ${pairs.length - 3} more` : '');
  };
  if (report.conflicts.pixels > 0) {
    warn(
      `${report.conflicts.pixels} pixels lie in ROIs of different classes (${names(report.conflicts.pairs)}) and are not used.`,
    );
  }
  if (report.overlaps.pixels > 0) {
    warn(
      `${report.overlaps.pixels} pixels lie in several ROIs of one class (${names(report.overlaps.pairs)}) and count once.`,
    );
  }
  const { empty } = report;
  if (empty.length === 1) warn(`1 ROI holds no pixel centre and is not used: ${empty[0]}.`);
  if (empty.length > 1)
    warn(
      `${empty.length} ROIs hold no pixel centre and are not used: ${empty.slice(0, 5).join(', ')}.`,
    );
}
