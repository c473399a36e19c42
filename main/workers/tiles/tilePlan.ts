import type { Input } from '../../../app/contract/api.ts';
import { AppError } from '../../../app/error.ts';
import {
  type FineTuningPlan,
  fineTuningPlan,
  fineTuningPlans,
  isPlanName,
  type TileTaskKind,
} from '../../../app/learn/fineTuning.ts';
import {
  checkSpectralGptConfig,
  officialHead,
  prismapSpectralGpt,
  spectralGptSizes,
} from '../../../app/model/spectralGpt/configuration.ts';
import { withLora } from '../../../app/model/spectralGpt/lora.ts';
import type { Tuning } from '../../../app/model/spectralGpt/rules.ts';
import {
  familyOf,
  type TileConfig,
  type TileFamilyId,
  tileRule,
} from '../../../app/model/tileNetwork.ts';
import type { WeightData } from '../../../app/model/weights.ts';
import type { LearnerOptions } from '../../engines/engine.ts';
import type { StartModel } from './start.ts';
import type { TileTask } from './tileTask.ts';

/** What learns, how long, and where it starts. */
type Learning = {
  readonly family: TileFamilyId;
  readonly plan: FineTuningPlan;
  readonly start: StartModel | undefined;
};

/** What `--tune` says. */
export function tuningOf(tune: string): Tuning & { readonly rank?: number } {
  const [kind = 'all', number = ''] = tune.split(':');
  if (kind === 'last') return { kind, blocks: Number(number) };
  if (kind === 'lora') return { kind, rank: Number(number) };
  return { kind: kind === 'head' ? 'head' : 'all' };
}

/** Weights with the low-rank additions where they are what learns. @throws AppError `usage` where there is no attention */
export function withAdditions(
  weights: WeightData,
  config: TileConfig,
  { kind, rank }: ReturnType<typeof tuningOf>,
  seed: number,
): WeightData {
  if (kind !== 'lora') return weights;
  if (!('depth' in config))
    throw new AppError(
      'usage',
      `${familyOf(config)} has no attention that low-rank additions could go to. Use --tune head or last:N.`,
    );
  // As large a step as one of the whole matrix: alpha = rank, the additions count fully.
  return withLora(weights, config, { rank: rank!, alpha: rank! }, seed);
}

/** The plan of a preset with what the user wants otherwise; where he says nothing, a model to start from decides the size of its tiles. */
export function planOf(
  input: Input<'train'>,
  start: StartModel | undefined,
  task: TileTaskKind,
): FineTuningPlan {
  // Prismap's own choice for a processor.
  const name = input.preset === 'prismap' ? 'tiny' : input.preset;
  if (!isPlanName(name))
    throw new AppError(
      'usage',
      `${input.model} has no preset "${name}". Choose from: ${Object.keys(fineTuningPlans).join(', ')}.`,
    );
  const plan = fineTuningPlan(name, task, tokenSide(input, start));
  const epochs = input.epochs ?? plan.epochs;
  const batch = input.batch ?? plan.batch;
  const tiles = input.tiles ?? plan.tiles;
  const { augment } = input;
  return {
    ...plan,
    keep: input.keep ?? plan.keep,
    scaling: input.scaling ?? plan.scaling,
    imageSize: tileSide(input, start) ?? plan.imageSize,
    epochs,
    batch,
    part: Math.min(plan.part, batch),
    ...(tiles === undefined ? {} : { tiles }),
    rate: input.rate ?? rateOf(plan, batch),
    warmup: Math.min(plan.warmup, epochs / 5),
    augment: augment.length === 0 ? plan.augment : augment.filter((one) => one !== 'none'),
  };
}

/** Pixels a side of a tile, where the user or the model to start from says. */
const tileSide = (
  { imageSize }: Pick<Input<'train'>, 'imageSize'>,
  start: StartModel | undefined,
): number | undefined => imageSize ?? start?.sizes?.imageSize;

/** AdamW of fine-tuning; `startsFresh` = every layer learns at the same rate. */
export function optimizerOf(
  plan: FineTuningPlan,
  config: TileConfig,
  tuning: Tuning,
  startsFresh: boolean,
): LearnerOptions {
  return {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: plan.weightDecay,
    clipNorm: 1,
    rule: tileRule(config, tuning, startsFresh ? 1 : plan.layerDecay),
  };
}

const rateOf = ({ rate, rateByBatch, batch }: FineTuningPlan, wanted: number): number =>
  rateByBatch ? (rate * wanted) / batch : rate;

/**
 * Pixels a side of what becomes one token, where that is given. A pixel of ResNet's last map is 32 of the tile; tiles of a data set show
 * whole objects, which tokens of the usual size tell apart sooner.
 */
const tokenSide = (
  { model, dataset }: Input<'train'>,
  start: StartModel | undefined,
): number | undefined =>
  start?.sizes?.patch ?? (model === 'resnet50' ? 32 : dataset === undefined ? undefined : 8);

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
export function taskOf({ model, task, preset, before, layout }: Input<'train'>): TileTaskKind {
  if (task === 'pixel')
    throw new AppError(
      'usage',
      `${model} sees tiles, not single pixels. Use --task segmentation, or --model spectralmamba.`,
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
  { family, plan, start }: Learning,
): TileConfig {
  const needed = start?.sizes?.bands ?? bands.length;
  if (needed !== bands.length)
    throw new AppError(
      'bands-mismatch',
      `${start!.path} needs ${needed} bands; the tiles have ${bands.length}. Choose scenes with the bands of Sentinel-2, or train without --init.`,
      { needed, found: bands.length },
    );
  const sizes = {
    task: kind,
    classes: classes.length,
    bands: bands.length,
    imageSize: plan.imageSize,
  };
  if (family === 'resnet50')
    return { ...sizes, headDropout: noDropout, fusion: plan.head?.fusion ?? 256 };
  const transformer = {
    ...sizes,
    ...spectralGptSizes[plan.size],
    patch: plan.patch ?? 8,
    ...start?.sizes,
    imageSize: plan.imageSize,
    dropPath: plan.dropPath,
  };
  if (family !== 'spectralgpt')
    return {
      ...transformer,
      headDropout: noDropout,
      head: plan.head ?? officialHead,
      ...(family === 'vit'
        ? { groupEmbedding: 0 }
        : {
            groups: satmaeGroups(bands.length),
            groupEmbedding: groupEmbedding(transformer.embedDim),
          }),
    };
  const config = prismapSpectralGpt({
    spectralPatch: [3, 2, 1].find((size) => bands.length % size === 0)!,
    ...transformer,
    ...(plan.head === undefined ? {} : { head: plan.head }),
  });
  checkSpectralGptConfig(config);
  return config;
}

const noDropout = { pyramid: 0, fusion: 0 } as const;

/** Of ten Sentinel-2 bands the published groups (visible and near infrared, red edge, short wave); of others thirds in order. */
function satmaeGroups(bands: number): readonly (readonly number[])[] {
  if (bands === 10)
    return [
      [0, 1, 2, 6],
      [3, 4, 5, 7],
      [8, 9],
    ];
  const each = Math.ceil(bands / 3);
  const all = Array.from({ length: bands }, (_, band) => band);
  return [0, 1, 2]
    .map((group) => all.slice(group * each, (group + 1) * each))
    .filter((group) => group.length > 0);
}

/** 256 as published; of narrow networks a third. */
const groupEmbedding = (width: number): number => (width < 768 ? width / 3 : 256);
