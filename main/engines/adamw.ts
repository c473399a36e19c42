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

/** The factor that brings the global norm of all gradients down to `clipNorm` (PyTorch's `clip_grad_norm_`). */
export function clipScale(
  gradients: readonly (Float32Array | undefined)[],
  clipNorm: number | undefined,
): number {
  if (clipNorm === undefined) return 1;
  let sum = 0;
  for (const gradient of gradients) {
    if (gradient === undefined) continue;
    for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!;
  }
  return Math.min(1, clipNorm / (Math.sqrt(sum) + 1e-6));
}
