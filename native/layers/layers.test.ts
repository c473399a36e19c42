import { beforeAll, describe, expect, test } from 'vitest';
import { causalConv1d, layerNorm, linear, silu, split } from '../../app/model/layers.ts';
import type { Ops } from '../../app/model/ops.ts';
import type { Weights } from '../../app/model/weights.ts';
import { createRandom } from '../../app/random.ts';
import { openEngine } from '../../main/engines/table.ts';
import { loadTfjs, type Tensor } from '../../main/engines/tfjs.ts';
import { createTfjsOps } from '../../main/engines/tfjsOps.ts';
import { tensorflowOperations } from '../operations.ts';
import type { TensorflowBackend } from '../tensors.ts';

type Layer = (ops: Ops<Tensor>, weights: Weights<Tensor>, x: Tensor) => Tensor;
type Shapes = Readonly<Record<string, readonly number[]>>;

const tf = loadTfjs();
let reason = '';

beforeAll(async () => {
  try {
    await openEngine({ engine: 'tensorflow', threads: 2 });
  } catch (error) {
    reason = (error as Error).message; // no build here: said below, in place of a comparison
  }
});

/** Output and gradients of sum(output · random) by x and every weight. */
function evaluate(layer: Layer, ops: Ops<Tensor>, shape: readonly number[], weights: Shapes) {
  const random = createRandom(3, shape.join());
  const make = (of: readonly number[]): Tensor => {
    const length = of.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Float32Array.from({ length }, () => 2 * random.normal()),
      [...of],
    );
  };
  const x = make(shape);
  const entries = Object.entries(weights).map(([path, of]) => [path, make(of)] as const);
  const upstream = make(layer(ops, new Map(entries), x).shape);
  const { value, grads } = tf.engine().gradients(
    () => {
      const y = layer(ops, new Map(entries), x);
      return tf.concat([tf.reshape(y, [-1]), tf.reshape(tf.sum(tf.mul(y, upstream)), [1])]);
    },
    [x, ...entries.map(([, tensor]) => tensor)],
    lastOnly(upstream.shape),
  );
  return [value, ...grads].map((tensor) => tensor.dataSync() as Float32Array);
}

/** The upstream gradient of `evaluate`: one for the sum that it appends, zero for the output itself. */
function lastOnly(shape: readonly number[]): Tensor {
  const length = shape.reduce((a, b) => a * b, 1) + 1;
  return tf.tensor(Float32Array.from({ length }, (_, i) => (i === length - 1 ? 1 : 0)));
}

function compare(layer: Layer, shape: readonly number[], weights: Shapes): void {
  if (reason !== '') return expect(reason).toMatch(/\w/);
  const fused = tensorflowOperations(tf, tf.backend() as unknown as TensorflowBackend);
  tf.tidy(() => {
    const expected = evaluate(layer, createTfjsOps(tf), shape, weights);
    const found = evaluate(layer, createTfjsOps(tf, fused), shape, weights);
    for (const [i, values] of expected.entries()) {
      const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-6);
      const gap = values.reduce((a, b, k) => Math.max(a, Math.abs(found[i]![k]! - b)), 0);
      expect(found[i]!.length).toBe(values.length);
      expect(gap / largest, i === 0 ? 'output' : `gradient ${i}`).toBeLessThan(1e-5);
    }
  });
}

describe('layers in one piece agree with their composition', () => {
  test.each([[[1]], [[5, 7]], [[3, 37, 64]], [[2, 1001]]])('silu of %j', (shape) => {
    compare((ops, _, x) => silu(ops, x), shape, {});
  });

  test.each([[[1, 3]], [[3, 5]], [[2, 37, 32]], [[7, 9, 33]], [[4, 768]], [[300, 16]]])(
    'layer norm of %j',
    (shape) => {
      const channels = [shape.at(-1)!];
      const weights = { 'norm.weight': channels, 'norm.bias': channels };
      compare((ops, w, x) => layerNorm(ops, w, 'norm', x), shape, weights);
    },
  );

  test.each([
    [[1, 1], 1],
    [[5, 3], 7],
    [[2, 37, 32], 64],
    [[9, 145, 64], 34],
    [[130, 2], 64],
    [[3, 11, 17], 130],
    [[67, 200], 5],
  ] as const)('linear layer of %j to %i', (shape, out) => {
    const weight = [out, shape.at(-1)!];
    const layer: Layer = (ops, w, x) => linear(ops, w, 'linear', x);
    compare(layer, shape, { 'linear.weight': weight, 'linear.bias': [out] });
    compare(layer, shape, { 'linear.weight': weight });
  });

  test('split into three', () => {
    // Pieces of different weight, so that an exchange shows.
    const layer: Layer = (ops, _, x) => {
      const [a, b, c] = split(ops, x, [2, 16, 16]);
      return tf.add(tf.mul(b!, c!), tf.sum(a!, -1, true));
    };
    compare(layer, [3, 37, 34], {});
  });

  test.each([
    [[1, 1, 1], 4],
    [[2, 3, 5], 4],
    [[3, 37, 64], 4],
    [[33, 5, 17], 3],
    [[2, 50, 30], 7],
    [[2, 2, 16], 1],
  ] as const)('causal convolution of %j with %i taps', (shape, taps) => {
    const weights = { 'conv.weight': [shape[2], 1, taps], 'conv.bias': [shape[2]] };
    compare((ops, w, x) => causalConv1d(ops, w, 'conv', x), shape, weights);
  });
});
