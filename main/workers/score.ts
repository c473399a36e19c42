import type { Output } from '../../app/contract/api.ts';
import { accuracyFigures, addToConfusion, createConfusion } from '../../app/learn/metrics.ts';
import type { Spectra } from '../../app/learn/normalise.ts';
import type { Split } from '../../app/learn/split.ts';
import { topClasses } from '../engines/validation.ts';
import { defined } from './defined.ts';
import type { TrainingData } from './trainingData.ts';

/** Figures of a model on the validation samples; without any, they are empty. */
export type Score = Pick<Output<'train'>, 'perClass'> & {
  readonly accuracy: Output<'train'>['validation'];
};

/** Measures class scores on the validation part of a split. */
export function scoreOf(
  data: TrainingData,
  split: Split,
  probabilities: (spectra: Spectra) => Float32Array,
): Score {
  const { bands, patch, features, classes, pixels } = data;
  const size = bands.length * patch * patch;
  const part = new Float32Array(split.validation.length * size);
  split.validation.forEach((sample, i) =>
    part.set(features.subarray(sample * size, (sample + 1) * size), i * size),
  );
  const scores = probabilities({ features: part, bands: bands.length, patch });
  const confusion = createConfusion(classes.length);
  const reference = Uint8Array.from(split.validation, (sample) => pixels.classIndex[sample]! + 1);
  const predicted = topClasses(scores, classes.length).map((index) => index + 1);
  addToConfusion(confusion, reference, predicted);
  const { oa, aa, kappa, miou, f1, perClass } = accuracyFigures(confusion);
  return {
    accuracy: defined({ oa, aa, kappa, miou, f1 }),
    perClass: perClass.map((figures, index) => ({
      name: classes[index]!.name,
      support: figures.support,
      ...defined({
        producers: figures.producers,
        users: figures.users,
        f1: figures.f1,
        iou: figures.iou,
      }),
    })),
  };
}
