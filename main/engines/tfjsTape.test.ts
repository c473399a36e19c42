import { beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from './table.ts';
import { loadTfjs, type Tensor } from './tfjs.ts';
import { gradientsOf, recomputed } from './tfjsTape.ts';

const tf = loadTfjs();
beforeAll(async () => {
  await openEngine({ engine: 'cpu' });
});

const numbers = (tensors: readonly (Tensor | undefined)[]): number[][] =>
  tensors.map((tensor) => [...tensor!.dataSync()]);

describe('gradients of a computation', () => {
  const make = (): readonly [Tensor, Tensor] => [
    tf.tensor2d([1, -2, 0.5, 3], [2, 2]),
    tf.tensor2d([0.1, 0.2, -0.3, 0.4], [2, 2]),
  ];
  // w twice, x along two ways, one of them through a square of one tensor
  const body = ([x, w]: readonly Tensor[]): Tensor => {
    const hidden = tf.tanh(tf.matMul(x!, w!));
    return tf.sum(tf.add(tf.mul(hidden, hidden), tf.matMul(x!, w!, true)));
  };

  test('are those of tfjs, by whichever way the same is computed', () => {
    const [x, w] = make();
    const expected = tf.grads((a: Tensor, b: Tensor) => body([a, b]))([x, w]);
    const plain = gradientsOf(tf, () => body([x, w]), [x, w]);
    const again = gradientsOf(tf, () => recomputed(tf, [x, w], body), [x, w]);
    const nested = gradientsOf(
      tf,
      () => recomputed(tf, [x, w], (inputs) => recomputed(tf, inputs, body)),
      [x, w],
    );
    for (const { value, gradients } of [plain, again, nested]) {
      expect(value.dataSync()[0]).toBeCloseTo(body([x, w]).dataSync()[0]!, 5);
      expect(numbers(gradients)).toEqual(numbers(expected));
    }
  });

  test('leave nothing behind but themselves', () => {
    const [x, w] = make();
    const before = tf.memory().numTensors;
    for (const compute of [body, (inputs: readonly Tensor[]) => recomputed(tf, inputs, body)]) {
      const { value, gradients } = gradientsOf(tf, () => compute([x, w]), [x, w]);
      expect(tf.memory().numTensors).toBe(before + 3);
      tf.dispose([value, ...gradients.map((one) => one!)]);
    }
    expect(() =>
      gradientsOf(tf, () => {
        body([x, w]);
        throw new Error('half-way');
      }, [x, w]),
    ).toThrow('half-way');
    expect(tf.memory().numTensors).toBe(before);
  });

  test('what does not learn is not kept, nor run again', () => {
    const [x, w] = make();
    const head = tf.tensor2d([2, 1], [2, 1]);
    let runs = 0;
    const frozen = ([a, b]: readonly Tensor[]): Tensor => {
      runs++;
      return tf.tanh(tf.matMul(a!, b!));
    };
    const whole = (): Tensor => {
      const before = tf.memory().numTensors;
      const hidden = tf.tidy(() => tf.tanh(recomputed(tf, [x, w], frozen)));
      expect(tf.memory().numTensors).toBe(before + 1);
      return tf.sum(tf.matMul(hidden, head));
    };
    const { gradients } = gradientsOf(tf, whole, [head]);
    expect(runs).toBe(1);
    expect(gradients[0]!.shape).toEqual([2, 1]);
    const other = gradientsOf(tf, () => tf.sum(recomputed(tf, [x, w], frozen)), [w, head]);
    expect(runs).toBe(3); // forward and again in backward
    expect(other.gradients[1]).toBeUndefined();
  });
});
