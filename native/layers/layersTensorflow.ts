import type { FusedOps } from '../../app/model/ops.ts';
import { differentiable } from '../differentiable.ts';
import type { Attribute, Tensor, TensorflowBackend, Tfjs } from '../tensors.ts';
import { wideLinear } from '../transformer/wideLinear.ts';

type Layers = Required<
  Pick<FusedOps<Tensor>, 'silu' | 'layerNorm' | 'linear' | 'split' | 'causalConv1d'>
>;

/** Numbers of a linear layer's weight up to which our own product, which packs nothing, is the faster one. */
const largestKernel = 1 << 14;

/** The layers of `layersOp.cc`: one pass over memory each, and nothing saved but the inputs. */
export function tensorflowLayers(tf: Tfjs, backend: TensorflowBackend): Layers {
  const run = (name: string, inputs: Tensor[], attributes: readonly Attribute[] = []): Tensor =>
    backend.executeSingleOutput(name, attributes, inputs);
  const runAll = (name: string, inputs: Tensor[], attributes: readonly Attribute[] = []) =>
    backend.executeMultipleOutputs(name, attributes, inputs, 3);
  return {
    silu: (x) =>
      differentiable(tf, [x], {
        forward: (inputs) => ({ value: run('PrismapSilu', [...inputs]), saved: inputs }),
        backward: ([input], gradient) => [run('PrismapSiluGradient', [input!, gradient])],
      }),
    layerNorm: (x, weight, bias, epsilon) => {
      const attributes = [
        { name: 'epsilon', type: backend.binding.TF_ATTR_FLOAT, value: epsilon },
      ] as const;
      return differentiable(tf, [x, weight, bias], {
        forward: (inputs) => ({
          value: run('PrismapLayerNorm', [...inputs], attributes),
          saved: [inputs[0]!, inputs[1]!],
        }),
        backward: ([input, scale], gradient) =>
          runAll('PrismapLayerNormGradient', [input!, scale!, gradient], attributes),
      });
    },
    linear: (x, weight, bias) => {
      if (weight.size > largestKernel) return wideLinear(tf, backend, x, weight, bias);
      const padded = (inputs: readonly Tensor[]): Tensor[] =>
        bias === undefined ? [...inputs, tf.tensor([], [0], 'float32')] : [...inputs];
      return differentiable(tf, bias === undefined ? [x, weight] : [x, weight, bias], {
        forward: (inputs) => ({ value: run('PrismapLinear', padded(inputs)), saved: inputs }),
        backward: (inputs, gradient) =>
          runAll('PrismapLinearGradient', [...padded(inputs), gradient]).slice(0, inputs.length),
      });
    },
    // TensorFlow's own: its gradient is one concatenation, where slices take a padding each and sums of the paddings.
    split: (x, sizes) => tf.split(x, [...sizes], x.shape.length - 1),
    causalConv1d: (x, kernel, bias) =>
      differentiable(tf, [x, kernel, bias], {
        forward: (inputs) => ({ value: run('PrismapCausalConv', [...inputs]), saved: inputs }),
        backward: (inputs, gradient) => runAll('PrismapCausalConvGradient', [...inputs, gradient]),
      }),
  };
}
