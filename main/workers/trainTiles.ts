import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { type FineTuningPlan, fineTuningPlans, isPlanName } from '../../app/learn/fineTuning.ts';
import { warmupCosine } from '../../app/learn/schedule.ts';
import type { Split } from '../../app/learn/split.ts';
import { BandMoments, type TileScaling } from '../../app/learn/tileScaling.ts';
import { crossEntropyOf } from '../../app/model/losses.ts';
import {
  checkSpectralGptConfig,
  prismapSpectralGpt,
  type SpectralGptConfig,
  spectralGptSizes,
} from '../../app/model/spectralGpt/configuration.ts';
import { layerDecayRule } from '../../app/model/spectralGpt/rules.ts';
import { segment } from '../../app/model/spectralGpt/segmentation.ts';
import { freshSpectralGptWeights } from '../../app/model/spectralGpt/weightTable.ts';
import { createRandom } from '../../app/random.ts';
import type { WantedBand } from '../../app/raster/bandContract.ts';
import { type Course, type CourseBatch, type CourseResult, runCourse } from '../engines/course.ts';
import type { Learner } from '../engines/engine.ts';
import { openEngine } from '../engines/table.ts';
import { defined } from './defined.ts';
import { engineOptions } from './engineOptions.ts';
import type { RunManifest } from './manifest.ts';
import { type Run, startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { LabelledTiles } from './tiles/labelledTiles.ts';
import { openScenes } from './tiles/scenePixels.ts';
import { openStartModel, type StartModel } from './tiles/startModel.ts';
import { bandsForModel } from './tiles/tileBands.ts';
import { saveTileTraining, type TileTraining, tileTrainingManifest } from './tiles/tileTraining.ts';
import { type TileScore, validateTiles } from './tiles/validateTiles.ts';
import { collectTrainingData, type TrainingData } from './trainingData.ts';
import { splitSamples } from './trainingSplit.ts';

/** What the parts of a run share. */
type Work = TileTraining & {
  readonly tiles: { readonly training: LabelledTiles; readonly validation: LabelledTiles };
  readonly context: TaskContext;
};

/** Trains SpectralGPT for segmentation on tiles around the pixels of ROIs and writes its folder. */
export async function trainTiles(
  input: Input<'train'>,
  context: TaskContext,
): Promise<Output<'train'>> {
  const run = startRun(context);
  const start = input.init === undefined ? undefined : await openStartModel(input.init);
  const plan = planOf(input, start);
  const data = await collectTrainingData(input, run.warn, context);
  const split = await splitSamples(data, input);
  split.warnings.forEach(run.warn);
  const bands = start?.bands ?? bandsForModel(data.scenes[0]!);
  const scenes = await openScenes(data, bands, run.warn);
  const engine = await openEngine(engineOptions(input));
  const { engine: id, device, versions } = engine.info;
  context.emit({ kind: 'engine', engine: id, device });
  try {
    await mkdir(input.out, { recursive: true });
    const config = configOf(bands.length, data.classes.length, plan, start);
    const scaling = start?.scaling ?? scalingOf(data, split, bands);
    const options = { classes: data.classes.length, side: plan.imageSize, scaling };
    const tiles = {
      training: new LabelledTiles(scenes.pixels(split.train), options),
      validation: new LabelledTiles(scenes.pixels(split.validation), options),
    };
    const work: Work = { input, plan, data, split, bands, start, config, scaling, tiles, context };
    const weights = await (start?.weights(config, input.seed, run.warn) ??
      freshSpectralGptWeights(config, input.seed));
    const learner = engine.learner(weights, {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: plan.weightDecay,
      clipNorm: 1,
      rule: layerDecayRule(config, start === undefined ? 1 : plan.layerDecay),
    });
    try {
      const result = await runCourse(courseOf(work, learner, run.warn));
      learner.restore(result.weights, learner.optimizer());
      const score = await validate(work, learner);
      return await finish(work, result, score, run, { id, device, versions });
    } finally {
      learner.dispose();
    }
  } finally {
    engine.dispose();
    await scenes.close();
  }
}

async function finish(
  work: Work,
  result: CourseResult,
  { accuracy, perClass }: TileScore,
  run: Run,
  engine: RunManifest['engine'],
): Promise<Output<'train'>> {
  const { input, split, context } = work;
  const manifest = await tileTrainingManifest(work, engine, context.signal);
  await saveTileTraining(work, { ...result, figures: accuracy }, manifest, context.signal);
  return {
    model: input.out,
    epochs: result.curve.length,
    bestEpoch: result.bestEpoch,
    validation: accuracy,
    perClass,
    samples: { training: split.train.length, validation: split.validation.length },
    seconds: run.seconds(),
    samplesPerSecond: result.samplesPerSecond,
    engine: `${engine.id}, ${engine.device}`,
    warnings: [...run.warnings],
    manifest: await run.record(join(input.out, 'manifest.json'), manifest, {
      validation: accuracy,
    }),
  };
}

/** The plan of a preset with what the user wants otherwise; a model to start from decides the size of its tiles. */
function planOf(
  { epochs, preset, task }: Input<'train'>,
  start: StartModel | undefined,
): FineTuningPlan {
  if (task === 'pixel')
    throw new AppError(
      'usage',
      'SpectralGPT sees tiles, not single pixels. Use --task segmentation, or --model spectralmamba.',
    );
  // Prismap's own choice for a processor.
  const name = preset === 'prismap' ? 'tiny' : preset;
  if (!isPlanName(name))
    throw new AppError(
      'usage',
      `SpectralGPT has no preset "${preset}". Choose from: ${Object.keys(fineTuningPlans).join(', ')}.`,
    );
  const plan = fineTuningPlans[name];
  const length = epochs ?? plan.epochs;
  return {
    ...plan,
    imageSize: start?.sizes.imageSize ?? plan.imageSize,
    epochs: length,
    warmup: Math.min(plan.warmup, length / 5),
  };
}

/** @throws AppError `bands-mismatch` where the bands are not as many as the weights to start from need */
function configOf(
  bands: number,
  classes: number,
  plan: FineTuningPlan,
  start: StartModel | undefined,
): SpectralGptConfig {
  if (start !== undefined && start.sizes.bands !== bands)
    throw new AppError(
      'bands-mismatch',
      `${start.path} needs ${start.sizes.bands} bands; the scene has ${bands}. Choose a scene with the bands of Sentinel-2, or train without --init.`,
      { needed: start.sizes.bands, found: bands },
    );
  const { embedDim, depth, heads, patch, spectralPatch } = start?.sizes ?? {
    ...spectralGptSizes[plan.size],
    patch: 8,
    spectralPatch: [3, 2, 1].find((size) => bands % size === 0)!,
  };
  const config = prismapSpectralGpt({
    task: 'segmentation',
    classes,
    embedDim,
    depth,
    heads,
    patch,
    bands,
    spectralPatch,
    imageSize: plan.imageSize,
    ...(plan.head === undefined ? {} : { head: plan.head }),
  });
  checkSpectralGptConfig(config);
  return config;
}

/** Range of the bands over the training pixels. */
function scalingOf(
  { features, bands: read }: TrainingData,
  { train }: Split,
  bands: readonly WantedBand[],
): TileScaling {
  const columns = bands.map(({ name }) => read.findIndex((band) => band.name === name));
  const empty = bands.find((_, i) => columns[i]! < 0);
  if (empty !== undefined)
    throw new AppError(
      'bad-values',
      `Band ${empty.name} carries no information inside the ROIs, or was left out; SpectralGPT needs all of its bands. Choose another scene, or --model spectralmamba.`,
      { band: empty.name },
    );
  const moments = new BandMoments(bands.length);
  const values = new Float32Array(bands.length * train.length);
  for (const [i, sample] of train.entries())
    for (const [band, column] of columns.entries())
      values[band * train.length + i] = features[sample * read.length + column]!;
  moments.add(values, new Uint8Array(train.length).fill(1));
  return moments.scaling();
}

function courseOf(work: Work, learner: Learner, warn: (message: string) => void): Course {
  const { input, plan, config, data, split, context } = work;
  const stepsPerEpoch = Math.max(1, Math.floor(plan.tiles / plan.batch));
  return {
    learner,
    epochs: plan.epochs,
    stepsPerEpoch,
    partsPerStep: 1,
    rate: (progress) =>
      warmupCosine(progress, {
        peak: plan.rate,
        least: 0,
        warmup: plan.warmup,
        total: plan.epochs,
      }),
    batch: (epoch, step) => batchOf(work, epoch, step),
    validate: async () => {
      const { accuracy, loss } = await validate(work, learner);
      const { oa, miou } = accuracy;
      return { score: miou ?? 0, figures: defined({ loss, OA: oa, mIoU: miou }) };
    },
    folder: join(input.out, 'checkpoints'),
    resume: input.resume,
    fingerprint: fingerprint(work, { config, plan, seed: input.seed, split: split.kind }, data),
    signal: context.signal,
    onWarning: warn,
    onStep: (done, total) => context.emit({ kind: 'progress', stage: 'training', done, total }),
    onEpoch: ({ epoch, loss, validation, samplesPerSecond, etaSeconds }) =>
      context.emit({
        kind: 'epoch',
        epoch,
        epochs: plan.epochs,
        loss,
        samplesPerSecond,
        etaSeconds,
        ...(validation === undefined ? {} : { validation }),
      }),
  };
}

async function batchOf(work: Work, epoch: number, step: number): Promise<CourseBatch> {
  const { input, plan, config, tiles, context } = work;
  const { values, labels, count } = await tiles.training.random(
    plan.batch,
    input.seed,
    [epoch, step],
    context.signal,
  );
  const random = createRandom(input.seed, 'network', epoch, step);
  const shape = [count, config.bands, config.imageSize, config.imageSize];
  return {
    count,
    inputs: new Map([['image', { shape, values }]]),
    objective: (ops, weights, inputs) => {
      const logits = segment({ ops, weights, config, random }, inputs.get('image')!);
      return crossEntropyOf(ops, ops.reshape(logits, [labels.length, config.classes]), labels);
    },
  };
}

const validate = (
  { plan, config, data, tiles, context }: Work,
  learner: Learner,
): Promise<TileScore> =>
  validateTiles(learner, tiles.validation, {
    config,
    classes: data.classes,
    batch: plan.batch,
    signal: context.signal,
  });

function fingerprint(
  { start, scaling }: Work,
  settings: Readonly<Record<string, unknown>>,
  { pixels, scenes }: TrainingData,
): string {
  const hash = createHash('sha256');
  for (const array of [pixels.x, pixels.y, pixels.classIndex])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  const names = scenes.map(({ uri }) => uri);
  hash.update(JSON.stringify([settings, scaling, names, start?.path]));
  return hash.digest('hex');
}
