// A fused operation beside its composition in `app/model/layers.ts`: output and every gradient.
import { expect } from 'vitest';
import type { Ops } from '../../../app/model/ops.ts';
import type { Weights } from '../../../app/model/weights.ts';
import { createRandom } from '../../../app/random.ts';
import { tensorflowOperations } from '../../../native/operations.ts';
import type { TensorflowBackend } from '../../../native/tensors.ts';
import { openEngine } from '../table.ts';
import { loadTfjs, type Tensor } from '../tfjs.ts';
import { createTfjsOps } from '../tfjsOps.ts';

export type Layer = (ops: Ops<Tensor>, weights: Weights<Tensor>, x: Tensor) => Tensor;
type Shapes = Readonly<Record<string, readonly number[]>>;

const tf = loadTfjs();
let reason = '';

/** To be called before all comparisons. Where there is no build, they say so in place of comparing. */
export async function openForComparison(): Promise<void> {
  try {
    await openEngine({ engine: 'tensorflow', threads: 2 });
  } catch (error) {
    reason = (error as Error).message;
  }
}

/** The tensors of a comparison, the same each time. */
function operands(shape: readonly number[], weights: Shapes) {
  const random = createRandom(3, shape.join());
  const make = (of: readonly number[]): Tensor => {
    const length = of.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Float32Array.from({ length }, () => 2 * random.normal()),
      [...of],
    );
  };
  const x = make(shape);
  return {
    x,
    entries: Object.entries(weights).map(([path, of]) => [path, make(of)] as const),
    make,
  };
}

/** Output and gradients of sum(output · random) by x and every weight. */
function evaluate(layer: Layer, ops: Ops<Tensor>, shape: readonly number[], weights: Shapes) {
  const { x, entries, make } = operands(shape, weights);
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

/** The output alone, without a gradient being recorded. */
function infer(layer: Layer, ops: Ops<Tensor>, shape: readonly number[], weights: Shapes) {
  const { x, entries } = operands(shape, weights);
  return [layer(ops, new Map(entries), x).dataSync() as Float32Array];
}

/** Output and gradients of a layer in one piece. */
export const compareFused = (layer: Layer, shape: readonly number[], weights: Shapes): void =>
  compare((ops) => evaluate(layer, ops, shape, weights));

/** Output of a layer that has another form where no gradient is wanted. */
export const compareInference = (layer: Layer, shape: readonly number[], weights: Shapes): void =>
  compare((ops) => infer(layer, ops, shape, weights));

function compare(outcome: (ops: Ops<Tensor>) => readonly Float32Array[]): void {
  if (reason !== '') return expect(reason).toMatch(/\w/);
  const fused = tensorflowOperations(tf, tf.backend() as unknown as TensorflowBackend);
  tf.tidy(() => {
    const expected = outcome(createTfjsOps(tf));
    const found = outcome(createTfjsOps(tf, fused));
    for (const [i, values] of expected.entries()) {
      const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-6);
      const gap = values.reduce((a, b, k) => Math.max(a, Math.abs(found[i]![k]! - b)), 0);
      expect(found[i]!.length).toBe(values.length);
      expect(gap / largest, i === 0 ? 'output' : `gradient ${i}`).toBeLessThan(1e-5);
    }
  });
}
