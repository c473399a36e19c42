import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { checkAugmentation, type FineTuningPlan } from '../../app/learn/fineTuning.ts';
import { warmupCosine } from '../../app/learn/schedule.ts';
import { mergeLora } from '../../app/model/spectralGpt/lora.ts';
import {
  familyOf,
  freshTileWeights,
  type TileConfig,
  type TileFamilyId,
  tileFamilies,
  tileFamilyNames,
} from '../../app/model/tileNetwork.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { removeCheckpoints } from '../engines/checkpoint.ts';
import { type Course, type CourseResult, runCourse } from '../engines/course.ts';
import type { Engine, Learner } from '../engines/engine.ts';
import { openEngine } from '../engines/table.ts';
import { saveTileModel, tileModelFiles } from '../engines/tileModelFolder.ts';
import { recogniseDataset } from './datasets/openTileSet.ts';
import { engineOptions } from './engineOptions.ts';
import { createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { type Run, startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { fitPlan, whileMemoryLasts } from './tiles/fitMemory.ts';
import { openTask } from './tiles/openTask.ts';
import { refreshStatistics } from './tiles/refreshStatistics.ts';
import type { StartModel } from './tiles/start.ts';
import { checkScaling, openStartModel } from './tiles/startModel.ts';
import { tileCard } from './tiles/tileCard.ts';
import {
  configOf,
  optimizerOf,
  partsOf,
  planOf,
  taskOf,
  tilesPerEpoch,
  tuningOf,
  withAdditions,
} from './tiles/tilePlan.ts';
import type { TileScore, TileTask } from './tiles/tileTask.ts';

/** What the parts of a run share. */
type Work = {
  readonly input: Input<'train'>;
  readonly plan: FineTuningPlan;
  readonly start: StartModel | undefined;
  readonly task: TileTask;
  readonly config: TileConfig;
  readonly context: TaskContext;
  readonly run: Run;
};

const purposes: Readonly<Record<TileTask['kind'], string>> = {
  scene: 'scene classification',
  multilabel: 'multi-label classification',
  segmentation: 'segmentation',
  change: 'change detection',
};

/** Fine-tunes a network over tiles, or trains it from scratch, on labelled tiles and writes its folder. */
export async function trainTiles(
  input: Input<'train'>,
  context: TaskContext,
): Promise<Output<'train'>> {
  const run = startRun(context);
  const opened = await openTileTraining(input, run.warn, context);
  try {
    const engine = await openEngine(engineOptions(input));
    try {
      return await learn({ input, ...opened, context, run }, engine);
    } finally {
      engine.dispose();
    }
  } finally {
    await opened.task.close();
  }
}

/** What is learned, by what network, from what data. @throws AppError where they are not there or do not fit each other */
export async function openTileTraining(
  input: Input<'train'>,
  warn: (message: string) => void,
  context: TaskContext,
): Promise<Pick<Work, 'plan' | 'start' | 'task' | 'config'>> {
  const kind = await kindOf(input);
  const family = familyNamed(input.model);
  const start = input.init === undefined ? undefined : await openStartModel(input.init, family);
  checkScaling(input, start);
  const plan = planOf(input, start, kind);
  checkAugmentation(kind, plan.augment);
  const { imageSize, scaling } = plan;
  const task = await openTask(kind, { input, start, family, imageSize, scaling, warn, context });
  try {
    return { plan, start, task, config: configOf(task, { family, plan, start }) };
  } catch (error) {
    await task.close();
    throw error;
  }
}

const familyNamed = (model: string): TileFamilyId =>
  tileFamilies.find((family) => family === model) ?? 'spectralgpt';

/** The user's word, else what the data set is labelled with, else what recipe and inputs say. */
async function kindOf(input: Input<'train'>): Promise<TileTask['kind']> {
  if (input.task !== undefined || input.dataset === undefined) return taskOf(input);
  return (await recogniseDataset(input.dataset, input.layout)).task;
}

async function learn(work: Work, engine: Engine): Promise<Output<'train'>> {
  const { input, plan, config, context, run } = work;
  const { engine: id, device } = engine.info;
  context.emit({ kind: 'engine', engine: id, device });
  await mkdir(input.out, { recursive: true });
  const tuning = tuningOf(input.tune);
  const fitted = fitPlan(plan, config, { ...engine.info, tuning }, run.warn);
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
  const { input, plan, start, config } = work;
  const { engine: id, device, versions } = engine.info;
  const tuning = tuningOf(input.tune);
  // Not kept by a name: the learner has its own, and these are as large.
  const learner = engine.learner(
    await startWeights(work, tuning),
    optimizerOf(plan, config, tuning, start === undefined),
  );
  try {
    const scores = new Map<number, TileScore>();
    const result = await runCourse(courseOf(work, learner, scores));
    const score = scores.get(result.bestEpoch) ?? (await measured(work, learner, result.weights));
    const merged = { ...result, weights: mergeLora(result.weights) };
    return await finish(work, merged, score, { id, device, versions });
  } finally {
    learner.dispose();
  }
}

/** The figures of weights that a run before this one left. */
async function measured(
  { task, config, plan }: Work,
  learner: Learner,
  weights: WeightData,
): Promise<TileScore> {
  learner.restore(weights, learner.optimizer());
  return await task.validate(learner, { config, plan });
}

/** What training starts from. */
async function startWeights(
  { input, start, task, config, run }: Work,
  tuning: ReturnType<typeof tuningOf>,
): Promise<WeightData> {
  const bands = task.bands.map(({ name }) => name);
  const weights = await (start?.weights(config, { seed: input.seed, bands, note: run.warn }) ??
    freshTileWeights(config, input.seed));
  return withAdditions(weights, config, tuning, input.seed);
}

async function finish(
  work: Work,
  result: CourseResult,
  { accuracy, perClass, threshold }: TileScore,
  engine: RunManifest['engine'],
): Promise<Output<'train'>> {
  const { input, plan, start, task, config, context, run } = work;
  const manifest = await manifestOf(work, engine);
  const card = tileCard(
    {
      ...task,
      out: input.out,
      title: `${tileFamilyNames[familyOf(config)]}: ${purposes[task.kind]}`,
      setting: 'prismap',
      preset: input.preset,
      config,
      split: task.split.kind,
      settings: { ...plan },
      seed: input.seed,
      start: start?.path,
      figures: accuracy,
      threshold,
    },
    result,
    manifest,
  );
  const { weights, curve } = result;
  await saveTileModel(input.out, { card, weights, curve }, context.signal);
  await removeCheckpoints(input.out);
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
    manifest: await run.record(
      join(input.out, 'manifest.json'),
      manifest,
      { validation: accuracy },
      tileModelFiles(input.out),
    ),
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

function courseOf(work: Work, learner: Learner, scores: Map<number, TileScore>): Course {
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
    validate: async (epoch) => {
      await refreshStatistics(learner, config, (part) =>
        task.batch({ config, plan, epoch: 0, part }),
      );
      const measured = await task.validate(learner, { config, plan });
      scores.set(epoch, measured);
      return plan.keep === 'last' ? { ...measured, score: epoch } : measured;
    },
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
