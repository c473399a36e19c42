import type { WeightData } from '../../app/model/weights.ts';
import type { LoadedModel } from './engine.ts';
import type { Tensor, Tfjs } from './tfjs.ts';

/** Weights as tensors that outlive every scope; the caller disposes of them. */
export function keepWeights(tf: Tfjs, weights: WeightData): Map<string, Tensor> {
  const kept = new Map<string, Tensor>();
  for (const [path, { shape, values }] of weights) {
    // The backend may read the numbers later than now, hence the copy.
    kept.set(path, tf.keep(tf.tensor(values.slice(), [...shape], 'float32')));
  }
  return kept;
}

/** Probabilities (count, classes) of a batch. */
export function forwardProbabilities<Config>(
  tf: Tfjs,
  forward: (input: Tensor) => Tensor,
  model: LoadedModel<Config>,
  batch: { readonly input: Float32Array; readonly count: number },
): Float32Array {
  const shape = [batch.count, ...model.family.inputShape(model.config)];
  return scoped(tf, () => {
    const logits = forward(tf.tensor(batch.input, shape, 'float32'));
    return numbersOf(tf.softmax(logits)).slice();
  });
}

/**
 * Runs a computation whose result holds no tensors and disposes of every tensor it made. `tf.tidy` would look for tensors
 * in the result, number by number of an array.
 */
export function scoped<Result>(tf: Tfjs, body: () => Result): Result {
  tf.engine().startScope();
  try {
    return body();
  } finally {
    tf.engine().endScope();
  }
}

/** The numbers of a float tensor; may alias the tensor's memory. */
export function numbersOf(x: Tensor): Float32Array {
  return x.dataSync<'float32'>();
}
