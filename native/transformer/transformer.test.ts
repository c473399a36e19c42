import { beforeAll, describe, test } from 'vitest';
import { attend, feedForward, gelu } from '../../app/model/layers.ts';
import {
  compareFused,
  type Layer,
  openForComparison,
} from '../../main/engines/testing/compareFused.ts';

beforeAll(openForComparison);

describe('a transformer block in pieces agrees with its composition', () => {
  // tokens around the query block (48) and the columns of a tile (64, 16, 8); sizes around whole vectors
  test.each([
    [1, 1, 1, 1],
    [2, 5, 3, 7],
    [1, 47, 2, 16],
    [2, 49, 1, 24],
    [1, 65, 2, 64],
    [1, 97, 4, 33],
    [2, 130, 3, 80],
    [1, 200, 1, 130],
  ])('attention of %i × %i tokens, %i heads of %i', (batch, tokens, heads, size) => {
    const width = heads * size;
    // q by the input, k and v by the weights, so that all three gradients are compared
    const layer: Layer = (ops, weights, x) =>
      attend(ops, x, weights.get('k')!, weights.get('v')!, heads);
    const shape = [batch, tokens, width];
    compareFused(layer, shape, { k: shape, v: shape });
  });

  test('attention of one tensor three times', () => {
    compareFused((ops, _, x) => attend(ops, x, x, x, 2), [2, 51, 34], {});
  });

  test.each([[[1]], [[5, 7]], [[3, 37, 64]], [[2, 4, 4, 33]], [[2, 1001]]])(
    'GELU of %j',
    (shape) => {
      compareFused((ops, _, x) => gelu(ops, x), shape, {});
    },
  );

  test('GELU far from zero', () => {
    // x · Φ(x) at steps of 2, from −40 to 40
    const layer: Layer = (ops, weights, x) =>
      gelu(ops, ops.add(ops.multiply(x, weights.get('zero')!), ops.constant(steps, [41])));
    const steps = Float32Array.from({ length: 41 }, (_, i) => 2 * (i - 20));
    compareFused(layer, [41], { zero: [41] });
  });

  test.each([
    [[1, 1], 1, 1],
    [[3, 5], 7, 2],
    [[2, 37, 33], 130, 17],
    [[65, 24], 96, 24],
    [[4, 9, 130], 520, 130],
  ] as const)('perceptron of %j by %i to %i', (shape, hidden, out) => {
    const layer: Layer = (ops, weights, x) => feedForward(ops, weights, ['inner', 'outer'], x);
    compareFused(layer, shape, {
      'inner.weight': [hidden, shape.at(-1)!],
      'inner.bias': [hidden],
      'outer.weight': [out, hidden],
      'outer.bias': [out],
    });
  });
});
