import { addToSignatures, createSignatures, signatureFigures } from '../../app/learn/signatures.ts';
import type { Split } from '../../app/learn/split.ts';
import type { TrainingData } from './trainingData.ts';

/** Spectral signature of each class over the training samples, as plain JSON. */
export type StoredSignatures = {
  readonly bandCount: number;
  readonly perClass: readonly {
    readonly value: number;
    readonly count: number;
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
  }[];
};

export function classSignatures(
  { features, bands, classes, pixels, patch }: TrainingData,
  split: Split,
): StoredSignatures {
  const cells = patch * patch;
  const sums = createSignatures(
    bands.length,
    classes.map(({ value }) => value),
  );
  const spectrum = new Float32Array(bands.length);
  for (const sample of split.train) {
    for (let band = 0; band < bands.length; band++)
      spectrum[band] = features[(sample * bands.length + band) * cells + (cells >> 1)]!;
    addToSignatures(sums, spectrum, [classes[pixels.classIndex[sample]!]!.value]);
  }
  const figures = signatureFigures(sums);
  return {
    bandCount: figures.bandCount,
    perClass: figures.perClass.map(({ value, count, mean, deviation }) => ({
      value,
      count,
      mean: [...(mean ?? [])],
      deviation: [...(deviation ?? [])],
    })),
  };
}
