import { basename, join } from 'node:path';
import type { ModelCard } from '../../app/contract/modelCard.ts';
import type { Normalisation } from '../../app/learn/normalise.ts';
import type { Split } from '../../app/learn/split.ts';
import { displayNames } from '../../app/model/catalogue.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { pixelArea } from '../../app/raster/geoTransform.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import type { Forest } from '../engines/forest.ts';
import { saveModelFolder } from '../engines/modelFolder.ts';
import type { RunManifest } from './manifest.ts';
import type { Score } from './score.ts';
import { classSignatures } from './signatures.ts';
import type { TrainingData } from './trainingData.ts';

/** A fitted model before it is written. */
export type TrainedModel = {
  readonly family: ModelCard['family'];
  readonly preset: string | undefined;
  readonly config: ModelCard['config'];
  readonly weights: readonly WeightData[] | Forest;
  readonly normalisation: Normalisation;
  readonly curve: readonly unknown[];
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly samplesPerSecond: number;
  readonly engine: RunManifest['engine'];
};

export type SaveOptions = {
  readonly model: TrainedModel;
  readonly data: TrainingData;
  readonly split: Split;
  readonly score: Score;
  readonly manifest: RunManifest;
  readonly signal: AbortSignal;
  readonly name: string;
};

/** Writes the model folder: weights, card, training curve, spectral signatures. */
export async function saveTrainedModel(
  folder: string,
  { model, data, split, score, manifest, signal, name }: SaveOptions,
): Promise<void> {
  const files = (role: string) =>
    manifest.inputs
      .filter((file) => file.role === role)
      .map(({ uri, sha256 }) => ({ path: uri, ...(sha256 === undefined ? {} : { sha256 }) }));
  const { grid } = data.scenes[0]!;
  const { oa, aa, kappa, miou, f1 } = score.accuracy;
  await saveModelFolder(
    folder,
    {
      weights: model.weights,
      curve: model.curve,
      card: {
        format: 'prismap-model',
        version: 1,
        name: basename(name),
        title: displayNames[model.family] ?? model.family,
        family: model.family,
        ...(model.preset === undefined ? {} : { preset: model.preset }),
        config: model.config,
        members: Array.isArray(model.weights) ? model.weights.length : 1,
        bands: data.bands.map(({ name: band, wavelengthNm, fwhmNm, scale, offset, unit }) => ({
          name: band,
          scale,
          offset,
          ...(wavelengthNm === undefined ? {} : { wavelengthNm }),
          ...(fwhmNm === undefined ? {} : { fwhmNm }),
          ...(unit === undefined ? {} : { unit }),
        })),
        classes: data.classes.map(({ value, name: className, color, macroclass }) => ({
          value,
          name: className,
          color: [...color],
          ...(macroclass === undefined ? {} : { macroclass }),
        })),
        normalisation: {
          views: model.normalisation.views.map(({ view, mean, std }) => ({
            view,
            mean: [...mean],
            std: [...std],
          })),
        },
        ...(grid.transform === undefined
          ? {}
          : { resolution: Math.sqrt(pixelArea(grid.transform)) }),
        training: {
          scenes: files('scene'),
          rois: files('ROIs'),
          samples: { training: split.train.length, validation: split.validation.length },
          split: split.kind,
          settings: { ...model.settings },
          seed: manifest.settings['seed'] as number,
          epochs: model.epochs,
          bestEpoch: model.bestEpoch,
        },
        figures: { oa, aa, kappa, miou, f1 },
        engine: {
          engine: model.engine.id,
          device: model.engine.device,
          versions: { ...model.engine.versions },
        },
        licence: 'as the training data',
      },
    },
    signal,
  );
  await writeFileAtomic(
    join(folder, 'signatures.json'),
    `${JSON.stringify(classSignatures(data, split))}\n`,
    signal,
  );
}
