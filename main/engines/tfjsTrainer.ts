import { AppError } from '../../app/error.ts';
import type { Ops } from '../../app/model/ops.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { type AdamState, adamwStep, clipScale, sumOfSquares } from './adamw.ts';
import { crossEntropy } from './crossEntropy.ts';
import type {
  LoadedModel,
  OptimizerOptions,
  OptimizerState,
  Trainer,
  TrainingBatch,
} from './engine.ts';
import type { Tensor, Tfjs } from './tfjs.ts';
import { forwardProbabilities, keepWeights, numbersOf, scoped } from './tfjsTensors.ts';

type Parts<Config> = {
  readonly tf: Tfjs;
  readonly ops: Ops<Tensor>;
  readonly model: LoadedModel<Config>;
  readonly options: OptimizerOptions;
};

/**
 * A trainer over tfjs: forward and backward on the backend, loss and AdamW on the host in a fixed order, so that the
 * same seed gives the same bytes.
 */
export function createTfjsTrainer<Config>(parts: Parts<Config>): Trainer {
  return new TfjsTrainer(parts);
}

class TfjsTrainer<Config> implements Trainer {
  readonly #parts: Parts<Config>;
  readonly #paths: readonly string[];
  #states: readonly AdamState[];
  #tensors: Map<string, Tensor>;
  #step = 0;

  constructor(parts: Parts<Config>) {
    this.#parts = parts;
    this.#paths = [...parts.model.weights.keys()];
    this.#states = this.#statesOf(parts.model.weights);
    this.#tensors = keepWeights(parts.tf, parts.model.weights);
  }

  step(batch: TrainingBatch, learningRate: number): number {
    const { options } = this.#parts;
    const { loss, gradients } = this.#gradients(batch);
    if (!Number.isFinite(loss)) {
      throw new AppError(
        'bad-values',
        `the loss became ${loss} at step ${this.#step + 1}: lower the learning rate, or look for extreme values in the input`,
      );
    }
    this.#step++;
    const squares = gradients.map((gradient) => (gradient ? sumOfSquares(gradient) : 0));
    const scale = clipScale(squares, options.clipNorm);
    for (const [i, state] of this.#states.entries()) {
      const gradient = gradients[i];
      if (gradient === undefined) continue;
      adamwStep(state, gradient, options, { step: this.#step, learningRate, scale });
    }
    this.#upload();
    return loss;
  }

  predict(input: Float32Array, count: number): Float32Array {
    const { tf, ops, model } = this.#parts;
    const forward = (x: Tensor) => model.family.forward(ops, this.#tensors, model.config, x);
    return forwardProbabilities(tf, forward, model, { input, count });
  }

  weights(): WeightData {
    return this.#table('weight');
  }

  optimizer(): OptimizerState {
    return { step: this.#step, first: this.#table('first'), second: this.#table('second') };
  }

  restore(weights: WeightData, optimizer: OptimizerState): void {
    this.#states = this.#statesOf(weights, optimizer);
    this.#step = optimizer.step;
    this.#upload();
  }

  dispose(): void {
    this.#parts.tf.dispose([...this.#tensors.values()]);
    this.#tensors = new Map();
  }

  #gradients(batch: TrainingBatch): {
    loss: number;
    gradients: readonly (Float32Array | undefined)[];
  } {
    const { tf, ops, model } = this.#parts;
    const { family, config } = model;
    let loss = Number.NaN;
    const lossOf = tf.customGrad((logits) => {
      const x = logits as Tensor;
      const result = crossEntropy(numbersOf(x), x.shape.at(-1)!, batch);
      loss = result.loss;
      return { value: tf.scalar(loss), gradFunc: () => tf.tensor(result.gradient, x.shape) };
    });
    return scoped(tf, () => {
      const input = tf.tensor(batch.input, [batch.count, ...family.inputShape(config)], 'float32');
      const { grads } = tf
        .engine()
        .gradients(
          () => lossOf(family.forward(ops, this.#tensors, config, input, batch.random)),
          [...this.#tensors.values()],
          undefined,
          true,
        ) as { grads: readonly (Tensor | undefined | null)[] };
      return { loss, gradients: grads.map((grad) => (grad ? numbersOf(grad) : undefined)) };
    });
  }

  #statesOf(weights: WeightData, optimizer?: OptimizerState): readonly AdamState[] {
    const { family } = this.#parts.model;
    return this.#paths.map((path) => {
      const weight = numbersAt(weights, path);
      const fresh = () => new Float32Array(weight.length);
      return {
        weight,
        first: optimizer ? numbersAt(optimizer.first, path, weight.length) : fresh(),
        second: optimizer ? numbersAt(optimizer.second, path, weight.length) : fresh(),
        decays: family.decays(path),
      };
    });
  }

  #upload(): void {
    const { tf } = this.#parts;
    const next = keepWeights(tf, this.#table('weight'));
    tf.dispose([...this.#tensors.values()]);
    this.#tensors = next;
  }

  #table(part: 'weight' | 'first' | 'second'): WeightData {
    return new Map(
      this.#paths.map((path, i) => [
        path,
        {
          shape: this.#parts.model.weights.get(path)!.shape,
          values: this.#states[i]![part].slice(),
        },
      ]),
    );
  }
}

function numbersAt(data: WeightData, path: string, length?: number): Float32Array {
  const values = data.get(path)?.values;
  if (values === undefined || (length !== undefined && values.length !== length)) {
    throw new AppError(
      'bad-weights',
      `the checkpoint has ${values === undefined ? 'no' : values.length} values for ${path}` +
        (length === undefined ? '' : `; ${length} are needed`),
    );
  }
  return values.slice();
}
