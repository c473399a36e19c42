import { basename, join } from 'node:path';
import type { CardBand, ModelCard } from '../../app/contract/modelCard.ts';
import type { Normalisation } from '../../app/learn/normalise.ts';
import type { Split } from '../../app/learn/split.ts';
import { displayNames } from '../../app/model/catalogue.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { pixelArea } from '../../app/raster/geoTransform.ts';
import type { Band } from '../../app/raster/scene.ts';
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

/** A fitted model and its figures on the validation part. */
export type ScoredModel = TrainedModel & { readonly score: Score };

type SaveOptions = {
  readonly scored: ScoredModel;
  readonly data: TrainingData;
  readonly split: Split;
  readonly manifest: RunManifest;
  readonly signal: AbortSignal;
};

/** What the folder of a model holds once it is written. */
export const trainedModelFiles = (folder: string): string[] =>
  ['weights.safetensors', 'curve.json', 'model.json', 'signatures.json'].map((name) =>
    join(folder, name),
  );

/** Writes the model folder: weights, card, training curve, spectral signatures. */
export async function saveTrainedModel(folder: string, options: SaveOptions): Promise<void> {
  const { scored, data, split, signal } = options;
  const { weights, curve } = scored;
  await saveModelFolder(folder, { weights, curve, card: cardOf(folder, options) }, signal);
  const signatures = `${JSON.stringify(classSignatures(data, split))}\n`;
  await writeFileAtomic(join(folder, 'signatures.json'), signatures, signal);
}

function cardOf(
  folder: string,
  { scored, data, split, manifest }: SaveOptions,
): Omit<ModelCard, 'weightsSha256'> {
  const { family, preset, config, weights, score, engine } = scored;
  const { transform } = data.scenes[0]!.grid;
  const { oa, aa, kappa, miou, f1 } = score.accuracy;
  return {
    format: 'prismap-model',
    version: 1,
    name: basename(folder),
    title: displayNames[family] ?? family,
    family,
    ...(preset === undefined ? {} : { preset }),
    config,
    members: Array.isArray(weights) ? weights.length : 1,
    bands: data.bands.map(cardBand),
    classes: data.classes.map(({ color, macroclass, ...rest }) => ({
      ...rest,
      color: [...color],
      ...(macroclass === undefined ? {} : { macroclass }),
    })),
    normalisation: {
      views: scored.normalisation.views.map(({ view, mean, std }) => ({
        view,
        mean: [...mean],
        std: [...std],
      })),
    },
    ...(transform === undefined ? {} : { resolution: Math.sqrt(pixelArea(transform)) }),
    training: {
      scenes: filesOf(manifest, 'scene'),
      sceneBands: data.scenes[0]!.bands.length,
      rois: filesOf(manifest, 'ROIs'),
      samples: { training: split.train.length, validation: split.validation.length },
      split: split.kind,
      settings: { ...scored.settings },
      seed: manifest.settings['seed'] as number,
      epochs: scored.epochs,
      bestEpoch: scored.bestEpoch,
    },
    figures: { oa, aa, kappa, miou, f1 },
    engine: { engine: engine.id, device: engine.device, versions: { ...engine.versions } },
    licence: 'as the training data',
  };
}

function cardBand({ name, wavelengthNm, fwhmNm, scale, offset, unit }: Band): CardBand {
  return {
    name,
    scale,
    offset,
    ...(wavelengthNm === undefined ? {} : { wavelengthNm }),
    ...(fwhmNm === undefined ? {} : { fwhmNm }),
    ...(unit === undefined ? {} : { unit }),
  };
}

function filesOf(manifest: RunManifest, role: string): { path: string; sha256?: string }[] {
  return manifest.inputs
    .filter((file) => file.role === role)
    .map(({ uri, sha256 }) => ({ path: uri, ...(sha256 === undefined ? {} : { sha256 }) }));
}
