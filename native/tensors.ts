import type * as tfjs from '@tensorflow/tfjs';

/** The tfjs library. */
export type Tfjs = typeof tfjs;
/** A tensor of any tfjs backend. */
export type Tensor = tfjs.Tensor;

/** What our operations need of tfjs' Node backend: TensorFlow operations by name. */
export type TensorflowBackend = {
  executeSingleOutput(name: string, attributes: readonly Attribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: Tensor[],
    count: number,
  ): Tensor[];
  readonly binding: Readonly<Record<BindingConstant, number>>;
};

/** Kinds of attributes, as TensorFlow numbers them. */
type BindingConstant = 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_INT';

/** An attribute of a TensorFlow operation; `type` is one of the binding's TF_ATTR numbers. */
export type Attribute = {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
};
