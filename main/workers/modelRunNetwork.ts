import type { Ops, Shape } from '../../app/model/ops.ts';
import type { WeightShapes, Weights } from '../../app/model/weights.ts';
import type { NetworkTensor } from '../weights/stateDict.ts';
import type { TensorFile } from '../weights/tensorFile.ts';

/** Values given for an input, on the host. */
export type GivenInputs = ReadonlyMap<
  string,
  { readonly shape: Shape; readonly values: Float32Array }
>;

/** A network as `model run` drives it. */
export type RunnableNetwork = {
  readonly weightShapes: WeightShapes;
  /** Where in a file its parameters are, by official name. @throws AppError `bad-weights` where there are none */
  readonly tensorsIn: (file: TensorFile) => ReadonlyMap<string, NetworkTensor>;
  /** Shape without the batch dimension of each input that has to be given. */
  readonly inputs: ReadonlyMap<string, Shape>;
  /** Name of the output that is written where none is asked for. */
  readonly mainOutput: string;
  /** All that the pass has to show, by name; images have their channels second. */
  readonly forward: <T>(
    ops: Ops<T>,
    weights: Weights<T>,
    inputs: GivenInputs,
  ) => ReadonlyMap<string, T>;
};
