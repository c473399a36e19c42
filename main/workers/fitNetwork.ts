import { join } from 'node:path';
import { AppError } from '../../app/error.ts';
import { presetNamed } from '../../app/learn/settings.ts';
import { spectralMamba } from '../../app/model/spectralMamba.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { createClassPredictor } from '../engines/classPredictor.ts';
import type { Engine } from '../engines/engine.ts';
import { type FitResult, fitClassifier } from '../engines/fit.ts';
import type { EpochReport, FitOptions } from '../engines/fitOptions.ts';
import { floatValues } from '../engines/safetensors.ts';
import { openEngine } from '../engines/table.ts';
import { defined } from './defined.ts';
import { engineOptions } from './engineOptions.ts';
import { type Score, scoreOf } from './score.ts';
import type { TaskContext } from './task.ts';
import type { ScoredModel } from './trainedModel.ts';
import type { TrainingRun } from './trainingRun.ts';
import { readTensorFile } from './weightsInspect.ts';

/** Trains SpectralMamba on the samples of a run and measures it on the validation part. */
export async function fitNetwork(training: TrainingRun): Promise<ScoredModel> {
  const { input, context } = training;
  const engine = await openEngine(engineOptions(input));
  const { engine: id, device, versions } = engine.info;
  context.emit({ kind: 'engine', engine: id, device });
  for (const { part, message, cure } of engine.info.problems)
    context.emit({ kind: 'note', message: `${part}: ${message} ${cure}` });
  try {
    const options = fitOptions(training, engine, await readInitial(training));
    const { members, ...result } = await fitClassifier(options);
    return {
      ...result,
      family: 'spectralmamba',
      preset: input.preset,
      weights: members,
      settings: options.preset.settings,
      engine: { id, device, versions },
      score: scoreNetwork(training, { members, ...result }, engine),
    };
  } finally {
    engine.dispose();
  }
}

/** Weights of `--init`: a model folder or a safetensors file. */
async function readInitial({ input, run }: TrainingRun): Promise<WeightData | undefined> {
  if (input.init === undefined) return undefined;
  const path = input.init.endsWith('.safetensors')
    ? input.init
    : join(input.init, 'weights.safetensors');
  const { tensors } = await readTensorFile(path);
  const weights = new Map(
    [...tensors].map(([name, tensor]) => [
      // Of several networks the first; all then start from it.
      name.replace(/^member\.0\./, ''),
      { shape: tensor.shape, values: floatValues(tensor, name) },
    ]),
  );
  if (!weights.has('norm_f.weight')) {
    throw new AppError(
      'bad-weights',
      `${path} holds no SpectralMamba network: it has no tensor "norm_f.weight". Give weights that train wrote.`,
      { path },
    );
  }
  run.warn(`Training starts from ${path}; tensors of other shapes start fresh.`);
  return weights;
}

function fitOptions(
  { input, data, split, run, context }: TrainingRun,
  engine: Engine,
  initial: WeightData | undefined,
): FitOptions {
  const preset = presetNamed(input.preset);
  const { epochs, seed } = input;
  return {
    samples: {
      features: data.features,
      bands: data.bands.length,
      patch: data.patch,
      labels: Int32Array.from(data.pixels.classIndex),
    },
    train: split.train,
    validation: split.validation,
    classes: data.classes,
    preset: {
      ...preset,
      settings: { ...preset.settings, seed, ...(epochs === undefined ? {} : { epochs }) },
    },
    engine,
    ...(initial === undefined ? {} : { initial }),
    folder: join(input.out, 'checkpoints'),
    resume: input.resume,
    signal: context.signal,
    onWarning: run.warn,
    onEpoch: (report) => emitEpoch(report, context),
  };
}

function emitEpoch(report: EpochReport, context: TaskContext): void {
  const { epoch, epochs, loss, validation, samplesPerSecond, etaSeconds, member, members } = report;
  context.emit({
    kind: 'epoch',
    epoch,
    epochs,
    loss,
    samplesPerSecond,
    etaSeconds,
    ...(members === 1 ? {} : { network: `${member}/${members}` }),
    ...(validation === undefined
      ? {}
      : {
          validation: defined({
            loss: validation.loss,
            OA: validation.oa,
            kappa: validation.kappa,
          }),
        }),
  });
}

function scoreNetwork(
  { data, split }: TrainingRun,
  { members, config, normalisation }: FitResult,
  engine: Engine,
): Score {
  const predictor = createClassPredictor(
    {
      members: members.map((weights) => ({ family: spectralMamba, config, weights })),
      normalisation,
      bands: data.bands.length,
      patch: data.patch,
    },
    engine,
  );
  try {
    return scoreOf(data, split, (spectra) => predictor.probabilities(spectra));
  } finally {
    predictor.dispose();
  }
}
