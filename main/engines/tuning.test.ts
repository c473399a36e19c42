// Ways to fine-tune with less: blocks computed twice, parts frozen, low-rank additions.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crossEntropyOf } from '../../app/model/losses.ts';
import { classify } from '../../app/model/spectralGpt/classifier.ts';
import { prismapSpectralGpt } from '../../app/model/spectralGpt/configuration.ts';
import { mergeLora, withLora } from '../../app/model/spectralGpt/lora.ts';
import { type Tuning, tuningRule } from '../../app/model/spectralGpt/rules.ts';
import { freshSpectralGptWeights } from '../../app/model/spectralGpt/weightTable.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { createRandom } from '../../app/random.ts';
import type { Engine, EngineId, Learner, Objective } from './engine.ts';
import { openEngine } from './table.ts';

const config = prismapSpectralGpt({
  task: 'scene',
  classes: 3,
  embedDim: 24,
  depth: 3,
  heads: 2,
  imageSize: 16,
  bands: 6,
  dropPath: 0.5,
});
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05, clipNorm: 1 };
const random = createRandom(1, 'image');
const shape = [4, config.bands, config.imageSize, config.imageSize];
const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
  random.normal(),
);
const inputs: WeightData = new Map([['image', { shape, values }]]);
/** Weights away from where training begins, so that no gradient is zero by chance. */
const weights: WeightData = new Map(
  [...freshSpectralGptWeights(config, 1)].map(([path, entry]) => {
    const noise = createRandom(2, path);
    return [path, { ...entry, values: entry.values.map((v) => v + 0.05 * noise.normal()) }];
  }),
);

test('training gives the same bytes with one thread and with three', () => {
  const script = join(import.meta.dirname, 'testing', 'trainTiny.ts');
  const [one, three] = [1, 3].map((threads) =>
    execFileSync(process.execPath, [script, String(threads)], { encoding: 'utf8' }),
  );
  expect(one).toMatch(/^[0-9a-f]{64}\n$/);
  expect(three).toBe(one);
});

const objective =
  (recomputeBlocks: boolean, drops: boolean): Objective =>
  (ops, at, given) => {
    const chance = drops ? createRandom(7, 'drop path') : undefined;
    const pass = { ops, weights: at, config, random: chance, recomputeBlocks };
    return crossEntropyOf(ops, classify(pass, given.get('image')!), Int32Array.of(0, 2, 1, 0));
  };

