import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { countByClass } from '../../app/learn/sampling.ts';
import { presetNamed } from '../../app/learn/settings.ts';
import type { Split } from '../../app/learn/split.ts';
import { spectralMamba } from '../../app/model/spectralMamba.ts';
import { createClassPredictor } from '../engines/classPredictor.ts';
import type { Engine } from '../engines/engine.ts';
import { fitClassifier } from '../engines/fit.ts';
import { openEngine } from '../engines/table.ts';
import { engineOptions } from './engineOptions.ts';
import { defined } from './evaluate.ts';
import { fitBaseline } from './fitBaseline.ts';
import { createManifest, describeInputs, writeRecord } from './manifest.ts';
import { type Score, scoreOf } from './score.ts';
import type { TaskContext } from './task.ts';
import { saveTrainedModel, type TrainedModel } from './trainedModel.ts';
import { collectTrainingData, type TrainingData } from './trainingData.ts';
import { readTrainingRois } from './trainingRois.ts';
import { splitSamples } from './trainingSplit.ts';

/** Trains a model on the pixels of ROIs and writes its folder. */
export async function train(input: Input<'train'>, context: TaskContext): Promise<Output<'train'>> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    context.emit({ kind: 'warning', message });
  };
  const rois = await readTrainingRois(input);
  const data = await collectTrainingData(input, rois, warn, context);
  const split = await splitSamples(data, input);
  split.warnings.forEach(warn);
  requireTraining(data, split);
  const files = await describeInputs(
    [
      ...data.scenes.flatMap((scene) => scene.files.map((uri) => ({ role: 'scene', uri }))),
      { role: 'ROIs', uri: input.rois },
    ],
    context.signal,
  );
  const run: TrainRun = { input, data, split, warn, context };
  const baseline = input.model === 'forest' || input.baseline ? await fitBaseline(run) : undefined;
  const network = input.model === 'forest' ? undefined : await fitNetwork(run);
  const model = network ?? baseline!.model;
  const score = network?.score ?? baseline!.score;
  const manifest = createManifest('train', {
    inputs: files,
    settings: { ...input, split: { kind: split.kind, ...split.settings } },
    engine: model.engine,
  });
  await saveTrainedModel(input.out, {
    model,
    data,
    split,
    score,
    manifest,
    signal: context.signal,
    name: input.out,
  });
  if (network !== undefined && baseline !== undefined) {
    await saveTrainedModel(join(input.out, 'baseline'), {
      model: baseline.model,
      data,
      split,
      score: baseline.score,
      manifest,
      signal: context.signal,
      name: `${input.out}, baseline`,
    });
  }
  const seconds = (performance.now() - started) / 1000;
  const figures = {
    validation: score.accuracy,
    baseline: baseline?.score.accuracy,
    seconds,
    warnings,
  };
  const record = await writeRecord(join(input.out, 'manifest.json'), {
    ...manifest,
    started: startedAt,
    seconds,
    figures,
  });
  return {
    model: input.out,
    epochs: model.epochs,
    bestEpoch: model.bestEpoch,
    validation: score.accuracy,
    ...(network === undefined || baseline === undefined
      ? {}
      : { baseline: { name: 'random forest', ...baseline.score.accuracy } }),
    perClass: score.perClass,
    samples: { training: split.train.length, validation: split.validation.length },
    seconds,
    samplesPerSecond: model.samplesPerSecond,
    engine: `${model.engine.id}, ${model.engine.device}`,
    warnings,
    manifest: record,
  };
}

/** What the parts of a training run share. */
export type TrainRun = {
  readonly input: Input<'train'>;
  readonly data: TrainingData;
  readonly split: Split;
  readonly warn: (message: string) => void;
  readonly context: TaskContext;
};

function requireTraining({ classes, pixels }: TrainingData, split: Split): void {
  const counts = countByClass(Int32Array.from(pixels.classIndex), split.train, classes.length);
  const few = classes.filter((_, index) => counts[index]! < 3);
  if (few.length === 0) return;
  throw new AppError(
    'no-samples',
    `Too few training pixels of ${few.map(({ name }) => `"${name}"`).join(', ')}: at least 3 a class are needed. Draw more or larger ROIs of it${split.kind === 'block' ? ', or use --split random' : ''}.`,
    { classes: few.map(({ name }) => name) },
  );
}

async function fitNetwork({
  input,
  data,
  split,
  warn,
  context,
}: TrainRun): Promise<TrainedModel & { readonly score: Score }> {
  const engine: Engine = await openEngine(engineOptions(input));
  try {
    context.emit({ kind: 'engine', engine: engine.info.engine, device: engine.info.device });
    const preset = presetNamed(input.preset);
    const samples = {
      features: data.features,
      bands: data.bands.length,
      patch: data.patch,
      labels: Int32Array.from(data.pixels.classIndex),
    };
    const settings = {
      ...preset.settings,
      seed: input.seed,
      ...(input.epochs === undefined ? {} : { epochs: input.epochs }),
    };
    const result = await fitClassifier({
      samples,
      train: split.train,
      validation: split.validation,
      classes: data.classes,
      preset: { ...preset, settings },
      engine,
      folder: join(input.out, 'checkpoints'),
      resume: input.resume,
      signal: context.signal,
      onWarning: warn,
      onEpoch: ({ epoch, epochs, loss, validation, samplesPerSecond, etaSeconds }) =>
        context.emit({
          kind: 'epoch',
          epoch,
          epochs,
          loss,
          samplesPerSecond,
          etaSeconds,
          ...(validation === undefined
            ? {}
            : {
                validation: {
                  loss: validation.loss,
                  ...defined({ OA: validation.oa, kappa: validation.kappa }),
                },
              }),
        }),
    });
    const predictor = createClassPredictor(
      {
        members: result.members.map((weights) => ({
          family: spectralMamba,
          config: result.config,
          weights,
        })),
        normalisation: result.normalisation,
        bands: samples.bands,
        patch: samples.patch,
      },
      engine,
    );
    const score = scoreOf(data, split, (spectra) => predictor.probabilities(spectra));
    predictor.dispose();
    const { engine: id, device, versions } = engine.info;
    return {
      family: 'spectralmamba',
      preset: preset.name,
      config: result.config,
      weights: result.members,
      normalisation: result.normalisation,
      curve: result.curve,
      epochs: result.epochs,
      bestEpoch: result.bestEpoch,
      settings,
      samplesPerSecond: result.samplesPerSecond,
      engine: { id, device, versions },
      score,
    };
  } finally {
    engine.dispose();
  }
}
