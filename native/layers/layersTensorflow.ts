import type { FusedOps } from '../../app/model/ops.ts';
import type { Attribute, Tensor, TensorflowBackend, Tfjs } from '../tensors.ts';

type Layers = Required<
  Pick<FusedOps<Tensor>, 'silu' | 'layerNorm' | 'linear' | 'split' | 'causalConv1d'>
>;

/** The layers of `layersOp.cc`: one pass over memory each, and nothing saved but the inputs. */
export function tensorflowLayers(tf: Tfjs, backend: TensorflowBackend): Layers {
  const run = (name: string, inputs: Tensor[], attributes: readonly Attribute[] = []): Tensor =>
    backend.executeSingleOutput(name, attributes, inputs);
  const runAll = (name: string, inputs: Tensor[], attributes: readonly Attribute[] = []) =>
    backend.executeMultipleOutputs(name, attributes, inputs, 3);
  return {
    silu: (x) =>
      differentiable(tf, [x], {
        forward: ([input]) => run('PrismapSilu', [input!]),
        backward: ([input], gradient) => [run('PrismapSiluGradient', [input!, gradient])],
      }),
    layerNorm: (x, weight, bias, epsilon) => {
      const attributes = [
        { name: 'epsilon', type: backend.binding.TF_ATTR_FLOAT, value: epsilon },
      ] as const;
      return differentiable(tf, [x, weight, bias], {
        forward: (inputs) => run('PrismapLayerNorm', [...inputs], attributes),
        backward: ([input, scale], gradient) =>
          runAll('PrismapLayerNormGradient', [input!, scale!, gradient], attributes),
      });
    },
    linear: (x, weight, bias) => {
      const padded = (inputs: readonly Tensor[]): Tensor[] =>
        bias === undefined ? [...inputs, tf.tensor([], [0], 'float32')] : [...inputs];
      return differentiable(tf, bias === undefined ? [x, weight] : [x, weight, bias], {
        forward: (inputs) => run('PrismapLinear', padded(inputs)),
        backward: (inputs, gradient) =>
          runAll('PrismapLinearGradient', [...padded(inputs), gradient]).slice(0, inputs.length),
      });
    },
    // TensorFlow's own: its gradient is one concatenation, where slices take a padding each and sums of the paddings.
    split: (x, sizes) => tf.split(x, [...sizes], x.shape.length - 1),
    causalConv1d: (x, kernel, bias) =>
      differentiable(tf, [x, kernel, bias], {
        forward: (inputs) => run('PrismapCausalConv', [...inputs]),
        backward: (inputs, gradient) => runAll('PrismapCausalConvGradient', [...inputs, gradient]),
      }),
  };
}

type Pair = {
  readonly forward: (inputs: readonly Tensor[]) => Tensor;
  /** A gradient for each input. */
  readonly backward: (inputs: readonly Tensor[], gradient: Tensor) => readonly Tensor[];
};

/** Runs `forward` so that tfjs differentiates it by `backward`. Saves the inputs. */
function differentiable(tf: Tfjs, inputs: readonly Tensor[], { forward, backward }: Pair): Tensor {
  const operation = tf.customGrad((...parameters) => {
    const save = parameters.pop() as unknown as (tensors: Tensor[]) => void;
    const tensors = parameters as Tensor[];
    save(tensors);
    return {
      value: forward(tensors),
      gradFunc: (gradient: Tensor, saved: Tensor[]) => [...backward(saved, gradient)],
    };
  });
  return operation(...inputs);
}
