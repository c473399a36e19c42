import type { Tensor, TensorflowBackend, Tfjs } from '../tensors.ts';
import type { ScanKernel, ScanTensors } from './differentiableScan.ts';

/** The scan as TensorFlow operation of `scanOp.cc`, on all of TensorFlow's threads. */
export function createTensorflowScan(tf: Tfjs, backend: TensorflowBackend): ScanKernel {
  const filled = (inputs: ScanTensors): Tensor[] =>
    inputs.map((tensor) => tensor ?? tf.tensor([], [0], 'float32'));
  return {
    forward: (inputs, differentiated) => {
      const type = backend.binding.TF_ATTR_BOOL;
      const attributes = [{ name: 'keep_starts', type, value: differentiated }];
      const operands = filled(inputs);
      const name = 'PrismapSelectiveScan';
      const [value, starts] = backend.executeMultipleOutputs(name, attributes, operands, 2);
      return differentiated ? { value: value!, kept: starts! } : { value: value! };
    },
    backward: (inputs, starts, gradient) => {
      const operands = [...filled(inputs), starts!, gradient];
      const name = 'PrismapSelectiveScanGradient';
      const results = backend.executeMultipleOutputs(name, [], operands, inputs.length);
      return results.map((result, i) => (inputs[i] === undefined ? undefined : result));
    },
  };
}
