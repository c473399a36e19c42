import type { TrainingSettings } from './settings.ts';

/**
 * Learning rate at a position of training. `progress` counts epochs from 0, with fractions inside an epoch.
 * `step` is ×0.9 after every tenth of the epochs (PyTorch's StepLR as the authors used it), `cosine` falls to a hundredth.
 */
export function learningRateAt(
  settings: Pick<TrainingSettings, 'learningRate' | 'schedule' | 'warmup'> & {
    readonly epochs: number;
  },
  progress: number,
): number {
  const { epochs, learningRate, schedule, warmup } = settings;
  if (progress < warmup) return (learningRate * (progress + 1e-2)) / warmup;
  if (schedule === 'step') {
    const every = Math.max(1, Math.floor(epochs / 10));
    return learningRate * 0.9 ** Math.floor(Math.floor(progress) / every);
  }
  if (schedule === 'constant') return learningRate;
  const share = Math.min(1, (progress - warmup) / Math.max(1, epochs - warmup));
  return learningRate * (0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI * share)));
}

/** Peak and least rate, and lengths in epochs, of a warm-up followed by a cosine. */
export type WarmupCosine = {
  readonly peak: number;
  readonly least: number;
  readonly warmup: number;
  readonly total: number;
};

/** Learning rate `progress` epochs after the start: linear from 0 to the peak, then half a cosine down to the least. */
export function warmupCosine(
  progress: number,
  { peak, least, warmup, total }: WarmupCosine,
): number {
  if (progress < warmup) return (peak * progress) / warmup;
  const share = Math.min(1, (progress - warmup) / Math.max(1e-9, total - warmup));
  return least + (peak - least) * 0.5 * (1 + Math.cos(Math.PI * share));
}
