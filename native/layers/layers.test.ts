import { beforeAll, describe, test } from 'vitest';
import { causalConv1d, layerNorm, linear, silu, split } from '../../app/model/layers.ts';
import {
  compareFused,
  type Layer,
  openForComparison,
} from '../../main/engines/testing/compareFused.ts';

beforeAll(openForComparison);

describe('layers in one piece agree with their composition', () => {
  test.each([[[1]], [[5, 7]], [[3, 37, 64]], [[2, 1001]]])('silu of %j', (shape) => {
    compareFused((ops, _, x) => silu(ops, x), shape, {});
  });

  test.each([[[1, 3]], [[3, 5]], [[2, 37, 32]], [[7, 9, 33]], [[4, 768]], [[300, 16]]])(
    'layer norm of %j',
    (shape) => {
      const channels = [shape.at(-1)!];
      const weights = { 'norm.weight': channels, 'norm.bias': channels };
      compareFused((ops, w, x) => layerNorm(ops, w, 'norm', x), shape, weights);
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
    [[5, 129], 130], // from here on through TensorFlow's products
    [[2, 37, 700], 65],
    [[33, 65], 700],
  ] as const)('linear layer of %j to %i', (shape, out) => {
    const weight = [out, shape.at(-1)!];
    const layer: Layer = (ops, w, x) => linear(ops, w, 'linear', x);
    compareFused(layer, shape, { 'linear.weight': weight, 'linear.bias': [out] });
    compareFused(layer, shape, { 'linear.weight': weight });
  });

  test('split into three', () => {
    // Pieces of different weight, so that an exchange shows.
    const layer: Layer = (ops, _, x) => {
      const [a, b, c] = split(ops, x, [2, 16, 16]);
      return ops.add(ops.multiply(b!, c!), ops.sum(a!, [2], true));
    };
    compareFused(layer, [3, 37, 34], {});
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
    compareFused((ops, w, x) => causalConv1d(ops, w, 'conv', x), shape, weights);
  });
});
