import type { Tensor, Tfjs } from './tensors.ts';

/** What tfjs' engine offers beside its typed interface: an operation whose gradients are computed one by one, on demand. */
type KernelEngine = {
  runKernelFunc(operation: {
    readonly forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor;
    readonly backwardsFunc: (gradient: Tensor, saved: Tensor[]) => Record<number, () => Tensor>;
    readonly inputs: Record<number, Tensor>;
  }): Tensor;
};

type Pair = {
  /** The result, and what backward needs; nothing else that forward makes is kept. */
  readonly forward: (inputs: readonly Tensor[]) => {
    readonly value: Tensor;
    readonly saved: readonly Tensor[];
  };
  /** A gradient for each input, found when it is asked for: of a frozen weight it is not. */
  readonly backward: (
    saved: readonly Tensor[],
    gradient: Tensor,
  ) => readonly (Tensor | (() => Tensor))[];
};

/** Runs `forward` so that tfjs differentiates it by `backward`. */
export function differentiable(
  tf: Tfjs,
  inputs: readonly Tensor[],
  { forward, backward }: Pair,
): Tensor {
  const engine = tf.engine() as unknown as KernelEngine;
  return engine.runKernelFunc({
    inputs: { ...inputs },
    forwardFunc: (_, save) => {
      const { value, saved } = forward(inputs);
      save([...saved]);
      return value;
    },
    backwardsFunc: (gradient, saved) => ({
      ...backward(saved, gradient).map((found) =>
        typeof found === 'function' ? found : () => found,
      ),
    }),
  });
}
