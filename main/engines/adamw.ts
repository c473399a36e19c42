import type { AdamWNumbers } from '../../native/transformer/optimizerTensorflow.ts';
import type { OptimizerOptions } from './engine.ts';

/** One parameter with its Adam moments; the arrays are changed in place. */
export type AdamState = {
  readonly weight: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly decays: boolean;
};

/**
 * One AdamW step (Loshchilov and Hutter 2019) in the order of PyTorch's `torch.optim.AdamW`: decay, moments, then
 * w -= lr / (1 - beta1^t) · m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon). `step` counts from 1.
 */
export function adamwStep(
  state: AdamState,
  gradient: Float32Array,
  options: OptimizerOptions,
  { step, learningRate, scale }: { step: number; learningRate: number; scale: number },
): void {
  const { weight, first, second } = state;
  const { beta1, beta2, epsilon } = options;
  const kept = state.decays ? 1 - learningRate * options.weightDecay : 1;
  const size = learningRate / (1 - beta1 ** step);
  const root = Math.sqrt(1 - beta2 ** step);
  for (let i = 0; i < weight.length; i++) {
    const g = gradient[i]! * scale;
    const m = first[i]! + (1 - beta1) * (g - first[i]!);
    const v = second[i]! * beta2 + (1 - beta2) * g * g;
    first[i] = m;
    second[i] = v;
    weight[i] = weight[i]! * kept - (size * m) / (Math.sqrt(v) / root + epsilon);
  }
}

/** The same step as the numbers that `TensorOptimizer` takes. */
export function adamwNumbers(
  { beta1, beta2, epsilon, weightDecay }: OptimizerOptions,
  at: { step: number; learningRate: number; scale: number; decays: boolean },
): AdamWNumbers {
  const kept = at.decays ? 1 - at.learningRate * weightDecay : 1;
  const size = at.learningRate / (1 - beta1 ** at.step);
  const root = 1 / Math.sqrt(1 - beta2 ** at.step);
  return [kept, size, root, epsilon, 1 - beta1, beta2, 1 - beta2, at.scale];
}

/**
 * The factor that brings the global norm of all gradients, given as their sums of squares, down to `clipNorm` (PyTorch's
 * `clip_grad_norm_`).
 */
export function clipScale(squares: Iterable<number>, clipNorm: number | undefined): number {
  if (clipNorm === undefined) return 1;
  let sum = 0;
  for (const square of squares) sum += square;
  return Math.min(1, clipNorm / (Math.sqrt(sum) + 1e-6));
}

export function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
