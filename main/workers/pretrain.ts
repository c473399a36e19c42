import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { type PretrainingPlan, pretrainingPlans } from '../../app/learn/pretraining.ts';
import { warmupCosine } from '../../app/learn/schedule.ts';
import type { TileScaling } from '../../app/learn/tileScaling.ts';
import {
  checkSpectralGptConfig,
  officialSpectralGpt,
  prismapSpectralGpt,
  reconstructions,
  type SpectralGptConfig,
  spectralGptSizes,
  tokenGrid,
} from '../../app/model/spectralGpt/configuration.ts';
import { maskTokens, reconstruct } from '../../app/model/spectralGpt/pretraining.ts';
import { pretrainingRule } from '../../app/model/spectralGpt/rules.ts';
import { freshSpectralGptWeights } from '../../app/model/spectralGpt/weightTable.ts';
import { createRandom } from '../../app/random.ts';
import { type Course, type CourseBatch, type CourseResult, runCourse } from '../engines/course.ts';
import { openEngine } from '../engines/table.ts';
import { saveTileModel } from '../engines/tileModelFolder.ts';
import { engineOptions } from './engineOptions.ts';
import { createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { findScenes } from './tiles/findScenes.ts';
import { openPatchSampler, type PatchSampler } from './tiles/patchSampler.ts';
import { tileCard } from './tiles/tileCard.ts';

/** Released statistic of the per-tile stretch: what is added to the width of a band's range. */
const minMaxEpsilon = 1e-10;

/** Masked pre-training of SpectralGPT on unlabelled scenes; writes a model folder whose weights fine-tuning starts from. */
export async function pretrain(
  input: Input<'pretrain'>,
  context: TaskContext,
): Promise<Output<'pretrain'>> {
  const run = startRun(context);
  const plan = planOf(input);
  const uris = await findScenes(input.scenes);
  const sampler = await openPatchSampler(uris, {
    seed: input.seed,
    side: plan.imageSize,
    warn: run.warn,
    signal: context.signal,
  });
  const engine = await openEngine(engineOptions(input));
  try {
    const { engine: id, device, versions } = engine.info;
    context.emit({ kind: 'engine', engine: id, device });
    const config = configOf(input, plan, sampler.bands.length);
    const scaling: TileScaling =
      input.setting === 'official'
        ? { kind: 'min-max', epsilon: minMaxEpsilon }
        : await sampler.scaling(plan.imageSize);
    await mkdir(input.out, { recursive: true });
    const learner = engine.learner(freshSpectralGptWeights(config, input.seed), {
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
      weightDecay: 0.05,
      rule: pretrainingRule,
    });
    try {
      const work: Work = { input, plan, config, scaling, sampler, context };
      const result = await runCourse({ ...courseOf(work, run.warn), learner });
      const manifest = await manifestOf(work, { id, device, versions });
      await save(work, result, manifest);
      const loss = result.curve.at(-1)!.loss;
      return {
        weights: input.out,
        epochs: result.curve.length,
        loss,
        scenes: sampler.scenes.length,
        seconds: run.seconds(),
        samplesPerSecond: result.samplesPerSecond,
        engine: `${id}, ${device}`,
        warnings: [...run.warnings],
        manifest: await run.record(join(input.out, 'manifest.json'), manifest, { loss }),
      };
    } finally {
      learner.dispose();
    }
  } finally {
    engine.dispose();
    await sampler.close();
  }
}

type Work = {
  readonly input: Input<'pretrain'>;
  readonly plan: PretrainingPlan;
  readonly config: SpectralGptConfig;
  readonly scaling: TileScaling;
  readonly sampler: PatchSampler;
  readonly context: TaskContext;
};

/** The plan of a preset with what the user wants otherwise. */
function planOf(input: Input<'pretrain'>): PretrainingPlan {
  const plan = pretrainingPlans[input.preset];
  const batch = input.batch ?? plan.batch;
  return {
    ...plan,
    imageSize: input.imageSize ?? plan.imageSize,
    epochs: input.epochs ?? plan.epochs,
    tiles: input.tiles ?? plan.tiles,
    batch,
    part: Math.min(plan.part, batch),
    warmup: Math.min(plan.warmup, (input.epochs ?? plan.epochs) / 5),
  };
}

function configOf(
  input: Input<'pretrain'>,
  plan: PretrainingPlan,
  bands: number,
): SpectralGptConfig {
  const spectralPatch = input.spectralPatch ?? [3, 2, 1].find((size) => bands % size === 0)!;
  const build = input.setting === 'official' ? officialSpectralGpt : prismapSpectralGpt;
  const config = build({
    task: 'pretrain',
    classes: 0,
    ...spectralGptSizes[plan.size],
    imageSize: plan.imageSize,
    bands,
    spectralPatch,
    decoder: plan.decoder,
    maskRatio: input.maskRatio,
    reconstruction: reconstructions[input.loss],
  });
  checkSpectralGptConfig(config);
  return config;
}

function courseOf(work: Work, warn: (message: string) => void): Omit<Course, 'learner'> {
  const { input, plan, config, scaling, context } = work;
  const stepsPerEpoch = Math.max(1, Math.floor(plan.tiles / plan.batch));
  const partsPerStep = Math.ceil(plan.batch / plan.part);
  const peak = (plan.baseRate * plan.batch) / 256;
  return {
    epochs: plan.epochs,
    stepsPerEpoch,
    partsPerStep,
    rate: (progress) =>
      warmupCosine(progress, { peak, least: 0, warmup: plan.warmup, total: plan.epochs }),
    batch: (epoch, step, part) => batchOf(work, epoch, step * partsPerStep + part),
    folder: join(input.out, 'checkpoints'),
    resume: input.resume,
    fingerprint: createHash('sha256')
      .update(JSON.stringify([config, plan, scaling, input.seed, work.sampler.scenes]))
      .digest('hex'),
    signal: context.signal,
    onWarning: warn,
    onStep: (done, total) => context.emit({ kind: 'progress', stage: 'pre-training', done, total }),
    onEpoch: ({ epoch, loss, samplesPerSecond, etaSeconds }) =>
      context.emit({
        kind: 'epoch',
        epoch,
        epochs: plan.epochs,
        loss,
        samplesPerSecond,
        etaSeconds,
      }),
  };
}

/** The tiles of one part of a step, and the tokens that are taken out of each. */
async function batchOf(
  { input, plan, config, scaling, sampler }: Work,
  epoch: number,
  index: number,
): Promise<CourseBatch> {
  const { part: count, imageSize: side } = plan;
  const values = await sampler.batch({ side, count, scaling }, epoch, index);
  const { tokens } = tokenGrid(config);
  const random = createRandom(input.seed, 'mask', epoch, index);
  const noise = Float32Array.from({ length: count * tokens }, () => random.uniform());
  const masking = maskTokens(noise, tokens, config.maskRatio);
  return {
    count,
    inputs: new Map([['image', { shape: [count, config.bands, side, side], values }]]),
    objective: (ops, weights, inputs) =>
      reconstruct({ ops, weights, config }, inputs.get('image')!, masking).loss,
  };
}

async function manifestOf(
  { input, plan, sampler, context }: Work,
  engine: RunManifest['engine'],
): Promise<RunManifest> {
  const inputs = sampler.files.map((uri) => ({ role: 'scene', uri }));
  return createManifest('pretrain', {
    inputs: await describeInputs(inputs, context.signal),
    settings: { ...input, plan },
    engine,
  });
}

async function save(
  { input, plan, config, scaling, sampler, context }: Work,
  result: CourseResult,
  manifest: RunManifest,
): Promise<void> {
  const card = tileCard(
    {
      out: input.out,
      title: 'SpectralGPT, pre-trained (re-implementation)',
      setting: input.setting,
      preset: input.preset,
      config,
      bands: sampler.bands,
      classes: [],
      scaling,
      resolution: sampler.resolution,
      samples: { training: plan.tiles, validation: 0 },
      split: 'none',
      settings: { ...plan },
      seed: input.seed,
      start: undefined,
      figures: {},
    },
    result,
    manifest,
  );
  const { weights, curve } = result;
  await saveTileModel(input.out, { card, weights, curve }, context.signal);
  await rm(join(input.out, 'checkpoints'), { recursive: true, force: true });
}
