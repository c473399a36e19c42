import { AppError } from '../../app/error.ts';
import type { Ops } from '../../app/model/ops.ts';
import type { WeightData, Weights } from '../../app/model/weights.ts';
import { type AdamState, adamwStep, clipScale } from './adamw.ts';
import type { Learner, LearnerOptions, Network, Objective, OptimizerState } from './engine.ts';
import type { Tensor, Tfjs } from './tfjs.ts';
import { keepWeights, numbersOf, scoped } from './tfjsTensors.ts';

type Parameter = AdamState & {
  readonly path: string;
  /** Factor of the learning rate. */
  readonly rate: number;
  /** Sum of the gradients since the last step. */
  readonly gradient: Float32Array;
};

/** A learner over tfjs: forward and backward on the backend, sums and AdamW on the host in a fixed order. */
export function createTfjsLearner(
  tf: Tfjs,
  ops: Ops<Tensor>,
  weights: WeightData,
  options: LearnerOptions,
): Learner {
  return new TfjsLearner(tf, ops, weights, options);
}

/** A learner that learns nothing. */
export function createTfjsNetwork(tf: Tfjs, ops: Ops<Tensor>, weights: WeightData): Network {
  const idle = { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0 };
  const rule = (): { rate: number; decays: boolean } => ({ rate: 0, decays: false });
  return new TfjsLearner(tf, ops, weights, { ...idle, rule });
}

class TfjsLearner implements Learner {
  readonly #tf: Tfjs;
  readonly #ops: Ops<Tensor>;
  readonly #options: LearnerOptions;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  /** Those that are learned; the others stay as tensors only. */
  #parameters: readonly Parameter[];
  readonly #tensors: Map<string, Tensor>;
  #step = 0;

  constructor(tf: Tfjs, ops: Ops<Tensor>, weights: WeightData, options: LearnerOptions) {
    this.#tf = tf;
    this.#ops = ops;
    this.#options = options;
    this.#shapes = new Map([...weights].map(([path, { shape }]) => [path, shape]));
    this.#tensors = keepWeights(tf, weights);
    this.#parameters = this.#fresh(weights);
  }

  accumulate(inputs: WeightData, objective: Objective, share = 1): number {
    const tf = this.#tf;
    return scoped(tf, () => {
      const given = keepWeights(tf, inputs);
      const learned = this.#parameters.map(({ path }) => this.#tensors.get(path)!);
      try {
        const { value, grads } = tf
          .engine()
          .gradients(
            () => objective(this.#ops, this.#tensors, given as Weights<Tensor>),
            learned,
            undefined,
            true,
          ) as { value: Tensor; grads: readonly (Tensor | null | undefined)[] };
        const loss = numbersOf(value)[0]!;
        this.#add(grads, share, loss);
        return loss;
      } finally {
        tf.dispose([...given.values()]);
      }
    });
  }

  step(learningRate: number): void {
    const { clipNorm } = this.#options;
    const scale = clipScale(
      this.#parameters.map(({ gradient }) => gradient),
      clipNorm,
    );
    this.#step++;
    for (const parameter of this.#parameters) {
      adamwStep(parameter, parameter.gradient, this.#options, {
        step: this.#step,
        learningRate: learningRate * parameter.rate,
        scale,
      });
      parameter.gradient.fill(0);
      this.#upload(parameter);
    }
  }

  evaluate(
    inputs: WeightData,
    body: <T>(ops: Ops<T>, weights: Weights<T>, inputs: Weights<T>) => readonly T[],
  ): readonly Float32Array[] {
    const tf = this.#tf;
    const given = keepWeights(tf, inputs);
    try {
      return scoped(tf, () =>
        body(this.#ops, this.#tensors as Weights<Tensor>, given as Weights<Tensor>).map((result) =>
          numbersOf(result).slice(),
        ),
      );
    } finally {
      tf.dispose([...given.values()]);
    }
  }

  gradients(): ReadonlyMap<string, Float32Array> {
    return new Map(this.#parameters.map(({ path, gradient }) => [path, gradient.slice()]));
  }

  weights(): WeightData {
    const learned = new Map(this.#parameters.map((parameter) => [parameter.path, parameter]));
    return new Map(
      [...this.#shapes].map(([path, shape]) => {
        const values = learned.get(path)?.weight ?? numbersOf(this.#tensors.get(path)!);
        return [path, { shape, values: values.slice() }];
      }),
    );
  }

  optimizer(): OptimizerState {
    const table = (part: 'first' | 'second'): WeightData =>
      new Map(
        this.#parameters.map((parameter) => [
          parameter.path,
          { shape: this.#shapes.get(parameter.path)!, values: parameter[part].slice() },
        ]),
      );
    return { step: this.#step, first: table('first'), second: table('second') };
  }

  restore(weights: WeightData, optimizer: OptimizerState): void {
    this.#parameters = this.#fresh(weights, optimizer);
    this.#step = optimizer.step;
    for (const parameter of this.#parameters) this.#upload(parameter);
  }

  dispose(): void {
    this.#tf.dispose([...this.#tensors.values()]);
    this.#tensors.clear();
  }

  #add(grads: readonly (Tensor | null | undefined)[], share: number, loss: number): void {
    if (!Number.isFinite(loss))
      throw new AppError(
        'bad-values',
        `the loss became ${loss} at step ${this.#step + 1}: lower the learning rate, or look for extreme values in the input`,
      );
    for (const [i, { gradient }] of this.#parameters.entries()) {
      const grad = grads[i];
      if (!grad) continue;
      const values = numbersOf(grad);
      for (let k = 0; k < values.length; k++) gradient[k]! += share * values[k]!;
    }
  }

  #fresh(weights: WeightData, optimizer?: OptimizerState): readonly Parameter[] {
    const learned: Parameter[] = [];
    for (const path of this.#shapes.keys()) {
      const { rate, decays } = this.#options.rule(path);
      if (rate === 0) continue;
      const weight = copyAt(weights, path);
      learned.push({
        path,
        rate,
        decays,
        weight,
        first: optimizer ? copyAt(optimizer.first, path, weight.length) : empty(weight),
        second: optimizer ? copyAt(optimizer.second, path, weight.length) : empty(weight),
        gradient: empty(weight),
      });
    }
    return learned;
  }

  #upload({ path, weight }: Parameter): void {
    const tf = this.#tf;
    const shape = [...this.#shapes.get(path)!];
    this.#tensors.get(path)!.dispose();
    this.#tensors.set(path, tf.keep(tf.tensor(weight.slice(), shape, 'float32')));
  }
}

const empty = (like: Float32Array): Float32Array => new Float32Array(like.length);

function copyAt(data: WeightData, path: string, length?: number): Float32Array {
  const values = data.get(path)?.values;
  if (values !== undefined && (length === undefined || values.length === length))
    return values.slice();
  throw new AppError(
    'bad-weights',
    `The checkpoint has ${values?.length ?? 'no'} values for "${path}"${length === undefined ? '' : `; ${length} are needed`}.`,
    { path },
  );
}
