import { expect, test } from 'vitest';
import type { ResnetConfig } from '../../../app/model/baselines/resnet.ts';
import { freshTileWeights, tileLogits, tileRule } from '../../../app/model/tileNetwork.ts';
import { openEngine } from '../../engines/table.ts';
import { refreshStatistics } from './refreshStatistics.ts';

const config: ResnetConfig = {
  task: 'scene',
  classes: 3,
  bands: 4,
  imageSize: 32,
  headDropout: { pyramid: 0, fusion: 0 },
  fusion: 16,
};

test('with the statistics of a batch kept, that batch gives the same as by its own statistics', async () => {
  const engine = await openEngine({});
  const learner = engine.learner(freshTileWeights(config, 3), {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    rule: tileRule(config, { kind: 'all' }, 1),
  });
  const values = Float32Array.from({ length: 4 * 4 * 32 * 32 }, (_, i) => Math.sin(i * 0.37) ** 2);
  const inputs = new Map([['image', { shape: [4, 4, 32, 32], values }]]);
  const logits = (of: 'weights' | 'batch'): Float32Array =>
    learner.evaluate(inputs, (ops, weights, given) => [
      tileLogits({ ops, weights, config, statistics: { of } }, given.get('image')!),
    ])[0]!;
  const wanted = logits('batch');
  expect(Math.abs(logits('weights')[0]! - wanted[0]!)).toBeGreaterThan(0.01);
  const objective = () => {
    throw new Error('not asked');
  };
  await refreshStatistics(learner, config, () => Promise.resolve({ inputs, objective, count: 4 }));
  for (const [i, value] of logits('weights').entries()) expect(value).toBeCloseTo(wanted[i]!, 3);
  learner.dispose();
  engine.dispose();
});
