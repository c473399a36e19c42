import type { FusedOps, LinearLayer } from '../../app/model/ops.ts';
import { differentiable } from '../differentiable.ts';
import type { Tensor, TensorflowBackend, Tfjs } from '../tensors.ts';
import { rowsOf, sumRows, times, timesTransposed, transposedTimes } from './wideLinear.ts';

type Transformer = Required<Pick<FusedOps<Tensor>, 'gelu' | 'attention' | 'feedForward'>>;

/** Attention and the perceptron of a transformer block, which keep little for their gradients (`transformerOp.cc`). */
export function tensorflowTransformer(tf: Tfjs, backend: TensorflowBackend): Transformer {
  return {
    gelu: (x) => gelu(tf, backend, x),
    attention: (q, k, v, heads) => attention(tf, backend, [q, k, v], heads),
    feedForward: (x, inner, outer) => feedForward(tf, backend, x, [inner, outer]),
  };
}

/** Saves x. */
function gelu(tf: Tfjs, backend: TensorflowBackend, x: Tensor): Tensor {
  const none = (): Tensor => tf.zeros([x.shape.at(-1) ?? 1]);
  return differentiable(tf, [x], {
    forward: () => ({
      value: backend.executeSingleOutput('PrismapGelu', [], [x, none()]),
      saved: [x],
    }),
    backward: ([input], gradient) => {
      const own = tf.add(gradient, 0); // to be overwritten
      const inputs = [input!, none(), own];
      return backend
        .executeMultipleOutputs('PrismapGeluGradientInPlace', [], inputs, 2)
        .slice(0, 1);
    },
  });
}

/** Saves q, k, v, the result and the logarithms of the rows' sums; the shares are found again. */
function attention(
  tf: Tfjs,
  backend: TensorflowBackend,
  inputs: readonly [q: Tensor, k: Tensor, v: Tensor],
  heads: number,
): Tensor {
  const attributes = [{ name: 'heads', type: backend.binding.TF_ATTR_INT, value: heads }] as const;
  const run = (name: string, tensors: readonly Tensor[], count: number): Tensor[] =>
    backend.executeMultipleOutputs(name, attributes, [...tensors], count);
  return differentiable(tf, inputs, {
    forward: () => {
      const [mixed, logSums] = run('PrismapAttention', inputs, 2);
      return { value: mixed!, saved: [...inputs, mixed!, logSums!] };
    },
    backward: (saved, gradient) => run('PrismapAttentionGradient', [...saved, gradient], 3),
  });
}

/** Saves x and the first product; the GELU, four times as wide as x, is found again. */
function feedForward(
  tf: Tfjs,
  backend: TensorflowBackend,
  x: Tensor,
  [inner, outer]: readonly [LinearLayer<Tensor>, LinearLayer<Tensor>],
): Tensor {
  const one = (name: string, ...tensors: Tensor[]): Tensor =>
    backend.executeSingleOutput(name, [], tensors);
  return differentiable(tf, [x, inner.weight, inner.bias, outer.weight, outer.bias], {
    forward: () => {
      const product = timesTransposed(tf, rowsOf(tf, x), inner.weight);
      const hidden = one('PrismapGelu', product, inner.bias);
      const result = timesTransposed(tf, hidden, outer.weight);
      const y = one('PrismapAddBiasInPlace', result, outer.bias);
      const saved = [x, product, inner.weight, inner.bias, outer.weight];
      return { value: tf.reshape(y, [...x.shape.slice(0, -1), outer.weight.shape[0]]), saved };
    },
    backward: ([input, product, innerWeight, innerBias, outerWeight], gradient) => {
      const rows = rowsOf(tf, gradient);
      const toHidden = times(tf, rows, outerWeight!);
      const [toProduct, toBias] = backend.executeMultipleOutputs(
        'PrismapGeluGradientInPlace',
        [],
        [product!, innerBias!, toHidden],
        2,
      );
      return [
        () => tf.reshape(times(tf, toProduct!, innerWeight!), input!.shape),
        () => transposedTimes(tf, toProduct!, rowsOf(tf, input!)),
        toBias!,
        () => transposedTimes(tf, rows, one('PrismapGelu', product!, innerBias!)),
        () => sumRows(backend, rows),
      ];
    },
  });
}
