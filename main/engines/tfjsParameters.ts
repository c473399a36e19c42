import { AppError } from '../../app/error.ts';
import type { WeightData } from '../../app/model/weights.ts';
import type {
  AdamWNumbers,
  TensorOptimizer,
} from '../../native/transformer/optimizerTensorflow.ts';
import { type AdamState, adamwNumbers, adamwStep, clipScale, sumOfSquares } from './adamw.ts';
import type { LearnerOptions, OptimizerState } from './engine.ts';
import type { Tensor, Tfjs } from './tfjs.ts';
import { numbersOf } from './tfjsTensors.ts';

/** Parameters that learn, what has been added up for their next step, and their Adam moments. */
export type Parameters = {
  /** In the order of `add`. */
  readonly paths: readonly string[];
  /** Adds share · gradient, one for each path or none; takes the gradients over. */
  add(gradients: readonly (Tensor | undefined)[], share: number): void;
  /** One AdamW step with what has been added up; `step` counts from 1. */
  step(step: number, learningRate: number): void;
  /** What has been added up, by path. */
  gradients(): ReadonlyMap<string, Float32Array>;
  moments(): Pick<OptimizerState, 'first' | 'second'>;
  dispose(): void;
};

export type ParametersInput = {
  readonly tf: Tfjs;
  /** Every tensor of the network by path; those that learn are changed or replaced. */
  readonly tensors: Map<string, Tensor>;
  readonly options: LearnerOptions;
  /** Moments to go on from; absent = zeros. */
  readonly optimizer?: OptimizerState | undefined;
};

/** The paths of what learns, with their rules. */
function learnedOf({ tensors, options }: ParametersInput) {
  return [...tensors.keys()].flatMap((path) => {
    const { rate, decays } = options.rule(path);
    return rate === 0 ? [] : [{ path, rate, decays }];
  });
}

/** Sums, moments and steps on the host, in a fixed order: for engines without an optimiser of their own. */
export function hostParameters(input: ParametersInput): Parameters {
  const { tf, tensors, options, optimizer } = input;
  type Parameter = AdamState & { path: string; rate: number; gradient: Float32Array };
  const learned = learnedOf(input).map((rule): Parameter => {
    const weight = numbersOf(tensors.get(rule.path)!).slice();
    const moment = (of: 'first' | 'second'): Float32Array =>
      optimizer === undefined
        ? new Float32Array(weight.length)
        : momentAt(optimizer[of], rule.path, weight.length).slice();
    const gradient = new Float32Array(weight.length);
    return { ...rule, weight, first: moment('first'), second: moment('second'), gradient };
  });
  const table = (of: 'first' | 'second'): WeightData =>
    new Map(
      learned.map((one) => [
        one.path,
        { shape: tensors.get(one.path)!.shape, values: one[of].slice() },
      ]),
    );
  return {
    paths: learned.map(({ path }) => path),
    add: (gradients, share) => {
      for (const [i, { gradient }] of learned.entries()) {
        const found = gradients[i];
        if (found === undefined) continue;
        const values = numbersOf(found);
        for (let k = 0; k < values.length; k++) gradient[k]! += share * values[k]!;
        found.dispose();
      }
    },
    step: (step, learningRate) => {
      const squares = learned.map(({ gradient }) => sumOfSquares(gradient));
      const scale = clipScale(squares, options.clipNorm);
      for (const one of learned) {
        const rate = learningRate * one.rate;
        adamwStep(one, one.gradient, options, { step, learningRate: rate, scale });
        one.gradient.fill(0);
        const old = tensors.get(one.path)!;
        tensors.set(one.path, tf.keep(tf.tensor(one.weight.slice(), old.shape, 'float32')));
        old.dispose();
      }
    },
    gradients: () => new Map(learned.map(({ path, gradient }) => [path, gradient.slice()])),
    moments: () => ({ first: table('first'), second: table('second') }),
    dispose: () => undefined,
  };
}

/** The same on the engine's memory: nothing of it passes through the host. */
export function engineParameters(input: ParametersInput, native: TensorOptimizer): Parameters {
  const { tf, options } = input;
  const learned = momentsOf(input);
  const sums = new Map<string, Tensor>();
  const table = (of: 'first' | 'second'): WeightData =>
    new Map(
      learned.map((one) => [one.path, { shape: one.shape, values: numbersOf(one[of]).slice() }]),
    );
  const addOne = (path: string, gradient: Tensor, share: number): void => {
    const sum = sums.get(path);
    if (sum === undefined && share === 1) {
      sums.set(path, gradient);
      return;
    }
    const total = sum ?? zeros(tf, gradient.shape);
    native.addShare(total, gradient, share);
    gradient.dispose();
    sums.set(path, total);
  };
  return {
    paths: learned.map(({ path }) => path),
    add: (gradients, share) => {
      for (const [i, { path }] of learned.entries()) {
        const gradient = gradients[i];
        if (gradient !== undefined) addOne(path, gradient, share);
      }
    },
    step: (step, learningRate) => {
      const all = [...sums.values()];
      const clips = options.clipNorm !== undefined && all.length > 0;
      const scale = clipScale(clips ? native.sumSquares(all) : [], options.clipNorm);
      const numbers = numbersCache(tf);
      for (const { path, shape, rate, decays, ...moments } of learned) {
        const at = { step, learningRate: learningRate * rate, scale, decays };
        const sum = sums.get(path) ?? zeros(tf, shape);
        const state = { ...moments, weight: input.tensors.get(path)! };
        native.adamw(state, sum, numbers.of(adamwNumbers(options, at)));
        sums.delete(path);
        sum.dispose();
      }
      numbers.dispose();
    },
    gradients: () =>
      new Map(
        learned.map(({ path, shape }) => {
          const sum = sums.get(path);
          const count = shape.reduce((product, size) => product * size, 1);
          return [path, sum === undefined ? new Float32Array(count) : numbersOf(sum).slice()];
        }),
      ),
    moments: () => ({ first: table('first'), second: table('second') }),
    dispose: () =>
      tf.dispose([...sums.values(), ...learned.flatMap(({ first, second }) => [first, second])]),
  };
}

const zeros = (tf: Tfjs, shape: readonly number[]): Tensor => tf.keep(tf.fill([...shape], 0));

/** What learns, with its moments as tensors that outlive every scope. */
function momentsOf(input: ParametersInput) {
  const { tf, tensors, optimizer } = input;
  return learnedOf(input).map((rule) => {
    const { shape, size } = tensors.get(rule.path)!;
    const moment = (of: 'first' | 'second'): Tensor =>
      optimizer === undefined
        ? zeros(tf, shape)
        : tf.keep(tf.tensor(momentAt(optimizer[of], rule.path, size).slice(), shape, 'float32'));
    return { ...rule, shape, first: moment('first'), second: moment('second') };
  });
}

/** Rows of numbers as tensors; most parameters share one. */
function numbersCache(tf: Tfjs): { of(row: AdamWNumbers): Tensor; dispose(): void } {
  const made = new Map<string, Tensor>();
  return {
    of: (row) => {
      const key = row.join();
      const tensor = made.get(key) ?? tf.keep(tf.tensor1d([...row], 'float32'));
      made.set(key, tensor);
      return tensor;
    },
    dispose: () => tf.dispose([...made.values()]),
  };
}

function momentAt(data: WeightData, path: string, length: number): Float32Array {
  const values = data.get(path)?.values;
  if (values?.length === length) return values;
  throw new AppError(
    'bad-weights',
    `The checkpoint has ${values?.length ?? 'no'} values for "${path}"; ${length} are needed.`,
    { path },
  );
}
