// Losses, gradients and optimiser steps of SpectralGPT against the released code's (needs ../shared), and what a learner
// promises of itself.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { warmupCosine } from '../../app/learn/schedule.ts';
import { crossEntropyOf, multiLabelSoftMargin, softCrossEntropy } from '../../app/model/losses.ts';
import type { Ops } from '../../app/model/ops.ts';
import { classify } from '../../app/model/spectralGpt/classifier.ts';
import type { SpectralGptConfig } from '../../app/model/spectralGpt/configuration.ts';
import { maskTokens, reconstruct } from '../../app/model/spectralGpt/pretraining.ts';
import { layerDecayRule, pretrainingRule } from '../../app/model/spectralGpt/rules.ts';
import { detectChange, segment } from '../../app/model/spectralGpt/segmentation.ts';
import { spectralGptShapes } from '../../app/model/spectralGpt/weightTable.ts';
import type { WeightData, Weights } from '../../app/model/weights.ts';
import type { Engine, Learner, LearnerOptions, Objective } from './engine.ts';
import { openEngine } from './table.ts';
import {
  fixturesPresent,
  formulaInput,
  formulaIntegers,
  formulaWeights,
  readFixture,
  tinyConfig,
} from './testing/spectralGptFixtures.ts';

type Gradient = { readonly l2: number; readonly first8: readonly number[] };
type Gradients = Readonly<Record<string, Gradient>>;

const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05 };
const everything = (): { rate: number; decays: boolean } => ({ rate: 1, decays: false });

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ engine: 'tensorflow' });
});
afterAll(() => engine.dispose());

const learnerOf = (config: SpectralGptConfig, options: Partial<LearnerOptions> = {}): Learner =>
  engine.learner(formulaWeights(spectralGptShapes(config)), {
    ...adam,
    rule: everything,
    ...options,
  });

function images(config: SpectralGptConfig, ...names: readonly string[]): WeightData {
  const shape = [2, config.bands, config.imageSize, config.imageSize];
  return new Map(names.map((name) => [name, { shape, values: formulaInput(name, shape) }]));
}

/** An objective over the image(s) of a batch. */
const objective =
  (body: <T>(ops: Ops<T>, weights: Weights<T>, at: (name: string) => T) => T): Objective =>
  (ops, weights, inputs) =>
    body(ops, weights, (name) => inputs.get(name)!);

function rowsOf<T>(ops: Ops<T>, logits: T): T {
  const shape = ops.shape(logits);
  const classes = shape.at(-1)!;
  return ops.reshape(logits, [shape.reduce((product, n) => product * n, 1) / classes, classes]);
}

function expectGradients(learner: Learner, expected: Gradients, tolerance: number): void {
  const found = learner.gradients();
  for (const [path, { l2, first8 }] of Object.entries(expected)) {
    const values = found.get(path)!;
    const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    if (l2 < 1e-9) {
      expect(norm, path).toBeLessThan(1e-6);
      continue;
    }
    const limit = path === 'fc.0.weight' ? 1e-3 : tolerance;
    expect(Math.abs(norm - l2) / l2, path).toBeLessThan(limit);
    for (const [i, value] of first8.entries())
      expect(Math.abs(values[i]! - value) / l2, `${path} ${i}`).toBeLessThan(limit);
  }
}

