import type { Input } from '../../app/contract/api.ts';
import { phraseError } from '../../app/error.ts';
import type { FineTuningPlan } from '../../app/learn/fineTuning.ts';
import { trainingMemory } from '../../app/model/spectralGpt/trainingMemory.ts';
import { keepsStatistics, type TileConfig } from '../../app/model/tileNetwork.ts';
import { type Phrase, phrase } from '../../app/phrase.ts';
import type { Engine, Network } from '../engines/engine.ts';
import { openEngine } from '../engines/table.ts';
import { engineOptions } from './engineOptions.ts';
import { parametersOf, type TimedNetwork, timeNetwork } from './probeNetwork.ts';
import { basisOf, type Estimate, hashSeconds } from './probePredict.ts';
import type { TaskContext } from './task.ts';
import { fitPlan, programBytes } from './tiles/fitMemory.ts';
import { statisticsBatches } from './tiles/refreshStatistics.ts';
import { partsOf, tilesPerEpoch, tuningOf } from './tiles/tilePlan.ts';
import type { TileTask } from './tiles/tileTask.ts';
import { openTileTraining } from './trainTiles.ts';

/** Labels that take longer to read are not waited for; the tiles of a validation are counted for as long as this. */
const [longestOpening, longestCount] = [40, 4];
/** Bytes a second that a checkpoint is hashed, written and synced with. */
const [slowDisk, quickDisk] = [1.2e8, 1e9];
/** A checkpoint holds the weights, the best ones, and two moments of what learns; the newest two are kept. */
const checkpointsKept = 2;

/** Opens the labels as a run does, and learns a few of their tiles. */
export async function probeTrainTiles(
  input: Input<'train'>,
  context: TaskContext,
): Promise<Estimate> {
  const opened = await withinSeconds(longestOpening, context, (limited) =>
    openTileTraining(input, () => undefined, limited),
  );
  const { task, config, start } = opened;
  try {
    const engine = await openEngine(engineOptions(input));
    try {
      // until here a run takes as long
      const startUp = process.uptime();
      const tuning = tuningOf(input.tune);
      const plan = fitPlan(opened.plan, config, { ...engine.info, tuning }, () => undefined);
      const { signal } = context;
      const timed = await timeNetwork({ engine, task, config, plan, tuning, signal });
      const validation = await countValidation(task, { config, plan });
      const parameters = parametersOf(config);
      const checkpointBytes = 4 * (2 * parameters + 2 * parametersOf(config, tuning));
      const work = workOf(input, plan, task.tiles);
      const learning = secondsOf(timed, work, { config, plan, validation, checkpointBytes });
      const files = [
        ...task.files.map(({ uri }) => uri),
        ...(start === undefined ? [] : [start.path]),
      ];
      const fixed = startUp + (await hashSeconds(files));
      return {
        samples: task.samples.training + task.samples.validation,
        seconds: [0.7 * fixed + learning[0], 2 + 1.5 * fixed + learning[1]],
        memoryBytes: memoryOf({ config, plan, tuning, engine }),
        diskBytes: checkpointsKept * checkpointBytes + 4 * parameters,
        ...basisOf(basis(timed, { config, plan, work, engine })),
      };
    } finally {
      engine.dispose();
    }
  } finally {
    await task.close();
  }
}

/** Steps and tiles of a run. */
type Work = { readonly steps: number; readonly tiles: number };

function workOf(input: Input<'train'>, plan: FineTuningPlan, there: number | undefined): Work {
  const { stepsPerEpoch, partsPerStep } = partsOf(plan, tilesPerEpoch(input, plan, there));
  const steps = plan.epochs * stepsPerEpoch;
  return { steps, tiles: steps * partsPerStep * plan.part };
}

type Range = readonly [least: number, most: number];

function secondsOf(
  { costs, blocks }: TimedNetwork,
  { steps, tiles }: Work,
  {
    config,
    plan,
    validation,
    checkpointBytes,
  }: {
    readonly config: TileConfig;
    readonly plan: FineTuningPlan;
    readonly validation: Validation;
    readonly checkpointBytes: number;
  },
): Range {
  // The next batch is read while one is computed, on another core where there is one.
  const refreshed = keepsStatistics(config) ? statisticsBatches * plan.part : 0;
  const seconds = (scored: number, read: number, disk: number): number =>
    tiles * (read * costs.read + costs.learn) +
    steps * costs.step +
    plan.epochs * (scored * costs.score + read * validation.seconds) +
    plan.epochs * (refreshed * (costs.read + costs.score) + checkpointBytes / disk);
  const [least, most] = blocks === undefined ? [0.75, 1.5] : [0.6, 1.8];
  return [
    least * seconds(validation.tiles[0], 0.3, quickDisk),
    most * seconds(validation.tiles[1], 1, slowDisk),
  ];
}

