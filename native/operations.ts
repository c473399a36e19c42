import type { FusedOps } from '../app/model/ops.ts';
import { tensorflowLayers } from './layers/layersTensorflow.ts';
import { tensorflowMixer } from './mamba/mixerTensorflow.ts';
import { differentiableScan } from './selectiveScan/differentiableScan.ts';
import { createScriptScan } from './selectiveScan/scanScript.ts';
import { createTensorflowScan } from './selectiveScan/scanTensorflow.ts';
import type { Tensor, TensorflowBackend, Tfjs } from './tensors.ts';
import { tensorflowTransformer } from './transformer/transformerTensorflow.ts';

/** The operations that our build of TensorFlow has in one piece. Its library must be loaded. */
export function tensorflowOperations(tf: Tfjs, backend: TensorflowBackend): FusedOps<Tensor> {
  return {
    selectiveScan: differentiableScan(tf, createTensorflowScan(tf, backend)),
    ...tensorflowMixer(tf, backend),
    ...tensorflowLayers(tf, backend),
    ...tensorflowTransformer(tf, backend),
  };
}

/** The operations that every other engine has in one piece, in plain TypeScript. */
export function scriptOperations(tf: Tfjs): FusedOps<Tensor> {
  return { selectiveScan: differentiableScan(tf, createScriptScan(tf)) };
}
