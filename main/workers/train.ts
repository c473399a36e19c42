import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { countByClass } from '../../app/learn/sampling.ts';
import type { Split } from '../../app/learn/split.ts';
import { removeCheckpoints } from '../engines/checkpoint.ts';
import { fitBaseline } from './fitBaseline.ts';
import { fitNetwork } from './fitNetwork.ts';
import { createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { type RoiInput, requireRois } from './roiInput.ts';
import { startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { type ScoredModel, saveTrainedModel, trainedModelFiles } from './trainedModel.ts';
import { collectTrainingData, type TrainingData } from './trainingData.ts';
import type { TrainingRun } from './trainingRun.ts';
import { splitSamples } from './trainingSplit.ts';

/** Trains a model on the pixels of ROIs and writes its folder. */
export async function train(given: Input<'train'>, context: TaskContext): Promise<Output<'train'>> {
  if (given.model !== 'spectralmamba' && given.model !== 'forest')
    return (await import('./trainTiles.ts')).trainTiles(given, context);
  const input = requirePixels(given);
  const run = startRun(context);
  const data = await collectTrainingData(input, run.warn, context);
  const split = await splitSamples(data, input);
  split.warnings.forEach(run.warn);
  requireTraining(data, split);
  const undo = await makeFolder(input.out);
  try {
    const training: TrainingRun = { input, data, split, run, context };
    const baseline =
      input.model === 'forest' || input.baseline ? await fitBaseline(training) : undefined;
    const network = input.model === 'forest' ? undefined : await fitNetwork(training);
    const model = (network ?? baseline)!;
    const manifest = await manifestOf(training, model);
    const save = (folder: string, scored: ScoredModel): Promise<void> =>
      saveTrainedModel(folder, { scored, data, split, manifest, signal: context.signal });
    if (network !== undefined && baseline !== undefined)
      await save(join(input.out, 'baseline'), baseline);
    await save(input.out, model);
    await removeCheckpoints(input.out);
    const { accuracy, perClass } = model.score;
    const beside = network === undefined ? undefined : baseline?.score.accuracy;
    const figures = { validation: accuracy, ...(beside === undefined ? {} : { baseline: beside }) };
    return {
      model: input.out,
      epochs: model.epochs,
      bestEpoch: model.bestEpoch,
      validation: accuracy,
      ...(beside === undefined ? {} : { baseline: { name: 'random forest', ...beside } }),
      perClass,
      samples: { training: split.train.length, validation: split.validation.length },
      seconds: run.seconds(),
      samplesPerSecond: model.samplesPerSecond,
      engine: `${model.engine.id}, ${model.engine.device}`,
      warnings: [...run.warnings],
      manifest: await run.record(
        join(input.out, 'manifest.json'),
        manifest,
        figures,
        trainedModelFiles(input.out),
      ),
    };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** @throws AppError `usage` for other tasks than classes of pixels, and without scene or ROIs */
function requirePixels(input: Input<'train'>): RoiInput {
  const { task, model } = input;
  if (task === undefined || task === 'pixel') return requireRois(input);
  throw new AppError(
    'usage',
    `${model} classifies pixels. Use --model spectralgpt for ${task}, or leave --task out.`,
  );
}

/** Makes the folder now, so that hours of training do not end at one that cannot be written. Undone if nothing came into it. */
async function makeFolder(path: string): Promise<() => Promise<void>> {
  const made = await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw new AppError(
      'not-writable',
      `The folder ${path} could not be made (${(error as Error).message}). Choose another place.`,
      { path },
    );
  });
  return async () => {
    if (made !== undefined) await rmdir(path).catch(() => undefined);
  };
}

async function manifestOf(
  { input, data, split, context }: TrainingRun,
  model: ScoredModel,
): Promise<RunManifest> {
  const scenes = data.scenes.flatMap((scene) => scene.files.map((uri) => ({ role: 'scene', uri })));
  return createManifest('train', {
    inputs: await describeInputs([...scenes, { role: 'ROIs', uri: input.rois }], context.signal),
    settings: { ...input, split: { kind: split.kind, ...split.settings } },
    engine: model.engine,
  });
}

function requireTraining({ classes, pixels }: TrainingData, split: Split): void {
  const counts = countByClass(Int32Array.from(pixels.classIndex), split.train, classes.length);
  const few = classes.filter((_, index) => counts[index]! < 3);
  if (few.length === 0) return;
  throw new AppError(
    'no-samples',
    `Too few training pixels of ${few.map(({ name }) => `"${name}"`).join(', ')}: at least 3 a class are needed. Draw more or larger ROIs of it${split.kind === 'block' ? ', use --split random,' : ''} or leave it out of the ROI file.`,
    { classes: few.map(({ name }) => name) },
  );
}
