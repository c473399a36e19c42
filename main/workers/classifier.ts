import { join } from 'node:path';
import type { ModelCard } from '../../app/contract/modelCard.ts';
import { AppError } from '../../app/error.ts';
import { forestProbabilities } from '../../app/learn/forest.ts';
import type { Spectra } from '../../app/learn/normalise.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { createClassPredictor } from '../engines/classPredictor.ts';
import { loadModelFolder, type StoredModel } from '../engines/modelFolder.ts';
import { openEngine } from '../engines/table.ts';
import { programVersion } from '../version.ts';
import { engineOptions } from './engineOptions.ts';

/** A trained model ready to map with, whatever its kind. */
export type Classifier = {
  readonly card: ModelCard;
  readonly classes: ClassScheme;
  readonly patch: 1 | 3;
  readonly engine: {
    readonly id: string;
    readonly device: string;
    readonly versions: Readonly<Record<string, string>>;
  };
  readonly files: { readonly card: string; readonly weights: string };
  /** Class scores (n, classes) of physical values, rows summing to 1. */
  probabilities(spectra: Spectra): Float32Array;
  dispose(): void;
};

/** Opens a model folder on the engine that the options name. @throws AppError `not-found`, `bad-weights`, `engine` */
export async function openClassifier(
  folder: string,
  options: { readonly engine?: string | undefined; readonly threads?: number | undefined },
): Promise<Classifier> {
  const model = await loadModelFolder(folder);
  const files = { card: join(folder, 'model.json'), weights: join(folder, 'weights.safetensors') };
  return model.kind === 'forest'
    ? forestClassifier(model, files)
    : await networkClassifier(model, files, options);
}

function schemeOf(card: ModelCard): ClassScheme {
  return card.classes.map(({ macroclass, ...rest }) => ({
    ...rest,
    ...(macroclass === undefined ? {} : { macroclass }),
  }));
}

function forestClassifier(
  model: Extract<StoredModel, { kind: 'forest' }>,
  files: Classifier['files'],
): Classifier {
  return {
    card: model.card,
    classes: schemeOf(model.card),
    patch: 1,
    engine: {
      id: 'forest',
      device: 'CPU, 1 thread, JavaScript',
      versions: { prismap: programVersion() },
    },
    files,
    probabilities: ({ features }) => forestProbabilities(model.forest, features),
    dispose: () => undefined,
  };
}

async function networkClassifier(
  model: Extract<StoredModel, { kind: 'network' }>,
  files: Classifier['files'],
  options: Parameters<typeof openClassifier>[1],
): Promise<Classifier> {
  const [first] = model.members;
  if (first === undefined)
    throw new AppError('bad-weights', `${files.weights} holds no network. Train the model again.`);
  const engine = await openEngine(engineOptions(options));
  const { patch } = first.config;
  const predictor = createClassPredictor(
    {
      members: model.members,
      normalisation: model.card.normalisation,
      bands: model.card.bands.length,
      patch,
    },
    engine,
  );
  const { engine: id, device, versions } = engine.info;
  return {
    card: model.card,
    classes: schemeOf(model.card),
    patch,
    engine: { id, device, versions },
    files,
    probabilities: (spectra) => predictor.probabilities(spectra),
    dispose: () => {
      predictor.dispose();
      engine.dispose();
    },
  };
}
