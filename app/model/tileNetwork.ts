import {
  freshResnetWeights,
  type NormStatistics,
  type ResnetConfig,
  resnetLogits,
  resnetRule,
  resnetShapes,
} from './baselines/resnet.ts';
import { freshVitWeights, type VitConfig, vitLogits, vitShapes } from './baselines/vit.ts';
import { classify } from './spectralGpt/classifier.ts';
import { checkSpectralGptConfig, type SpectralGptConfig } from './spectralGpt/configuration.ts';
import type { Pass } from './spectralGpt/encoder.ts';
import { type ParameterRule, type Tuning, tuningRule } from './spectralGpt/rules.ts';
import { detectChange, segment } from './spectralGpt/segmentation.ts';
import { freshSpectralGptWeights, spectralGptShapes } from './spectralGpt/weightTable.ts';
import type { WeightData, WeightShapes } from './weights.ts';

/** A network over tiles, by its sizes. */
export type TileConfig = SpectralGptConfig | VitConfig | ResnetConfig;

/** What networks over tiles are called in cards and on the command line. */
export const tileFamilies = ['spectralgpt', 'vit', 'satmae', 'resnet50'] as const;
export type TileFamilyId = (typeof tileFamilies)[number];

/** Their names for people. */
export const tileFamilyNames: Readonly<Record<TileFamilyId, string>> = {
  spectralgpt: 'SpectralGPT (re-implementation)',
  vit: 'Vision transformer',
  satmae: 'SatMAE (re-implementation)',
  resnet50: 'ResNet-50',
};

export const isSpectralGpt = (config: TileConfig): config is SpectralGptConfig =>
  'spectralPatch' in config;
const isVit = (config: VitConfig | ResnetConfig): config is VitConfig => 'embedDim' in config;

export function familyOf(config: TileConfig): TileFamilyId {
  if (isSpectralGpt(config)) return 'spectralgpt';
  if (!isVit(config)) return 'resnet50';
  return config.groups === undefined ? 'vit' : 'satmae';
}

/** @throws AppError `usage` for sizes that make no network */
export function checkTileConfig(config: TileConfig): void {
  if (isSpectralGpt(config)) checkSpectralGptConfig(config);
}

/** Path to shape of every parameter and statistic. */
export function tileNetworkShapes(config: TileConfig): WeightShapes {
  if (isSpectralGpt(config)) return spectralGptShapes(config);
  return isVit(config) ? vitShapes(config) : resnetShapes(config);
}

/** Fresh parameters; the same for the same seed. */
export function freshTileWeights(config: TileConfig, seed: number): WeightData {
  if (isSpectralGpt(config)) return freshSpectralGptWeights(config, seed);
  return isVit(config) ? freshVitWeights(config, seed) : freshResnetWeights(config, seed);
}

/** How each parameter is learned, with `decay` of the rate from layer to layer downwards where there are blocks. */
export function tileRule(
  config: TileConfig,
  tuning: Tuning,
  decay: number,
): (path: string) => ParameterRule {
  return isSpectralGpt(config) || isVit(config)
    ? tuningRule(config, tuning, decay)
    : resnetRule(tuning);
}

/** A forward pass of any of them. */
export type TilePass<T> = Pass<T, TileConfig> & {
  /** Of networks with batch normalisation: in training those of the batch, else those kept, where absent. */
  readonly statistics?: NormStatistics<T>;
};

/** Logits (b, classes), or (b, S, S, classes) of the dense tasks, of images (b, bands, S, S); `second` is the later date. */
export function tileLogits<T>(pass: TilePass<T>, image: T, second?: T): T {
  const { config, random } = pass;
  if (isSpectralGpt(config)) {
    const own = { ...pass, config };
    if (config.task === 'segmentation') return segment(own, image);
    return config.task === 'change' ? detectChange(own, image, second!) : classify(own, image);
  }
  if (isVit(config)) return vitLogits({ ...pass, config }, image, second);
  const statistics = pass.statistics ?? { of: random === undefined ? 'weights' : 'batch' };
  return resnetLogits({ ...pass, config, statistics }, image, second);
}

/** Whether a network keeps statistics of its batches, which are found and not learned. */
export const keepsStatistics = (config: TileConfig): boolean => familyOf(config) === 'resnet50';
