import type { Random } from '../random.ts';
import type { Ops, Shape } from './ops.ts';
import type { WeightData, WeightShapes, Weights } from './weights.ts';

/** A kind of network: everything that training, prediction, import and export need to know of it. */
export type ModelFamily<Config> = {
  readonly id: string;
  /** Path to shape of every parameter, in a fixed order. */
  weightShapes(config: Config): WeightShapes;
  /** Fresh parameters; the same seed gives the same numbers. */
  initialWeights(config: Config, seed: number): WeightData;
  /** Shape of one input without the batch dimension. */
  inputShape(config: Config): Shape;
  /** Logits (batch, classes). `random` present = training (dropout and the like). */
  forward<T>(ops: Ops<T>, weights: Weights<T>, config: Config, input: T, random?: Random): T;
  /** Whether weight decay applies to a parameter. */
  decays(path: string): boolean;
};
