import { AppError } from '../../app/error.ts';
import type { TrainingBatch } from './engine.ts';

/** Target share of a class in the loss of one sample, before division by the sum of weights. */
type Targets = {
  readonly weights: Float32Array;
  readonly smoothing: number;
  readonly total: number;
};

/**
 * Mean softmax cross-entropy of (count, classes) logits and its gradient, as PyTorch's `cross_entropy` with `weight`
 * and `label_smoothing`: with class weights w, sum over samples of
 * (1 - s) w_y (-log p_y) + s / K · sum_c w_c (-log p_c), divided by the sum of w_y.
 * @throws AppError `bad-labels` where a label is not a class
 */
export function crossEntropy(
  logits: Float32Array,
  classes: number,
  batch: Pick<TrainingBatch, 'labels' | 'classWeights' | 'labelSmoothing'>,
): { readonly loss: number; readonly gradient: Float32Array } {
  const count = logits.length / classes;
  const targets = targetsOf(batch, count, classes);
  const gradient = new Float32Array(logits.length);
  let loss = 0;
  for (let i = 0; i < count; i++) {
    loss += sampleLoss(
      logits.subarray(i * classes, (i + 1) * classes),
      batch.labels[i]!,
      targets,
      gradient.subarray(i * classes, (i + 1) * classes),
    );
  }
  return { loss, gradient };
}

function targetsOf(
  { labels, classWeights, labelSmoothing = 0 }: Parameters<typeof crossEntropy>[2],
  count: number,
  classes: number,
): Targets {
  const weights = classWeights ?? new Float32Array(classes).fill(1);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights[labels[i] ?? -1];
    if (weight === undefined || labels[i]! >= classes) {
      throw new AppError(
        'bad-labels',
        `sample ${i} has label ${labels[i]}; the model has classes 0 to ${classes - 1}`,
      );
    }
    total += weight;
  }
  return { weights, smoothing: labelSmoothing, total };
}

function sampleLoss(
  logits: Float32Array,
  label: number,
  { weights, smoothing, total }: Targets,
  gradient: Float32Array,
): number {
  const classes = logits.length;
  let largest = -Infinity;
  for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[c]!);
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp(logits[c]! - largest);
  const logSum = largest + Math.log(sum);
  let loss = 0;
  let share = 0;
  for (let c = 0; c < classes; c++) {
    const target = targetShare(c, label, weights, smoothing, classes) / total;
    loss += target * (logSum - logits[c]!);
    share += target;
  }
  for (let c = 0; c < classes; c++) {
    const target = targetShare(c, label, weights, smoothing, classes) / total;
    gradient[c] = Math.exp(logits[c]! - logSum) * share - target;
  }
  return loss;
}

function targetShare(
  c: number,
  label: number,
  weights: Float32Array,
  smoothing: number,
  classes: number,
): number {
  return weights[c]! * ((c === label ? 1 - smoothing : 0) + smoothing / classes);
}
