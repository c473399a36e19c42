import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Input } from '../../../app/contract/api.ts';
import type { TileModelCard } from '../../../app/contract/tileModelCard.ts';
import type { FineTuningPlan } from '../../../app/learn/fineTuning.ts';
import type { Split } from '../../../app/learn/split.ts';
import type { TileScaling } from '../../../app/learn/tileScaling.ts';
import type { SpectralGptConfig } from '../../../app/model/spectralGpt/configuration.ts';
import type { WantedBand } from '../../../app/raster/bandContract.ts';
import type { CourseResult } from '../../engines/course.ts';
import { saveTileModel } from '../../engines/tileModelFolder.ts';
import { createManifest, describeInputs, type RunManifest } from '../manifest.ts';
import type { TrainingData } from '../trainingData.ts';
import type { StartModel } from './startModel.ts';

/** What a fine-tuned model was made of. */
export type TileTraining = {
  readonly input: Input<'train'>;
  readonly plan: FineTuningPlan;
  readonly data: TrainingData;
  readonly split: Split;
  /** Of the model, in its order. */
  readonly bands: readonly WantedBand[];
  readonly start: StartModel | undefined;
  readonly config: SpectralGptConfig;
  readonly scaling: TileScaling;
};

/** What decides the result of the run. */
export async function tileTrainingManifest(
  { input, plan, data, split, start }: TileTraining,
  engine: RunManifest['engine'],
  signal: AbortSignal,
): Promise<RunManifest> {
  const scenes = data.scenes.flatMap(({ files }) => files.map((uri) => ({ role: 'scene', uri })));
  const first = start === undefined ? [] : [{ role: 'start', uri: start.path }];
  return createManifest('train', {
    inputs: await describeInputs([...scenes, { role: 'ROIs', uri: input.rois }, ...first], signal),
    settings: { ...input, plan, split: { kind: split.kind, ...split.settings } },
    engine,
  });
}

/** Writes the model folder, and removes the checkpoints that it came from. */
export async function saveTileTraining(
  training: TileTraining,
  result: CourseResult & { readonly figures: TileModelCard['figures'] },
  manifest: RunManifest,
  signal: AbortSignal,
): Promise<void> {
  const { out } = training.input;
  const { weights, curve } = result;
  const card = cardOf(training, result, manifest);
  await saveTileModel(out, { card, weights, curve }, signal);
  await rm(join(out, 'checkpoints'), { recursive: true, force: true });
}

function cardOf(
  { input, plan, data, split, bands, config, scaling }: TileTraining,
  { curve, bestEpoch, figures }: Parameters<typeof saveTileTraining>[1],
  { inputs, engine }: RunManifest,
): Omit<TileModelCard, 'weightsSha256'> {
  const { transform } = data.scenes[0]!.grid;
  const files = (role: string): TileModelCard['training']['scenes'] =>
    inputs
      .filter((one) => one.role === role)
      .map(({ uri: path, sha256 }) => ({ path, ...(sha256 === undefined ? {} : { sha256 }) }));
  return {
    format: 'prismap-model',
    version: 1,
    name: basename(input.out),
    title: 'SpectralGPT segmentation (re-implementation)',
    family: 'spectralgpt',
    setting: 'prismap',
    preset: input.preset,
    config: structuredClone(config) as TileModelCard['config'],
    bands: bands.map(({ name, wavelengthNm, scale, offset }) => ({
      name,
      scale,
      offset,
      ...(wavelengthNm === undefined ? {} : { wavelengthNm }),
    })),
    classes: data.classes.map(({ value, name, color, macroclass }) => ({
      value,
      name,
      color: [...color],
      ...(macroclass === undefined ? {} : { macroclass }),
    })),
    scaling: structuredClone(scaling) as TileModelCard['scaling'],
    ...(transform === undefined ? {} : { resolution: Math.abs(transform[1]) }),
    training: {
      scenes: files('scene'),
      labels: files('ROIs'),
      samples: { training: split.train.length, validation: split.validation.length },
      split: split.kind,
      settings: { ...plan },
      seed: input.seed,
      epochs: curve.length,
      bestEpoch,
      ...(input.init === undefined ? {} : { start: input.init }),
    },
    figures,
    engine: { engine: engine.id, device: engine.device, versions: { ...engine.versions } },
    licence: 'Belongs to whoever trained it; scenes and ROIs may set terms.',
  };
}