/** Tiles that are looked at after every epoch, and seconds that reading them takes. */
type Validation = { readonly tiles: Range; readonly seconds: number };

/** Has the task read its validation tiles for a network that only counts them. */
async function countValidation(
  task: TileTask,
  { config, plan }: { readonly config: TileConfig; readonly plan: FineTuningPlan },
): Promise<Validation> {
  const enough = new Error('enough');
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  let tiles = 0;
  const dense = config.task === 'segmentation' || config.task === 'change';
  const counter: Pick<Network, 'evaluate'> = {
    evaluate: (inputs) => {
      const [count = 0] = inputs.get('image')!.shape;
      tiles += count;
      if (seconds() > longestCount) throw enough;
      return [new Float32Array(count * config.classes * (dense ? config.imageSize ** 2 : 1))];
    },
  };
  try {
    await task.validate(counter, { config, plan });
    return { tiles: [tiles, tiles], seconds: seconds() };
  } catch (error) {
    if (error !== enough) throw error;
    const { validation } = task.samples;
    // A dense task counts pixels: a tile holds as many as it has at most, and seldom less than a quarter of them.
    const all = dense ? Math.max(tiles, (4 * validation) / config.imageSize ** 2) : validation;
    return { tiles: [dense ? tiles : all, all], seconds: (seconds() / tiles) * all };
  }
}

function memoryOf({
  config,
  plan,
  tuning,
  engine,
}: {
  readonly config: TileConfig;
  readonly plan: FineTuningPlan;
  readonly tuning: ReturnType<typeof tuningOf>;
  readonly engine: Engine;
}): number {
  const measured = process.resourceUsage().maxRSS * 1024;
  // Its copies while a checkpoint is written were not there when it was measured.
  if (!('embedDim' in config)) return measured + 20 * parametersOf(config);
  const fused = engine.info.fused.includes('attention');
  const { network, perTile, perTileRecomputed } = trainingMemory(config, fused, tuning);
  const tile = plan.recomputeBlocks === true ? perTileRecomputed : perTile;
  return Math.max(measured, programBytes + network + plan.part * tile);
}

function basis(
  { tiles, blocks }: TimedNetwork,
  {
    config,
    plan,
    work,
    engine,
  }: {
    readonly config: TileConfig;
    readonly plan: FineTuningPlan;
    readonly work: Work;
    readonly engine: Engine;
  },
): readonly Phrase[] {
  const where = `${engine.info.engine} (${engine.info.device})`;
  return [
    blocks === undefined || !('depth' in config)
      ? phrase('{count} of {all} tiles were learned to measure it, with {engine}.', {
          count: tiles,
          all: work.tiles,
          engine: where,
        })
      : phrase(
          'About: only {blocks} of the {depth} blocks of the network were measured, with {count} of {all} tiles and {engine}.',
          { blocks, depth: config.depth, count: tiles, all: work.tiles, engine: where },
        ),
    ...(plan.part < plan.batch
      ? [
          phrase('A step takes {batch} tiles, {part} at a time.', {
            batch: plan.batch,
            part: plan.part,
          }),
        ]
      : []),
    ...(plan.recomputeBlocks === true
      ? [phrase('Blocks are run again for the gradient instead of being kept: memory is short.')]
      : []),
  ];
}

/** Does something that is given up after some seconds. @throws AppError `unsupported` then */
async function withinSeconds<Result>(
  seconds: number,
  context: TaskContext,
  work: (limited: TaskContext) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 1000 * seconds);
  try {
    const signal = AbortSignal.any([context.signal, limit.signal]);
    return await work({ ...context, signal });
  } catch (error) {
    if (!limit.signal.aborted || context.signal.aborted) throw error;
    throw phraseError('unsupported', [
      phrase(
        'Reading the labels takes longer than {seconds} seconds, so nothing is measured beforehand: start the job, which says how long it still takes.',
        { seconds },
      ),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
