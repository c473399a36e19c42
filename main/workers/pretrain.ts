import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import type { TileScaling } from '../../app/learn/tileScaling.ts';
import {
  checkSpectralGptConfig,
  officialSpectralGpt,
  prismapSpectralGpt,
  reconstructions,
  type SpectralGptConfig,
  spectralGptSizes,
} from '../../app/model/spectralGpt/configuration.ts';
import { freshSpectralGptWeights } from '../../app/model/spectralGpt/weightTable.ts';
import type { WeightData } from '../../app/model/weights.ts';
import type { WantedBand } from '../../app/raster/bandContract.ts';
import { removeCheckpoints } from '../engines/checkpoint.ts';
import type { CourseResult, CourseRow } from '../engines/course.ts';
import type { Engine } from '../engines/engine.ts';
import { openEngine } from '../engines/table.ts';
import { saveTileModel, tileModelFiles } from '../engines/tileModelFolder.ts';
import { engineOptions } from './engineOptions.ts';
import { createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { carryOver } from './pretraining/carryOver.ts';
import { learnStage } from './pretraining/learnStage.ts';
import { measureReconstruction, type Reconstructions } from './pretraining/reconstructions.ts';
import { type Stage, stagesOf } from './pretraining/stages.ts';
import { type Run, startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { findScenes } from './tiles/findScenes.ts';
import { unitsOfModel } from './tiles/modelUnits.ts';
import { openPatchSampler, type PatchSampler } from './tiles/patchSampler.ts';
import type { StartModel } from './tiles/start.ts';
import { checkScaling, openStartModel } from './tiles/startModel.ts';
import { tileCard } from './tiles/tileCard.ts';

/** Released statistic of the per-tile stretch: what is added to the width of a band's range. */
const minMaxEpsilon = 1e-10;

/** An epoch of one of the stages. */
type StageRow = CourseRow & { readonly stage: number };

/** What the run gives, and what its report shows. */
export type Pretrained = Omit<Output<'pretrain'>, 'report'> & {
  readonly curve: readonly StageRow[];
  readonly stages: readonly { readonly stage: Stage; readonly scenes: number }[];
  readonly reconstructions: Reconstructions;
};

type Work = {
  readonly input: Input<'pretrain'>;
  readonly start: StartModel | undefined;
  readonly stages: readonly Stage[];
  readonly run: Run;
  readonly context: TaskContext;
};

/** What a stage leaves to the next. */
type Learned = {
  readonly weights: WeightData;
  readonly config: SpectralGptConfig;
  readonly scaling: TileScaling;
  readonly bands: readonly WantedBand[];
  readonly resolution: number | undefined;
  readonly curve: readonly StageRow[];
  readonly done: Pretrained['stages'];
  readonly scenes: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
  readonly samplesPerSecond: number;
  readonly reconstructions?: Reconstructions;
};

/** Masked pre-training of SpectralGPT on unlabelled scenes; writes a model folder whose weights fine-tuning starts from. */
export async function pretrain(
  input: Input<'pretrain'>,
  context: TaskContext,
): Promise<Pretrained> {
  const run = startRun(context);
  const start = input.init === undefined ? undefined : await openStartModel(input.init);
  checkScaling(input, start);
  const stages = await stagesOf(input, start?.sizes?.imageSize);
  const work: Work = { input, start, stages, run, context };
  const engine = await openEngine(engineOptions(input));
  try {
    const { engine: id, device, versions } = engine.info;
    context.emit({ kind: 'engine', engine: id, device });
    await mkdir(input.out, { recursive: true });
    let learned: Learned | undefined;
    for (const stage of stages) learned = await runStage(engine, work, stage, learned);
    return await finish(work, learned!, { id, device, versions });
  } finally {
    engine.dispose();
  }
}

async function runStage(
  engine: Engine,
  work: Work,
  stage: Stage,
  before: Learned | undefined,
): Promise<Learned> {
  const { input, start, stages, run, context } = work;
  const bands = before?.bands ?? start?.bands;
  const sampler = await openPatchSampler(await findScenes(stage.scenes, run.warn), {
    seed: input.seed,
    side: stage.plan.imageSize,
    choice: stage.choice,
    units: unitsOfModel(before?.scaling ?? start?.scaling),
    warn: run.warn,
    signal: context.signal,
    ...(bands === undefined ? {} : { bands }),
  });
  try {
    const config = configOf(input, stage, sampler.bands.length, start);
    const scaling = before?.scaling ?? start?.scaling ?? (await scalingOf(input, sampler));
    const weights = await startOf(work, sampler, config, before);
    const result = await learnStage(engine, {
      input,
      stage,
      config,
      scaling,
      sampler,
      weights,
      epochs: {
        before: before?.curve.length ?? 0,
        all: stages.reduce((sum, { plan }) => sum + plan.epochs, 0),
      },
      warn: run.warn,
      context,
    });
    const own = { config, scaling, sampler, seed: input.seed };
    const isLast = stage.number === stages.length;
    return {
      ...joined(before, stage, sampler, result),
      config,
      scaling,
      ...(isLast
        ? { reconstructions: await measureReconstruction(engine, result.weights, own) }
        : {}),
    };
  } finally {
    await sampler.close();
  }
}

/** What a stage starts from: the one before, else a model or checkpoint, else fresh numbers. */
async function startOf(
  { input, start, run }: Work,
  sampler: PatchSampler,
  config: SpectralGptConfig,
  before: Learned | undefined,
): Promise<WeightData> {
  if (before !== undefined) return carryOver(before.weights, config);
  if (start === undefined) return freshSpectralGptWeights(config, input.seed);
  const bands = sampler.bands.map(({ name }) => name);
  return await start.weights(config, { seed: input.seed, bands, note: run.warn });
}

/** What all stages up to this one have learned and seen. */
function joined(
  before: Learned | undefined,
  stage: Stage,
  sampler: PatchSampler,
  { weights, curve, samplesPerSecond }: CourseResult,
): Omit<Learned, 'config' | 'scaling'> {
  return {
    weights,
    samplesPerSecond,
    bands: sampler.bands,
    resolution: sampler.resolution,
    curve: [...(before?.curve ?? []), ...curve.map((row) => ({ ...row, stage: stage.number }))],
    done: [...(before?.done ?? []), { stage, scenes: sampler.scenes.length }],
    scenes: new Set([...(before?.scenes ?? []), ...sampler.scenes]),
    files: new Set([...(before?.files ?? []), ...sampler.files]),
  };
}

async function scalingOf(
  { setting, scaling }: Input<'pretrain'>,
  sampler: PatchSampler,
): Promise<TileScaling> {
  if (setting === 'prismap') return await sampler.scaling(scaling ?? 'standard');
  if (scaling === undefined) return { kind: 'min-max', epsilon: minMaxEpsilon };
  throw new AppError(
    'usage',
    `The official setting stretches every tile by itself; it has no scaling "${scaling}". Leave --scaling out, or use --setting prismap.`,
    { found: scaling },
  );
}

function configOf(
  input: Input<'pretrain'>,
  { plan }: Stage,
  bands: number,
  start: StartModel | undefined,
): SpectralGptConfig {
  const spectralPatch = input.spectralPatch ?? [3, 2, 1].find((size) => bands % size === 0)!;
  const build = input.setting === 'official' ? officialSpectralGpt : prismapSpectralGpt;
  const config = build({
    task: 'pretrain',
    classes: 0,
    ...spectralGptSizes[plan.size],
    spectralPatch,
    patch: plan.patch ?? 8,
    ...start?.sizes,
    imageSize: plan.imageSize,
    bands,
    decoder: plan.decoder,
    maskRatio: input.maskRatio,
    reconstruction: reconstructions[input.loss],
  });
  checkSpectralGptConfig(config);
  return config;
}

async function finish(
  { input, start, stages, run, context }: Work,
  learned: Learned,
  engine: RunManifest['engine'],
): Promise<Pretrained> {
  const { weights, curve, scenes, files } = learned;
  const manifest = createManifest('pretrain', {
    inputs: await describeInputs(
      [
        ...[...files].map((uri) => ({ role: 'scene', uri })),
        ...(start === undefined ? [] : [{ role: 'start', uri: start.path }]),
      ],
      context.signal,
    ),
    settings: { ...input, stages },
    engine,
  });
  const card = tileCard(
    {
      ...learned,
      out: input.out,
      title: 'SpectralGPT, pre-trained (re-implementation)',
      setting: input.setting,
      preset: input.preset,
      classes: [],
      samples: {
        training: stages.reduce((sum, { plan }) => sum + plan.tiles, 0),
        validation: 0,
      },
      split: 'none',
      settings: { stages },
      seed: input.seed,
      start: start?.path,
      figures: {},
    },
    { curve, bestEpoch: curve.length },
    manifest,
  );
  await saveTileModel(input.out, { card, weights, curve }, context.signal);
  await removeCheckpoints(input.out);
  const [loss, record] = [curve.at(-1)!.loss, join(input.out, 'manifest.json')];
  const measured = learned.reconstructions!;
  const explained = measured.bands.map(({ name, explained: share }) => ({ band: name, share }));
  return {
    weights: input.out,
    epochs: curve.length,
    loss,
    scenes: scenes.size,
    explained,
    seconds: run.seconds(),
    samplesPerSecond: learned.samplesPerSecond,
    engine: `${engine.id}, ${engine.device}`,
    warnings: [...run.warnings],
    manifest: await run.record(record, manifest, { loss, explained }, tileModelFiles(input.out)),
    curve,
    stages: learned.done,
    reconstructions: measured,
  };
}
