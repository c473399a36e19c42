import { AppError } from '../../app/error.ts';
import { type Normalisation, normalise, type Spectra } from '../../app/learn/normalise.ts';
import type { Engine, LoadedModel } from './engine.ts';

/** Class probabilities of raw spectra: normalisation, batching and averaging over members inside. */
export type ClassPredictor = {
  readonly classes: number;
  /** (count, classes), rows sum to 1. @throws AppError `bands-mismatch` where bands or patch differ from the model's */
  probabilities(spectra: Spectra): Float32Array;
  dispose(): void;
};

/** What makes a predictor: one or more networks of the same shape, and the value range they learned. */
export type NetworkModel<Config extends { readonly classes: number }> = {
  readonly members: readonly LoadedModel<Config>[];
  readonly normalisation: Normalisation;
  readonly bands: number;
  readonly patch: 1 | 3;
};

/** Samples that go through the engine at once, by the numbers of one: fewer calls where samples are small, bounded memory where not. */
const batchOf = (size: number): number =>
  Math.min(8192, Math.max(2048, Math.floor(2 ** 19 / size)));

/** A predictor of one model on one engine; dispose of it before the engine. */
export function createClassPredictor<Config extends { readonly classes: number }>(
  model: NetworkModel<Config>,
  engine: Engine,
): ClassPredictor {
  const predictors = model.members.map((member) => engine.predictor(member));
  const classes = model.members[0]!.config.classes;
  return {
    classes,
    probabilities: (spectra) => {
      checkBands(spectra, model);
      const size = model.bands * model.patch ** 2;
      const count = spectra.features.length / size;
      const result = new Float32Array(count * classes);
      const batchSize = batchOf(size);
      for (let start = 0; start < count; start += batchSize) {
        const rows = Math.min(batchSize, count - start);
        const part = { ...spectra, features: spectra.features.subarray(start * size) };
        const input = normalise(
          part,
          Array.from({ length: rows }, (_, i) => i),
          model.normalisation,
        );
        for (const predictor of predictors) {
          const values = predictor.predict(input, rows);
          for (let i = 0; i < values.length; i++) {
            result[start * classes + i]! += values[i]! / predictors.length;
          }
        }
      }
      return result;
    },
    dispose: () => {
      for (const predictor of predictors) predictor.dispose();
    },
  };
}

function checkBands(spectra: Spectra, model: { readonly bands: number; readonly patch: number }) {
  if (spectra.bands === model.bands && spectra.patch === model.patch) return;
  throw new AppError(
    'bands-mismatch',
    `The model reads ${model.bands} bands around ${model.patch} × ${model.patch} pixels; it was given ${spectra.bands} bands and ${spectra.patch} × ${spectra.patch}. Choose the bands that its card names.`,
    { model: model.bands, given: spectra.bands },
  );
}
