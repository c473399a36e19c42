import type { Tensor, TensorflowBackend, Tfjs } from '../tensors.ts';
import type { ScanKernel, ScanTensors } from './differentiableScan.ts';

/** The scan as TensorFlow operation of `scanOp.cc`, on all of TensorFlow's threads. */
export function createTensorflowScan(tf: Tfjs, backend: TensorflowBackend): ScanKernel {
  const filled = (inputs: ScanTensors): Tensor[] =>
    inputs.map((tensor) => tensor ?? tf.tensor([], [0], 'float32'));
  return {
    forward: (inputs) => backend.executeSingleOutput('PrismapSelectiveScan', [], filled(inputs)),
    backward: (inputs, gradient) => {
      const operands = [...filled(inputs), gradient];
      const name = 'PrismapSelectiveScanGradient';
      const results = backend.executeMultipleOutputs(name, [], operands, inputs.length);
      return results.map((result, i) => (inputs[i] === undefined ? undefined : result));
    },
  };
}
