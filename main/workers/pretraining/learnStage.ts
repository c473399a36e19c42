import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Input } from '../../../app/contract/api.ts';
import { warmupCosine } from '../../../app/learn/schedule.ts';
import type { TileScaling } from '../../../app/learn/tileScaling.ts';
import { type SpectralGptConfig, tokenGrid } from '../../../app/model/spectralGpt/configuration.ts';
import { maskTokens, reconstruct } from '../../../app/model/spectralGpt/pretraining.ts';
import { pretrainingRule } from '../../../app/model/spectralGpt/rules.ts';
import type { WeightData } from '../../../app/model/weights.ts';
import { createRandom } from '../../../app/random.ts';
import { type CourseBatch, type CourseResult, runCourse } from '../../engines/course.ts';
import type { Engine } from '../../engines/engine.ts';
import type { TaskContext } from '../task.ts';
import type { PatchSampler } from '../tiles/patchSampler.ts';
import type { Stage } from './stages.ts';

/** What a stage of pre-training learns from, and with. */
export type StageWork = {
  readonly input: Input<'pretrain'>;
  readonly stage: Stage;
  readonly config: SpectralGptConfig;
  readonly scaling: TileScaling;
  readonly sampler: PatchSampler;
  /** What it starts from. */
  readonly weights: WeightData;
  /** Epochs of the stages before and of all stages. */
  readonly epochs: { readonly before: number; readonly all: number };
  readonly warn: (message: string) => void;
  readonly context: TaskContext;
};

/** Runs one stage from its start or its checkpoint; one that is done is not run again. */
export async function learnStage(engine: Engine, work: StageWork): Promise<CourseResult> {
  const { input, stage, epochs, context } = work;
  const { plan } = stage;
  const learner = engine.learner(work.weights, {
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0.05,
    rule: pretrainingRule,
  });
  try {
    const partsPerStep = Math.ceil(plan.batch / plan.part);
    const stepsPerEpoch = Math.max(1, Math.floor(plan.tiles / plan.batch));
    const peak = (plan.baseRate * plan.batch) / 256;
    const parts = stepsPerEpoch * partsPerStep;
    return await runCourse({
      learner,
      epochs: plan.epochs,
      stepsPerEpoch,
      partsPerStep,
      rate: (progress) =>
        warmupCosine(progress, { peak, least: 0, warmup: plan.warmup, total: plan.epochs }),
      batch: (epoch, step, part) => batchOf(work, epoch, step * partsPerStep + part),
      folder: join(input.out, 'checkpoints', `stage-${stage.number}`),
      resume: input.resume,
      fingerprint: fingerprint(work),
      signal: context.signal,
      onWarning: work.warn,
      onStep: (done) =>
        context.emit({
          kind: 'progress',
          stage: 'pre-training',
          done: epochs.before * parts + done,
          total: epochs.all * parts,
        }),
      onEpoch: ({ epoch, loss, samplesPerSecond, etaSeconds }) =>
        context.emit({
          kind: 'epoch',
          epoch: epochs.before + epoch,
          epochs: epochs.all,
          loss,
          samplesPerSecond,
          etaSeconds,
        }),
    });
  } finally {
    learner.dispose();
  }
}

const fingerprint = ({ input, stage, config, scaling, sampler }: StageWork): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        config,
        stage.plan,
        stage.choice,
        scaling,
        input.seed,
        input.init,
        sampler.scenes,
      ]),
    )
    .digest('hex');

/** The tiles of one part of a step, and the tokens that are taken out of each. */
async function batchOf(
  { input, stage, config, scaling, sampler }: StageWork,
  epoch: number,
  index: number,
): Promise<CourseBatch> {
  const { part: count, imageSize: side } = stage.plan;
  const key = stage.number === 1 ? [epoch, index] : ['stage', stage.number, epoch, index];
  const values = await sampler.batch({ count, scaling }, ...key);
  const { tokens } = tokenGrid(config);
  const random = createRandom(input.seed, 'mask', ...key);
  const noise = Float32Array.from({ length: count * tokens }, () => random.uniform());
  const masking = maskTokens(noise, tokens, config.maskRatio);
  return {
    count,
    inputs: new Map([['image', { shape: [count, config.bands, side, side], values }]]),
    objective: (ops, weights, inputs) =>
      reconstruct({ ops, weights, config }, inputs.get('image')!, masking).loss,
  };
}