describe.each(['tensorflow', 'wasm'] as const satisfies readonly EngineId[])('on %s', (id) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ engine: id });
  });
  afterAll(() => engine.dispose());

  const learnerOf = (of: WeightData, tuning: Tuning): Learner =>
    engine.learner(of, { ...adam, rule: tuningRule(config, tuning) });
  const gradientsWith = (of: WeightData, tuning: Tuning, loss: Objective) => {
    const learner = learnerOf(of, tuning);
    learner.accumulate(inputs, loss);
    const gradients = learner.gradients();
    learner.dispose();
    return gradients;
  };

  test('blocks computed again give the same gradients to the last bit, drop path included', () => {
    const expected = gradientsWith(weights, { kind: 'all' }, objective(false, true));
    expect(gradientsWith(weights, { kind: 'all' }, objective(true, true))).toEqual(expected);
    const undropped = gradientsWith(weights, { kind: 'all' }, objective(false, false));
    expect(expected).not.toEqual(undropped);
  });

  test.each([
    [{ kind: 'head' }, []],
    [{ kind: 'last', blocks: 1 }, ['blocks.2.']],
    [{ kind: 'last', blocks: 2 }, ['blocks.1.', 'blocks.2.']],
  ] as const)('%j learns its part and gives that the same gradients', (tuning, prefixes) => {
    const whole = gradientsWith(weights, { kind: 'all' }, objective(false, false));
    const found = gradientsWith(weights, tuning, objective(true, false));
    const learned = [...weights.keys()].filter((path) =>
      ['norm.', 'head.', ...prefixes].some((prefix) => path.startsWith(prefix)),
    );
    expect([...found.keys()]).toEqual(learned);
    for (const path of learned) expect(found.get(path), path).toEqual(whole.get(path));
  });

  describe('low-rank additions', () => {
    const lora = { rank: 2, alpha: 6 };
    const adapted: WeightData = new Map(
      [...withLora(weights, config, lora, 3)].map(([path, entry]) => {
        const noise = createRandom(4, path);
        return path.endsWith('.lora_b')
          ? [path, { ...entry, values: entry.values.map(() => 0.3 * noise.normal()) }]
          : [path, entry];
      }),
    );
    const logits = (of: WeightData): Float32Array => {
      const network = engine.network(of);
      const [found] = network.evaluate(inputs, (ops, at, given) => [
        classify({ ops, weights: at, config }, given.get('image')!),
      ]);
      network.dispose();
      return found!;
    };

    test('change nothing at first, and merged weights give the same without them', () => {
      expect(logits(withLora(weights, config, lora, 3))).toEqual(logits(weights));
      const merged = mergeLora(adapted);
      expect([...merged.keys()]).toEqual([...weights.keys()]);
      const [a, b, plain] = [logits(adapted), logits(merged), logits(weights)];
      for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 5);
      expect(Math.max(...a.map((value, i) => Math.abs(value - plain[i]!)))).toBeGreaterThan(1e-3);
    });

    test('learn what the chain rule makes of the gradient of the merged weight', () => {
      const found = gradientsWith(adapted, { kind: 'lora' }, objective(true, false));
      const whole = gradientsWith(mergeLora(adapted), { kind: 'all' }, objective(false, false));
      const [width, { rank, alpha }] = [config.embedDim, lora];
      expect([...found.keys()].filter((path) => path.startsWith('blocks.'))).toHaveLength(12);
      for (const path of ['blocks.0.attn.q', 'blocks.2.attn.v']) {
        const toWeight = whole.get(`${path}.weight`)!; // (out, in)
        const a = adapted.get(`${path}.lora_a`)!.values;
        const toB = Array.from({ length: width * rank }, (_, k) => {
          const [row, r] = [Math.floor(k / rank), k % rank];
          let sum = 0;
          for (let i = 0; i < width; i++) sum += toWeight[row * width + i]! * a[r * width + i]!;
          return (alpha / rank) * sum;
        });
        const b = adapted.get(`${path}.lora_b`)!.values;
        const toA = Array.from({ length: rank * width }, (_, k) => {
          const [r, i] = [Math.floor(k / width), k % width];
          let sum = 0;
          for (let row = 0; row < width; row++)
            sum += toWeight[row * width + i]! * b[row * rank + r]!;
          return (alpha / rank) * sum;
        });
        for (const [part, expected] of [
          ['lora_b', toB],
          ['lora_a', toA],
        ] as const) {
          const largest = Math.max(...expected.map(Math.abs));
          const values = found.get(`${path}.${part}`)!;
          for (const [k, value] of expected.entries())
            expect(Math.abs(values[k]! - value) / largest, `${path}.${part} ${k}`).toBeLessThan(
              1e-4,
            );
        }
      }
    });

    test('a step moves them and the head, nothing else', () => {
      const learner = learnerOf(adapted, { kind: 'lora' });
      learner.accumulate(inputs, objective(true, false));
      learner.step(0.01);
      const moved = [...learner.weights()].filter(([path, { values: now }]) =>
        now.some((value, i) => value !== adapted.get(path)!.values[i]),
      );
      learner.dispose();
      const expected = [...adapted.keys()].filter((path) =>
        /\.lora_[ab]$|^norm\.|^head\./.test(path),
      );
      expect(moved.map(([path]) => path)).toEqual(expected);
    });
  });
});
