import type { Input } from '../../../app/contract/api.ts';
import { AppError } from '../../../app/error.ts';
import {
  type FineTuningPlan,
  fineTuningPlans,
  isPlanName,
  type TileTaskKind,
} from '../../../app/learn/fineTuning.ts';
import {
  checkSpectralGptConfig,
  prismapSpectralGpt,
  type SpectralGptConfig,
  spectralGptSizes,
} from '../../../app/model/spectralGpt/configuration.ts';
import type { StartModel } from './startModel.ts';
import type { TileTask } from './tileTask.ts';

/** The plan of a preset with what the user wants otherwise; a model to start from decides the size of its tiles. */
export function planOf(input: Input<'train'>, start: StartModel | undefined): FineTuningPlan {
  // Prismap's own choice for a processor.
  const name = input.preset === 'prismap' ? 'tiny' : input.preset;
  if (!isPlanName(name))
    throw new AppError(
      'usage',
      `SpectralGPT has no preset "${name}". Choose from: ${Object.keys(fineTuningPlans).join(', ')}.`,
    );
  const plan: FineTuningPlan = fineTuningPlans[name];
  const epochs = input.epochs ?? plan.epochs;
  const batch = input.batch ?? plan.batch;
  const tiles = input.tiles ?? plan.tiles;
  const { augment } = input;
  return {
    ...plan,
    imageSize: start?.sizes.imageSize ?? plan.imageSize,
    epochs,
    batch,
    part: Math.min(plan.part, batch),
    ...(tiles === undefined ? {} : { tiles }),
    rate: input.rate ?? (plan.rateByBatch ? (plan.rate * batch) / plan.batch : plan.rate),
    warmup: Math.min(plan.warmup, epochs / 5),
    augment: augment.length === 0 ? plan.augment : augment.filter((one) => one !== 'none'),
  };
}

/**
 * Tiles drawn an epoch: as the user says; of a data set every tile once, a small one as often as the plan's number needs; else
 * the plan's number.
 */
export function tilesPerEpoch(
  { tiles }: Pick<Input<'train'>, 'tiles'>,
  plan: FineTuningPlan,
  there: number | undefined,
): number {
  if (tiles !== undefined) return tiles;
  return Math.max(plan.tiles ?? 0, there ?? 0) || plan.batch;
}

/** Steps of an epoch, and parts whose gradients make one. */
export function partsOf(
  { batch, part }: Pick<FineTuningPlan, 'batch' | 'part'>,
  tiles: number,
): { readonly stepsPerEpoch: number; readonly partsPerStep: number } {
  return {
    stepsPerEpoch: Math.max(1, Math.floor(tiles / batch)),
    partsPerStep: Math.ceil(batch / part),
  };
}

/** What to train for: the user's word, else that of a published recipe, else what the data are. */
export function taskOf({ task, preset, before, layout }: Input<'train'>): TileTaskKind {
  if (task === 'pixel')
    throw new AppError(
      'usage',
      'SpectralGPT sees tiles, not single pixels. Use --task segmentation, or --model spectralmamba.',
    );
  if (task !== undefined) return task;
  const recipe = isPlanName(preset) ? fineTuningPlans[preset] : undefined;
  if (recipe !== undefined && 'task' in recipe) return recipe.task;
  if (layout === 'eurosat') return 'scene';
  if (layout === 'bigearthnet') return 'multilabel';
  return before.length > 0 || layout === 'oscd' ? 'change' : 'segmentation';
}

/** @throws AppError `bands-mismatch` where the bands are not as many as the weights to start from need */
export function configOf(
  { kind, bands, classes }: Pick<TileTask, 'kind' | 'bands' | 'classes'>,
  plan: FineTuningPlan,
  start: StartModel | undefined,
): SpectralGptConfig {
  if (start !== undefined && start.sizes.bands !== bands.length)
    throw new AppError(
      'bands-mismatch',
      `${start.path} needs ${start.sizes.bands} bands; the tiles have ${bands.length}. Choose scenes with the bands of Sentinel-2, or train without --init.`,
      { needed: start.sizes.bands, found: bands.length },
    );
  const { embedDim, depth, heads, patch, spectralPatch } = start?.sizes ?? {
    ...spectralGptSizes[plan.size],
    patch: 8,
    spectralPatch: [3, 2, 1].find((size) => bands.length % size === 0)!,
  };
  const config = prismapSpectralGpt({
    task: kind,
    classes: classes.length,
    embedDim,
    depth,
    heads,
    patch,
    bands: bands.length,
    spectralPatch,
    imageSize: plan.imageSize,
    dropPath: plan.dropPath,
    ...(plan.head === undefined ? {} : { head: plan.head }),
  });
  checkSpectralGptConfig(config);
  return config;
}