describe.skipIf(!fixturesPresent)('losses and gradients (needs ../shared)', () => {
  test.each(['ce', 'soft'] as const)('scene classification, %s', (kind) => {
    type Fixture = { losses: Record<string, { value: number; grads: Gradients }> };
    const { value, grads } = readFixture<Fixture>('tiny_cls_sepT').losses[kind]!;
    const config = tinyConfig('scene', { separablePositions: true });
    const learner = learnerOf(config);
    const loss = learner.accumulate(
      images(config, 'input'),
      objective((ops, weights, at) => {
        const logits = classify({ ops, weights, config }, at('input'));
        if (kind === 'ce') return crossEntropyOf(ops, logits, Int32Array.of(3, 7));
        return softCrossEntropy(ops, logits, ops.constant(softTargets('soft_target'), [2, 10]));
      }),
    );
    expect(Math.abs(loss - value)).toBeLessThan(2e-5);
    expectGradients(learner, grads, 1e-4);
    learner.dispose();
  });

  test('multi-label', () => {
    type Fixture = {
      losses: { mlsm: { value: number; grads: Gradients; target_rows: number[][] } };
    };
    const { value, grads, target_rows } = readFixture<Fixture>('tiny_ben').losses.mlsm;
    const config = tinyConfig('multilabel', { separablePositions: true });
    const learner = learnerOf(config);
    const loss = learner.accumulate(
      images(config, 'input'),
      objective((ops, weights, at) => {
        const logits = classify({ ops, weights, config }, at('input'));
        return multiLabelSoftMargin(ops, logits, ops.constant(target_rows.flat(), [2, 19]));
      }),
    );
    expect(Math.abs(loss - value)).toBeLessThan(2e-5);
    expectGradients(learner, grads, 1e-4);
    learner.dispose();
  });

  test.each(['tiny_mae', 'tiny_mae_npl'])('%s: masked pre-training', (name) => {
    type Fixture = { loss: { total: number }; grads: Gradients; norm_pix_loss: boolean };
    const { loss: expected, grads, norm_pix_loss } = readFixture<Fixture>(name);
    const plain = tinyConfig('pretrain');
    const config = {
      ...plain,
      reconstruction: { ...plain.reconstruction, normalisedTokens: norm_pix_loss },
    };
    const learner = learnerOf(config);
    const masking = maskTokens(formulaInput('mae_noise', [2, 64]), 64, 0.9);
    const loss = learner.accumulate(
      images(config, 'input'),
      objective(
        (ops, weights, at) => reconstruct({ ops, weights, config }, at('input'), masking).loss,
      ),
    );
    expect(Math.abs(loss - expected.total) / expected.total).toBeLessThan(2e-5);
    expectGradients(learner, grads, 1e-4);
    learner.dispose();
  });

  test('segmentation', () => {
    type Fixture = { loss: { value: number }; grads: Gradients };
    const fixture = readFixture<Fixture>('tiny_seg');
    const config = tinyConfig('segmentation');
    const learner = learnerOf(config);
    const labels = formulaIntegers('seg_target', 2 * 32 * 32, 14);
    const loss = learner.accumulate(
      images(config, 'input'),
      objective((ops, weights, at) =>
        // Label 13 is the one to ignore.
        crossEntropyOf(ops, rowsOf(ops, segment({ ops, weights, config }, at('input'))), labels),
      ),
    );
    expect(Math.abs(loss - fixture.loss.value)).toBeLessThan(2e-5);
    expectGradients(learner, fixture.grads, 1e-4);
    learner.dispose();
  });

  test('change detection', () => {
    type Fixture = { loss: { value: number }; grads: Gradients };
    const fixture = readFixture<Fixture>('tiny_cd');
    const config = tinyConfig('change');
    const learner = learnerOf(config);
    const labels = formulaIntegers('cd_target', 2 * 32 * 32, 2);
    const loss = learner.accumulate(
      images(config, 'input', 'input2'),
      objective((ops, weights, at) => {
        const logits = detectChange({ ops, weights, config }, at('input'), at('input2'));
        return crossEntropyOf(ops, rowsOf(ops, logits), labels, Float32Array.of(0.35, 1.65));
      }),
    );
    expect(Math.abs(loss - fixture.loss.value)).toBeLessThan(2e-5);
    expectGradients(learner, fixture.grads, 1e-4);
    learner.dispose();
  });
});

/** Rows of positive numbers that add up to 1. */
function softTargets(name: string): Float32Array {
  const raw = formulaInput(name, [2, 10]);
  const sum = (row: number): number =>
    raw.slice(10 * row, 10 * row + 10).reduce((total, one) => total + one, 0);
  const sums = [sum(0), sum(1)];
  return raw.map((value, i) => value / sums[Math.floor(i / 10)]!);
}

type Course = {
  readonly optimizer: {
    readonly base_lr: number;
    readonly min_lr: number;
    readonly warmup_epochs: number;
    readonly epochs: number;
    readonly steps_per_epoch: number;
  };
  readonly steps: readonly { readonly base_lr: number; readonly loss: number }[];
  readonly final_params: Readonly<
    Record<string, { readonly l2: number; readonly first4: readonly number[] }>
  >;
};

/** Runs a course of steps and compares rates, losses and final parameters. */
function follow(
  learner: Learner,
  course: Course,
  batch: (step: number) => readonly [WeightData, Objective],
): void {
  const { base_lr, min_lr, warmup_epochs, epochs, steps_per_epoch } = course.optimizer;
  for (const [step, expected] of course.steps.entries()) {
    const rate = warmupCosine(step / steps_per_epoch, {
      peak: base_lr,
      least: min_lr,
      warmup: warmup_epochs,
      total: epochs,
    });
    expect(rate).toBeCloseTo(expected.base_lr, 9);
    const loss = learner.accumulate(...batch(step));
    expect(Math.abs(loss - expected.loss) / Math.max(1, expected.loss)).toBeLessThan(1e-5);
    learner.step(rate);
  }
  const weights = learner.weights();
  for (const [path, { first4 }] of Object.entries(course.final_params)) {
    // Their gradient is zero but for rounding, which Adam makes large.
    if (path.endsWith('.attn.k.bias')) continue;
    const { values } = weights.get(path)!;
    for (const [i, value] of first4.entries())
      expect(Math.abs(values[i]! - value), `${path} ${i}`).toBeLessThan(1e-5);
  }
}

