import type { FineTuningPlan } from '../../app/learn/fineTuning.ts';
import type { Tuning } from '../../app/model/spectralGpt/rules.ts';
import { blocksOf } from '../../app/model/spectralGpt/trainingMemory.ts';
import {
  freshTileWeights,
  type TileConfig,
  tileNetworkShapes,
  tileRule,
} from '../../app/model/tileNetwork.ts';
import type { Engine, Learner } from '../engines/engine.ts';
import { networkScores } from './tiles/networkScores.ts';
import { optimizerOf, type tuningOf, withAdditions } from './tiles/tilePlan.ts';
import type { TileTask } from './tiles/tileTask.ts';

/** What a network costs on an engine, in seconds. */
export type NetworkCosts = {
  /** Reading a tile and making it ready. */
  readonly read: number;
  /** Forward and backward of a tile. */
  readonly learn: number;
  /** The optimiser, once for all parts of a step. */
  readonly step: number;
  /** Forward of a tile. */
  readonly score: number;
};

export type TimedNetwork = {
  readonly costs: NetworkCosts;
  /** Tiles that it was measured with. */
  readonly tiles: number;
  /** Blocks of the largest network that was measured, where it had fewer than the real one. */
  readonly blocks?: number;
};

/** What a network is timed at. */
export type Timing = {
  readonly engine: Engine;
  readonly task: Pick<TileTask, 'batch'>;
  readonly config: TileConfig;
  readonly plan: FineTuningPlan;
  readonly tuning: ReturnType<typeof tuningOf>;
  readonly signal: AbortSignal;
};

/** A measurement has enough once it took so long. */
const longEnough = 0.7;
/** The first round warms up, and counts only where it takes so long. */
const longFirst = 4;
/** A network of more parameters takes seconds a tile on a processor, and gigabytes: a few of its blocks stand for all. */
const mostParameters = 3e7;

/**
 * Times real steps of training. Of a large transformer only the first blocks are built and timed, tile by tile: all blocks of a
 * kind cost the same, those below all that learns less than the others.
 */
export async function timeNetwork(timing: Timing): Promise<TimedNetwork> {
  const { config, tuning } = timing;
  if (!('depth' in config) || parametersOf(config) <= mostParameters)
    return await timeWhole(timing);
  return await extrapolated(blocksOf(tuning, config.depth), ({ frozen, learning }) =>
    timeWhole({
      ...timing,
      config: { ...config, depth: frozen + learning },
      plan: { ...timing.plan, part: 1 },
      tuning: tuning.kind === 'last' ? { kind: 'last', blocks: learning } : tuning,
    }),
  );
}

type Blocks = ReturnType<typeof blocksOf>;

/** Costs of so many blocks from those of one of a kind and of two; blocks of a kind differ by rounding alone. */
export async function extrapolated(
  wanted: Blocks,
  time: (blocks: Blocks) => Promise<TimedNetwork>,
): Promise<TimedNetwork> {
  const least = { frozen: Math.min(1, wanted.frozen), learning: Math.min(1, wanted.learning) };
  const base = await time(least);
  let { costs, tiles } = base;
  for (const kind of ['frozen', 'learning'] as const) {
    const further = wanted[kind] - least[kind];
    if (further === 0) continue;
    const more = await time({ ...least, [kind]: least[kind] + 1 });
    tiles += more.tiles;
    const add = (name: 'learn' | 'step' | 'score'): number =>
      costs[name] + further * Math.max(0, more.costs[name] - base.costs[name]);
    costs = { ...costs, learn: add('learn'), step: add('step'), score: add('score') };
  }
  return { costs, tiles, blocks: least.frozen + least.learning + 1 };
}

/** One network of this size with new weights: what the numbers are does not matter to the time. */
async function timeWhole(timing: Timing): Promise<TimedNetwork> {
  const { engine, config, plan, tuning } = timing;
  const fresh = freshTileWeights(config, 0);
  const learner = engine.learner(
    withAdditions(fresh, config, tuning, 0),
    optimizerOf(plan, config, tuning, true),
  );
  try {
    return await timeLearner(learner, timing);
  } finally {
    learner.dispose();
  }
}

async function timeLearner(
  learner: Learner,
  { task, config, plan, signal }: Timing,
): Promise<TimedNetwork> {
  const sums = { read: 0, learn: 0, step: 0, score: 0 };
  let [rounds, tiles] = [0, 0];
  for (let round = 0; sums.learn < (round === 1 ? longFirst : longEnough); round++) {
    signal.throwIfAborted();
    if (round === 1) {
      Object.assign(sums, { read: 0, learn: 0, step: 0, score: 0 });
      [rounds, tiles] = [0, 0];
    }
    const time = stopwatch();
    const batch = await task.batch({ config, plan, epoch: 1, part: 0 });
    sums.read += time();
    learner.accumulate(batch.inputs, batch.objective, 1);
    sums.learn += time();
    learner.step(1e-6);
    sums.step += time();
    const dates = ['image', 'second'].flatMap((name) => batch.inputs.get(name)?.values ?? []);
    networkScores({ network: learner, config, flips: false }, dates);
    sums.score += time();
    rounds += 1;
    tiles += batch.count;
  }
  const { read, learn, step, score } = sums;
  const costs = {
    read: read / tiles,
    learn: learn / tiles,
    step: step / rounds,
    score: score / tiles,
  };
  return { costs, tiles };
}

/** Seconds since it was asked last. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    return seconds;
  };
}

/** Numbers that a network has, or those of them that learn. */
export function parametersOf(config: TileConfig, tuning?: Tuning): number {
  const rule = tileRule(config, tuning ?? { kind: 'all' }, 1);
  return [...tileNetworkShapes(config)]
    .filter(([path]) => tuning === undefined || rule(path).rate > 0)
    .reduce((sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
