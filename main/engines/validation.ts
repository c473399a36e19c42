import { accuracyFigures, addToConfusion, createConfusion } from '../../app/learn/metrics.ts';

/** Figures on the validation part, fractions of 1; one without a denominator is absent. */
export type ValidationFigures = {
  /** Mean −log p of the true class. */
  readonly loss: number;
  readonly oa?: number;
  readonly aa?: number;
  readonly kappa?: number;
  readonly miou?: number;
  readonly f1?: number;
  /** What the best epoch is chosen by: the mean of OA and AA, so that neither large nor small classes rule alone. */
  readonly score: number;
};

/** Figures of probabilities (count, classes) against class indices from 0, (count). */
export function validationFigures(
  probabilities: Float32Array,
  reference: Int32Array,
  classes: number,
): ValidationFigures {
  const predicted = topClasses(probabilities, classes);
  const confusion = createConfusion(Array.from({ length: classes }, (_, i) => i));
  addToConfusion(confusion, reference, predicted);
  let loss = 0;
  for (let i = 0; i < reference.length; i++) {
    loss -= Math.log(Math.max(probabilities[i * classes + reference[i]!]!, 1e-12));
  }
  const { oa, aa, kappa, miou, f1 } = accuracyFigures(confusion);
  const named = Object.entries({ oa, aa, kappa, miou, f1 });
  const present = Object.fromEntries(named.filter(([, value]) => value !== undefined));
  return {
    loss: loss / Math.max(1, reference.length),
    ...present,
    score: ((oa ?? 0) + (aa ?? 0)) / 2,
  };
}

/** The index of the largest of each row of `classes` values; the first of equals. */
export function topClasses(probabilities: Float32Array, classes: number): Int32Array {
  const result = new Int32Array(probabilities.length / classes);
  for (let i = 0; i < result.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (probabilities[i * classes + c]! > probabilities[i * classes + best]!) best = c;
    }
    result[i] = best;
  }
  return result;
}
