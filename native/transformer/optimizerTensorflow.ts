import type { Tensor, TensorflowBackend, Tfjs } from '../tensors.ts';

/** The numbers of one AdamW step, as `AdamW` in `optimizer.h` explains them and in its order. */
export type AdamWNumbers = readonly [
  kept: number,
  size: number,
  root: number,
  epsilon: number,
  gain1: number,
  beta2: number,
  gain2: number,
  scale: number,
];

/** What an optimiser does to tensors where they lie. Nobody else may read them meanwhile. */
export type TensorOptimizer = {
  /** One step of one parameter: weight and both moments are changed. */
  adamw(
    state: { readonly weight: Tensor; readonly first: Tensor; readonly second: Tensor },
    gradient: Tensor,
    numbers: Tensor,
  ): void;
  /** sum += share · x */
  addShare(sum: Tensor, x: Tensor, share: number): void;
  /** The sum of squares of each tensor. */
  sumSquares(tensors: readonly Tensor[]): Float32Array;
};

/** Over `optimizer.cc`. */
export function tensorflowOptimizer(tf: Tfjs, backend: TensorflowBackend): TensorOptimizer {
  const change = (name: string, ...inputs: Tensor[]): void => {
    backend.executeSingleOutput(name, [], inputs).dispose(); // another name for the first input
  };
  return {
    adamw: ({ weight, first, second }, gradient, numbers) =>
      change('PrismapAdamWInPlace', weight, first, second, gradient, numbers),
    addShare: (sum, x, share) => {
      const factor = tf.scalar(share);
      change('PrismapAddShareInPlace', sum, x, factor);
      factor.dispose();
    },
    sumSquares: (tensors) => {
      const count = { name: 'N', type: backend.binding.TF_ATTR_INT, value: tensors.length };
      const sums = backend.executeSingleOutput('PrismapSumSquares', [count], [...tensors]);
      const values = sums.dataSync<'float32'>().slice();
      sums.dispose();
      return values;
    },
  };
}
