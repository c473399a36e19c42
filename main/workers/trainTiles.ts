import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { checkAugmentation, type FineTuningPlan } from '../../app/learn/fineTuning.ts';
import { warmupCosine } from '../../app/learn/schedule.ts';
import type { SpectralGptConfig } from '../../app/model/spectralGpt/configuration.ts';
import { layerDecayRule } from '../../app/model/spectralGpt/rules.ts';
import { freshSpectralGptWeights } from '../../app/model/spectralGpt/weightTable.ts';
import { type Course, type CourseResult, runCourse } from '../engines/course.ts';
import type { Engine, Learner } from '../engines/engine.ts';
import { openEngine } from '../engines/table.ts';
import { saveTileModel } from '../engines/tileModelFolder.ts';
import { recogniseDataset } from './datasets/openTileSet.ts';
import { engineOptions } from './engineOptions.ts';
import { createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { type Run, startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { fitMemory, machineMemory, whileMemoryLasts } from './tiles/fitMemory.ts';
import { openTask } from './tiles/openTask.ts';
import { openStartModel, type StartModel } from './tiles/startModel.ts';
import { tileCard } from './tiles/tileCard.ts';
import { configOf, partsOf, planOf, taskOf, tilesPerEpoch } from './tiles/tilePlan.ts';
import type { TileScore, TileTask } from './tiles/tileTask.ts';

/** What the parts of a run share. */
type Work = {
  readonly input: Input<'train'>;
  readonly plan: FineTuningPlan;
  readonly start: StartModel | undefined;
  readonly task: TileTask;
  readonly config: SpectralGptConfig;
  readonly context: TaskContext;
  readonly run: Run;
};

const titles: Readonly<Record<TileTask['kind'], string>> = {
  scene: 'SpectralGPT scene classification (re-implementation)',
  multilabel: 'SpectralGPT multi-label classification (re-implementation)',
  segmentation: 'SpectralGPT segmentation (re-implementation)',
  change: 'SpectralGPT change detection (re-implementation)',
};

/** Fine-tunes SpectralGPT, or trains it from scratch, on labelled tiles and writes its folder. */
export async function trainTiles(
  input: Input<'train'>,
  context: TaskContext,
): Promise<Output<'train'>> {
  const run = startRun(context);
  const kind = await kindOf(input);
  const start = input.init === undefined ? undefined : await openStartModel(input.init);
  const plan = planOf(input, start);
  checkAugmentation(kind, plan.augment);
  const { imageSize } = plan;
  const task = await openTask(kind, { input, start, imageSize, warn: run.warn, context });
  try {
    const config = configOf(task, plan, start);
    const engine = await openEngine(engineOptions(input));
    try {
      return await learn({ input, plan, start, task, config, context, run }, engine);
    } finally {
      engine.dispose();
    }
  } finally {
    await task.close();
  }
}

/** The user's word, else what the data set is labelled with, else what recipe and inputs say. */
async function kindOf(input: Input<'train'>): Promise<TileTask['kind']> {
  if (input.task !== undefined || input.dataset === undefined) return taskOf(input);
  return (await recogniseDataset(input.dataset, input.layout)).task;
}

async function learn(work: Work, engine: Engine): Promise<Output<'train'>> {
  const { input, plan, config, context, run } = work;
  const { engine: id, device, fused } = engine.info;
  context.emit({ kind: 'engine', engine: id, device });
  await mkdir(input.out, { recursive: true });
  const machine = { memory: machineMemory(), fused };
  const fitted = device.startsWith('CPU') ? fitMemory(plan, config, machine, run.warn) : plan;
  let kept = input.resume;
  const followed: TaskContext = {
    ...context,
    emit: (event) => {
      if (event.kind === 'epoch') kept = true;
      context.emit(event);
    },
  };
  return await whileMemoryLasts(fitted, run.warn, (tried) =>
    learnPlan(
      { ...work, plan: tried, input: { ...input, resume: kept }, context: followed },
      engine,
    ),
  );
}

async function learnPlan(work: Work, engine: Engine): Promise<Output<'train'>> {
  const { input, plan, start, task, config, run } = work;
  const { engine: id, device, versions } = engine.info;
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
    const result = await runCourse(courseOf(work, learner));
    learner.restore(result.weights, learner.optimizer());
    const score = await task.validate(learner, { config, plan });
    return await finish(work, result, score, { id, device, versions });
  } finally {
    learner.dispose();
  }
}

async function finish(
  work: Work,
  result: CourseResult,
  { accuracy, perClass }: TileScore,
  engine: RunManifest['engine'],
): Promise<Output<'train'>> {
  const { input, plan, start, task, config, context, run } = work;
  const manifest = await manifestOf(work, engine);
  const card = tileCard(
    {
      ...task,
      out: input.out,
      title: titles[task.kind],
      setting: 'prismap',
      preset: input.preset,
      config,
      split: task.split.kind,
      settings: { ...plan },
      seed: input.seed,
      start: start?.path,
      figures: accuracy,
    },
    result,
    manifest,
  );
  const { weights, curve } = result;
  await saveTileModel(input.out, { card, weights, curve }, context.signal);
  await rm(join(input.out, 'checkpoints'), { recursive: true, force: true });
  return {
    model: input.out,
    epochs: curve.length,
    bestEpoch: result.bestEpoch,
    validation: accuracy,
    perClass,
    samples: task.samples,
    seconds: run.seconds(),
    samplesPerSecond: result.samplesPerSecond,
    engine: `${engine.id}, ${engine.device}`,
    warnings: [...run.warnings],
    manifest: await run.record(join(input.out, 'manifest.json'), manifest, {
      validation: accuracy,
    }),
  };
}

async function manifestOf(
  { input, plan, start, task, context }: Work,
  engine: RunManifest['engine'],
): Promise<RunManifest> {
  const first = start === undefined ? [] : [{ role: 'start', uri: start.path }];
  return createManifest('train', {
    inputs: await describeInputs([...task.files, ...first], context.signal),
    settings: { ...input, plan, split: { kind: task.split.kind, ...task.split.settings } },
    engine,
  });
}

function courseOf(work: Work, learner: Learner): Course {
  const { input, plan, config, task, context, run } = work;
  const tiles = tilesPerEpoch(input, plan, task.tiles);
  const { stepsPerEpoch, partsPerStep } = partsOf(plan, tiles);
  return {
    learner,
    epochs: plan.epochs,
    stepsPerEpoch,
    partsPerStep,
    rate: (progress) =>
      warmupCosine(progress, {
        peak: plan.rate,
        least: 0,
        warmup: plan.warmup,
        total: plan.epochs,
      }),
    batch: (epoch, step, part) =>
      task.batch({ config, plan, epoch, part: step * partsPerStep + part }),
    validate: () => task.validate(learner, { config, plan }),
    folder: join(input.out, 'checkpoints'),
    resume: input.resume,
    fingerprint: fingerprint(work),
    signal: context.signal,
    onWarning: run.warn,
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

/** Without what only says how a batch is computed: a run may go on on a smaller machine. */
const fingerprint = ({
  input,
  plan: { part: _part, recomputeBlocks: _again, ...plan },
  config,
  start,
  task,
}: Work): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        { config, plan, seed: input.seed, tune: input.tune, split: task.split },
        task.scaling,
        task.fingerprint,
        start?.path,
      ]),
    )
    .digest('hex');
