import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelFamily } from '../../app/model/family.ts';
import { spectralMamba, spectralMambaConfig } from '../../app/model/spectralMamba.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { createRandom } from '../../app/random.ts';
import type { Engine, EngineId, LoadedModel, OptimizerOptions, Trainer } from './engine.ts';
import { openEngine } from './table.ts';
import { loadTfjs } from './tfjs.ts';

const tf = loadTfjs();
const adam: OptimizerOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

type Golden = {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly cases: readonly {
    readonly options: {
      readonly weightDecay: number;
      readonly clipNorm?: number;
      readonly classWeights?: readonly number[];
      readonly labelSmoothing?: number;
    };
    readonly losses: readonly number[];
    readonly weights: Readonly<Record<string, readonly number[]>>;
  }[];
};

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, 'goldens', 'training.json'), 'utf8'),
) as Golden;

/** The two layers of `make_goldens.py`. */
const twoLayers: ModelFamily<null> = {
  id: 'two-layers',
  weightShapes: () => new Map(Object.entries(golden.shapes)),
  initialWeights: () => {
    const entries = Object.entries(golden.shapes).map(([path, shape], k) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const at = (_: unknown, i: number) => 0.5 * Math.sin((0.3 + 0.1 * k) * i + 0.2 * k);
      return [path, { shape, values: Float32Array.from({ length }, at) }] as const;
    });
    return new Map(entries);
  },
  inputShape: () => [4],
  forward: (ops, weights, _, input) => {
    const layer = (x: typeof input, name: string) =>
      ops.add(
        ops.matMul(x, weights.get(`${name}.weight`)!, { transposeB: true }),
        weights.get(`${name}.bias`)!,
      );
    return layer(ops.maximum(layer(input, 'one'), ops.constant([0], [1])), 'two');
  },
  decays: (path) => path.endsWith('weight'),
};

function small(): LoadedModel<ReturnType<typeof spectralMambaConfig>> {
  const config = spectralMambaConfig({ bands: 21, classes: 4, pieces: 2, width: 8, states: 4 });
  return { family: spectralMamba, config, weights: spectralMamba.initialWeights(config, 3) };
}

function trainSteps(trainer: Trainer, first: number, last: number): void {
  for (let step = first; step < last; step++) {
    const random = createRandom(5, 'batch', step);
    const input = Float32Array.from({ length: 16 * 21 }, () => random.normal());
    const labels = Int32Array.from({ length: 16 }, () => random.integer(4));
    trainer.step({ input, labels, count: 16, random }, 3e-3);
  }
}

function bytes(data: WeightData): string {
  return [...data]
    .map(([path, { values }]) => path + Buffer.from(values.slice().buffer).toString('base64'))
    .join('\n');
}

const engineIds: readonly EngineId[] = ['tensorflow', 'wasm', 'cpu'];

describe.each(engineIds)('training on %s', (id) => {
  let engine: Engine | undefined;

  beforeAll(async () => {
    engine = await openEngine({ engine: id, threads: 2 }).catch(() => undefined);
  });
  afterAll(() => engine?.dispose());

  test.each(golden.cases.map((c) => [JSON.stringify(c.options), c] as const))(
    'follows PyTorch step by step with %s',
    (_, { options, losses, weights }) => {
      if (engine === undefined) return;
      const model = { family: twoLayers, config: null, weights: twoLayers.initialWeights(null, 0) };
      const trainer = engine.trainer(model, {
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-6,
        weightDecay: options.weightDecay,
        ...(options.clipNorm === undefined ? {} : { clipNorm: options.clipNorm }),
      });
      const found = losses.map((__, step) => {
        const input = Float32Array.from({ length: 28 }, (___, i) => Math.sin(0.9 * i + 0.3 * step));
        const labels = Int32Array.from({ length: 7 }, (___, n) =>
          n % 2 ? (3 * n + step) % 3 : n % 3,
        );
        const { classWeights, labelSmoothing } = options;
        const extra = {
          ...(classWeights === undefined ? {} : { classWeights: new Float32Array(classWeights) }),
          ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
        };
        return trainer.step({ input, labels, count: 7, ...extra }, 0.02);
      });
      for (const [step, loss] of losses.entries()) expect(found[step]).toBeCloseTo(loss, 5);
      const final = trainer.weights();
      for (const [path, values] of Object.entries(weights)) {
        for (const [i, value] of values.entries()) {
          expect(final.get(path)!.values[i], `${path}[${i}]`).toBeCloseTo(value, 5);
        }
      }
      trainer.dispose();
    },
  );

  test('the same seed gives the same bytes, and a restored run continues to them', () => {
    if (engine === undefined) return;
    const whole = engine.trainer(small(), adam);
    trainSteps(whole, 0, 6);
    const again = engine.trainer(small(), adam);
    trainSteps(again, 0, 3);
    const [weights, optimizer] = [again.weights(), again.optimizer()];
    trainSteps(again, 3, 6);
    const resumed = engine.trainer(small(), adam);
    resumed.restore(weights, optimizer);
    trainSteps(resumed, 3, 6);
    expect(bytes(again.weights())).toBe(bytes(whole.weights()));
    expect(bytes(resumed.weights())).toBe(bytes(whole.weights()));
    expect(bytes(resumed.optimizer().second)).toBe(bytes(whole.optimizer().second));
    expect(resumed.optimizer().step).toBe(6);
    expect(bytes(weights)).not.toBe(bytes(whole.weights()));
    for (const trainer of [whole, again, resumed]) trainer.dispose();
  });

  test('steps and predictions leave no tensor behind, and a disposed trainer none at all', () => {
    if (engine === undefined) return;
    const before = tf.memory().numTensors;
    const trainer = engine.trainer(small(), adam);
    trainSteps(trainer, 0, 1);
    const during = tf.memory();
    trainSteps(trainer, 1, 4);
    trainer.predict(new Float32Array(21 * 3), 3);
    expect(tf.memory().numTensors).toBe(during.numTensors);
    expect(tf.memory().numBytes).toBe(during.numBytes);
    trainer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses labels outside the classes and a checkpoint of another shape', () => {
    if (engine === undefined) return;
    const trainer = engine.trainer(small(), adam);
    const batch = { input: new Float32Array(21), labels: new Int32Array([4]), count: 1 };
    expect(() => trainer.step(batch, 1e-3)).toThrow(/label 4/);
    const optimizer = trainer.optimizer();
    const short = new Map(
      [...optimizer.first].map(([path, { shape }]) => [
        path,
        { shape, values: new Float32Array(1) },
      ]),
    );
    expect(() => trainer.restore(trainer.weights(), { ...optimizer, first: short })).toThrow(
      /needed/,
    );
    trainer.dispose();
  });

  test('predictions are probabilities', () => {
    if (engine === undefined) return;
    const predictor = engine.predictor(small());
    const input = Float32Array.from({ length: 5 * 21 }, (_, i) => Math.sin(i));
    const result = predictor.predict(input, 5);
    for (let i = 0; i < 5; i++) {
      const sum = result.subarray(i * 4, i * 4 + 4).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 5);
    }
    expect(input[1]).toBeCloseTo(Math.sin(1), 6); // the input is only read
    predictor.dispose();
  });
});
