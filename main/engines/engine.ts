import type { ModelFamily } from '../../app/model/family.ts';
import type { Ops, Shape } from '../../app/model/ops.ts';
import type { WeightData, Weights } from '../../app/model/weights.ts';
import type { Random } from '../../app/random.ts';

export type EngineId = 'tensorflow' | 'webgpu' | 'wasm' | 'cpu';

/** What the user is told about the engine in use. */
export type EngineInfo = {
  readonly engine: EngineId;
  /** e.g. `CPU, 2 threads, AVX-512`. */
  readonly device: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Names of the fused operations in use. */
  readonly fused: readonly string[];
  /** Why a better engine is not in use, and the cure; empty when nothing is missing. */
  readonly problems: readonly {
    readonly part: string;
    readonly message: string;
    readonly cure: string;
  }[];
};

/** A network with its numbers, ready for an engine. */
export type LoadedModel<Config = unknown> = {
  readonly family: ModelFamily<Config>;
  readonly config: Config;
  readonly weights: WeightData;
};

/** Class probabilities of a model on one engine. */
export type Predictor = {
  /** `input` is (count, ...inputShape) row-major; the result is (count, classes), softmax of the logits. */
  predict(input: Float32Array, count: number): Float32Array;
  dispose(): void;
};

export type OptimizerOptions = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled (AdamW, Loshchilov and Hutter 2019); applied where the family says so. */
  readonly weightDecay: number;
  /** Largest global gradient norm; absent = no clipping. */
  readonly clipNorm?: number;
};

export type TrainingBatch = {
  /** (count, ...inputShape) */
  readonly input: Float32Array;
  /** Class index from 0, (count). */
  readonly labels: Int32Array;
  readonly count: number;
  /** Weight of each class in the loss, (classes); the loss is the weighted mean, as PyTorch's cross_entropy. */
  readonly classWeights?: Float32Array;
  readonly labelSmoothing?: number;
  /** For dropout and the like. */
  readonly random?: Random;
};

/** Adam moments by parameter path, and the number of steps taken. */
export type OptimizerState = {
  readonly step: number;
  readonly first: WeightData;
  readonly second: WeightData;
};

/** A model being trained on one engine. */
export type Trainer = {
  /** One optimiser step; the batch's mean loss before it. */
  step(batch: TrainingBatch, learningRate: number): number;
  /** Probabilities with the current weights. */
  predict(input: Float32Array, count: number): Float32Array;
  weights(): WeightData;
  optimizer(): OptimizerState;
  restore(weights: WeightData, optimizer: OptimizerState): void;
  dispose(): void;
};

/** A loss, (1), over an engine's tensors; `inputs` by the names under which they were given. */
export type Objective = <T>(ops: Ops<T>, weights: Weights<T>, inputs: Weights<T>) => T;

export type LearnerOptions = OptimizerOptions & {
  /** How a parameter is learned: factor of the learning rate (0 = frozen), and whether it decays. */
  readonly rule: (path: string) => { readonly rate: number; readonly decays: boolean };
};

/** Parameters that learn by any loss. */
export type Learner = {
  /** Adds `share` of the gradient of a loss to what the next step takes; gives the loss. */
  accumulate(inputs: WeightData, objective: Objective, share?: number): number;
  /** One AdamW step with the gradients added up since the last one. */
  step(learningRate: number): void;
  /** Results with the current weights, no gradients. */
  evaluate(
    inputs: WeightData,
    body: <T>(ops: Ops<T>, weights: Weights<T>, inputs: Weights<T>) => readonly T[],
  ): readonly Float32Array[];
  /** What has been added up since the last step, by path. */
  gradients(): ReadonlyMap<string, Float32Array>;
  weights(): WeightData;
  optimizer(): OptimizerState;
  restore(weights: WeightData, optimizer: OptimizerState): void;
  dispose(): void;
};

/** A network's numbers on an engine, for forward passes. */
export type Network = Pick<Learner, 'evaluate' | 'dispose'>;

/** Where and with what to compute. Lives in a compute process only. */
export type Engine = {
  readonly info: EngineInfo;
  predictor<Config>(model: LoadedModel<Config>): Predictor;
  trainer<Config>(model: LoadedModel<Config>, options: OptimizerOptions): Trainer;
  learner(weights: WeightData, options: LearnerOptions): Learner;
  network(weights: WeightData): Network;
  /** One forward pass that keeps nothing, for `model run` and tests: `body` gets the operations and the model's weights. */
  run(
    weights: WeightData,
    body: RunBody,
  ): readonly { readonly shape: Shape; readonly values: Float32Array }[];
  dispose(): void;
};

/** A computation over any tensor type. */
export type RunBody = <T>(ops: Ops<T>, weights: ReadonlyMap<string, T>) => readonly T[];