describe.skipIf(!fixturesPresent)('courses of training (needs ../shared)', () => {
  test.each([
    ['train_tiny_cls_sepF', false],
    ['train_tiny_cls_sepT', true],
  ])('%s', (name, separablePositions) => {
    const config = tinyConfig('scene', { separablePositions });
    const learner = learnerOf(config, { rule: layerDecayRule(config, 0.75) });
    follow(learner, readFixture<Course>(name), (step) => [
      images(config, `input_step${step}`),
      objective((ops, weights, at) =>
        softCrossEntropy(
          ops,
          classify({ ops, weights, config }, at(`input_step${step}`)),
          ops.constant(softTargets(`soft_target_step${step}`), [2, 10]),
        ),
      ),
    ]);
    learner.dispose();
  });

  test('train_tiny_mae', () => {
    const config = tinyConfig('pretrain');
    const learner = learnerOf(config, { beta2: 0.95, rule: pretrainingRule });
    follow(learner, readFixture<Course>('train_tiny_mae'), (step) => {
      const masking = maskTokens(formulaInput(`mae_noise_step${step}`, [2, 64]), 64, 0.9);
      return [
        images(config, `input_step${step}`),
        objective(
          (ops, weights, at) =>
            reconstruct({ ops, weights, config }, at(`input_step${step}`), masking).loss,
        ),
      ];
    });
    learner.dispose();
  });
});

describe('a learner', () => {
  const weights: WeightData = new Map([
    ['w', { shape: [3, 2], values: Float32Array.of(1, -2, 3, 0.5, -1, 2) }],
    ['b', { shape: [3], values: Float32Array.of(0.1, 0.2, 0.3) }],
  ]);
  const input = (...values: number[]): WeightData =>
    new Map([['x', { shape: [values.length / 2, 2], values: Float32Array.from(values) }]]);
  const loss =
    (labels: Int32Array): Objective =>
    (ops, at, inputs) => {
      const logits = ops.add(
        ops.matMul(inputs.get('x')!, at.get('w')!, { transposeB: true }),
        at.get('b')!,
      );
      return crossEntropyOf(ops, logits, labels);
    };

  test('two halves of a batch add up to the whole', () => {
    const [whole, halves] = [0, 1].map(() =>
      engine.learner(weights, { ...adam, rule: everything }),
    );
    whole!.accumulate(input(1, 2, -1, 0.5), loss(Int32Array.of(0, 2)));
    halves!.accumulate(input(1, 2), loss(Int32Array.of(0)), 0.5);
    halves!.accumulate(input(-1, 0.5), loss(Int32Array.of(2)), 0.5);
    for (const [path, gradient] of whole!.gradients())
      for (const [i, value] of gradient.entries())
        expect(halves!.gradients().get(path)![i]).toBeCloseTo(value, 6);
    whole!.dispose();
    halves!.dispose();
  });

  test('goes on from what it gave to the same bytes; what is frozen stays', () => {
    const rule = (path: string): { rate: number; decays: boolean } => ({
      rate: path === 'b' ? 0 : 1,
      decays: true,
    });
    const options = { ...adam, rule };
    const first = engine.learner(weights, options);
    const once = (learner: Learner): void => {
      learner.accumulate(input(1, 2, -1, 0.5), loss(Int32Array.of(0, 2)));
      learner.step(0.1);
    };
    once(first);
    const second = engine.learner(weights, options);
    second.restore(first.weights(), first.optimizer());
    once(first);
    once(second);
    expect(second.weights()).toEqual(first.weights());
    expect(first.weights().get('b')!.values).toEqual(weights.get('b')!.values);
    expect(first.weights().get('w')!.values).not.toEqual(weights.get('w')!.values);
    first.dispose();
    second.dispose();
  });

  test('a loss that is no number is refused', () => {
    const learner = engine.learner(weights, { ...adam, rule: everything });
    expect(() => learner.accumulate(input(Number.NaN, 1), loss(Int32Array.of(0)))).toThrow(
      'the loss became NaN',
    );
    learner.dispose();
  });
});
