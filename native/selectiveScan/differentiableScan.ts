import type { SelectiveScanInput } from '../../app/model/ops.ts';
import type { Tensor, Tfjs } from '../tensors.ts';

/** Inputs in the order u, dtRaw, A, B, C, D, z, dtBias; the last three may be absent. */
export type ScanTensors = readonly (Tensor | undefined)[];

/** One implementation of the scan on tensors. */
export type ScanKernel = {
  forward(inputs: ScanTensors): Tensor;
  /** A gradient for every input that is present, in the order of the inputs. */
  backward(inputs: ScanTensors, gradient: Tensor): ScanTensors;
};

/** Makes a scan kernel an operation that tfjs differentiates. Saves its inputs and nothing else. */
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
    const operation = tf.customGrad((...parameters) => {
      const save = parameters.pop() as unknown as (tensors: Tensor[]) => void;
      const inputs = parameters as Tensor[];
      save(inputs);
      return {
        value: kernel.forward(spread(inputs)),
        gradFunc: (gradient: Tensor, saved: Tensor[]) =>
          kernel.backward(spread(saved), gradient).filter((tensor) => tensor !== undefined),
      };
    });
    return operation(...present);
  };
}
