import type { SelectiveScanInput } from '../../app/model/ops.ts';
import type { Tensor, Tfjs } from '../tensors.ts';

/** Inputs in the order u, dtRaw, A, B, C, D, z, dtBias; the last three may be absent. */
export type ScanTensors = readonly (Tensor | undefined)[];

/** What forward gives: the result and, where a gradient is wanted, what backward needs beside the inputs. */
export type ScanResult = { readonly value: Tensor; readonly kept?: Tensor };

/** One implementation of the scan on tensors. */
export type ScanKernel = {
  forward(inputs: ScanTensors, differentiated: boolean): ScanResult;
  /** A gradient for every input that is present, in the order of the inputs; `kept` is what forward left. */
  backward(inputs: ScanTensors, kept: Tensor | undefined, gradient: Tensor): ScanTensors;
};

/** Makes a scan kernel an operation that tfjs differentiates. Saves its inputs and what the kernel keeps for backward. */
export function differentiableScan(
  tf: Tfjs,
  kernel: ScanKernel,
): (input: SelectiveScanInput<Tensor>) => Tensor {
  return ({ u, dtRaw, A, B, C, D, z, dtBias }) => {
    const all = [u, dtRaw, A, B, C, D, z, dtBias];
    const present = all.filter((tensor) => tensor !== undefined);
    const places = all.map((tensor) => (tensor === undefined ? -1 : present.indexOf(tensor)));
    const spread = (tensors: readonly Tensor[]): ScanTensors =>
      places.map((place) => (place < 0 ? undefined : tensors[place]));
    const differentiated = tf.engine().state.gradientDepth > 0;
    const operation = tf.customGrad((...parameters) => {
      const save = parameters.pop() as unknown as (tensors: Tensor[]) => void;
      const inputs = parameters as Tensor[];
      const { value, kept } = kernel.forward(spread(inputs), differentiated);
      save(kept === undefined ? inputs : [...inputs, kept]);
      return {
        value,
        gradFunc: (gradient: Tensor, saved: Tensor[]) =>
          kernel
            .backward(spread(saved), saved[present.length], gradient)
            .filter((tensor) => tensor !== undefined),
      };
    });
    return operation(...present);
  };
}
