import type { FusedOps } from '../../app/model/ops.ts';
import type { Tensor, TensorflowBackend, Tfjs } from '../tensors.ts';

/** The whole block of `mixerOp.cc`, where no gradient is recorded. */
export function tensorflowMixer(
  tf: Tfjs,
  backend: TensorflowBackend,
): Required<Pick<FusedOps<Tensor>, 'mambaMixer'>> {
  return {
    mambaMixer: (v, weights) => {
      if (tf.engine().state.gradientDepth > 0) return undefined;
      const { inProj, kernel, kernelBias, xProj, dtProj, dtBias, logA, skip, outProj } = weights();
      const inputs = [v, inProj, kernel, kernelBias, xProj, dtProj, dtBias, logA, skip, outProj];
      return backend.executeSingleOutput('PrismapMambaMixer', [], inputs);
    },
  };
}
