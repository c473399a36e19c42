import { AppError } from '../../app/error.ts';
import type { Ops } from '../../app/model/ops.ts';
import type { WeightData, Weights } from '../../app/model/weights.ts';
import type { TensorOptimizer } from '../../native/transformer/optimizerTensorflow.ts';
import type { Learner, LearnerOptions, Network, Objective, OptimizerState } from './engine.ts';
import type { Tensor, Tfjs } from './tfjs.ts';
import { engineParameters, hostParameters, type Parameters } from './tfjsParameters.ts';
import { gradientsOf } from './tfjsTape.ts';
import { keepWeights, numbersOf, scoped } from './tfjsTensors.ts';

/** What computes: tfjs, the operations over it, and the optimiser that the engine has in one piece, if any. */
export type LearnerParts = {
  readonly tf: Tfjs;
  readonly ops: Ops<Tensor>;
  readonly optimizer?: TensorOptimizer | undefined;
};

/**
 * A learner over tfjs. Forward, backward and, where the engine has an optimiser, sums and AdamW run on the backend, in an
 * order that does not depend on its threads.
 */
export function createTfjsLearner(
  parts: LearnerParts,
  weights: WeightData,
  options: LearnerOptions,
): Learner {
  return new TfjsLearner(parts, weights, options);
}

/** A learner that learns nothing. */
export function createTfjsNetwork(parts: LearnerParts, weights: WeightData): Network {
  const idle = { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0 };
  const rule = (): { rate: number; decays: boolean } => ({ rate: 0, decays: false });
  return new TfjsLearner(parts, weights, { ...idle, rule });
}

class TfjsLearner implements Learner {
  readonly #parts: LearnerParts;
  readonly #options: LearnerOptions;
  readonly #tensors: Map<string, Tensor>;
  #parameters: Parameters;
  #step = 0;

  constructor(parts: LearnerParts, weights: WeightData, options: LearnerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#tensors = keepWeights(parts.tf, weights);
    this.#parameters = this.#parametersFrom();
  }

  accumulate(inputs: WeightData, objective: Objective, share = 1): number {
    const { tf, ops } = this.#parts;
    const given = keepWeights(tf, inputs);
    try {
      return scoped(tf, () => {
        const learned = this.#parameters.paths.map((path) => this.#tensors.get(path)!);
        const { value, gradients } = gradientsOf(
          tf,
          () => objective(ops, this.#tensors as Weights<Tensor>, given as Weights<Tensor>),
          learned,
        );
        const loss = numbersOf(value)[0]!;
        value.dispose();
        if (!Number.isFinite(loss)) {
          tf.dispose(gradients.flatMap((gradient) => gradient ?? []));
          throw this.#badLoss(loss);
        }
        this.#parameters.add(gradients, share);
        return loss;
      });
    } finally {
      tf.dispose([...given.values()]);
    }
  }

  step(learningRate: number): void {
    this.#step++;
    scoped(this.#parts.tf, () => this.#parameters.step(this.#step, learningRate));
  }

  evaluate(
    inputs: WeightData,
    body: <T>(ops: Ops<T>, weights: Weights<T>, inputs: Weights<T>) => readonly T[],
  ): readonly Float32Array[] {
    const { tf, ops } = this.#parts;
    const given = keepWeights(tf, inputs);
    try {
      return scoped(tf, () =>
        body(ops, this.#tensors as Weights<Tensor>, given as Weights<Tensor>).map((result) =>
          numbersOf(result).slice(),
        ),
      );
    } finally {
      tf.dispose([...given.values()]);
    }
  }

  gradients(): ReadonlyMap<string, Float32Array> {
    return this.#parameters.gradients();
  }

  weights(): WeightData {
    return new Map(
      [...this.#tensors].map(([path, tensor]) => [
        path,
        { shape: tensor.shape, values: numbersOf(tensor).slice() },
      ]),
    );
  }

  optimizer(): OptimizerState {
    return { step: this.#step, ...this.#parameters.moments() };
  }

  restore(weights: WeightData, optimizer: OptimizerState): void {
    const { tf } = this.#parts;
    for (const path of this.#tensors.keys()) this.#replace(path, weights);
    const old = this.#parameters;
    this.#parameters = scoped(tf, () => this.#parametersFrom(optimizer));
    old.dispose();
    this.#step = optimizer.step;
  }

  dispose(): void {
    this.#parameters.dispose();
    this.#parts.tf.dispose([...this.#tensors.values()]);
    this.#tensors.clear();
  }

  #parametersFrom(optimizer?: OptimizerState): Parameters {
    const { tf, optimizer: native } = this.#parts;
    const input = { tf, tensors: this.#tensors, options: this.#options, optimizer };
    return native === undefined ? hostParameters(input) : engineParameters(input, native);
  }

  #replace(path: string, weights: WeightData): void {
    const { tf } = this.#parts;
    const old = this.#tensors.get(path)!;
    const values = weights.get(path)?.values;
    if (values?.length !== old.size)
      throw new AppError(
        'bad-weights',
        `The checkpoint has ${values?.length ?? 'no'} values for "${path}"; ${old.size} are needed.`,
        { path },
      );
    this.#tensors.set(path, tf.keep(tf.tensor(values.slice(), old.shape, 'float32')));
    old.dispose();
  }

  #badLoss(loss: number): AppError {
    return new AppError(
      'bad-values',
      `the loss became ${loss} at step ${this.#step + 1}: lower the learning rate, or look for extreme values in the input`,
    );
  }
}
