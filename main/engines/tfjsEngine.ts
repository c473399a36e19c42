import type { FusedOps, Ops, Shape } from '../../app/model/ops.ts';
import type { WeightData } from '../../app/model/weights.ts';
import type { TensorOptimizer } from '../../native/transformer/optimizerTensorflow.ts';
import type { Engine, EngineInfo, LoadedModel, Predictor, RunBody } from './engine.ts';
import type { Tensor, Tfjs } from './tfjs.ts';
import { createTfjsLearner, createTfjsNetwork } from './tfjsLearner.ts';
import { createTfjsOps } from './tfjsOps.ts';
import { forwardProbabilities, keepWeights, numbersOf } from './tfjsTensors.ts';
import { createTfjsTrainer } from './tfjsTrainer.ts';

/** An engine over the tfjs backend that is set. Everything it computes lies in one scope a call: nothing leaks. */
export function createTfjsEngine(
  tf: Tfjs,
  info: EngineInfo,
  fused: FusedOps<Tensor> = {},
  optimizer?: TensorOptimizer,
): Engine {
  const ops = createTfjsOps(tf, fused);
  const parts = { tf, ops, optimizer };
  return {
    info,
    predictor: (model) => createPredictor(tf, ops, model),
    trainer: (model, options) => createTfjsTrainer({ tf, ops, model, options }),
    learner: (weights, options) => createTfjsLearner(parts, weights, options),
    network: (weights) => createTfjsNetwork(parts, weights),
    run: (weights, body) => runOnce(tf, ops, weights, body),
    dispose: () => undefined,
  };
}

function createPredictor<Config>(
  tf: Tfjs,
  ops: Ops<Tensor>,
  model: LoadedModel<Config>,
): Predictor {
  const weights = keepWeights(tf, model.weights);
  return {
    predict: (input, count) =>
      forwardProbabilities(tf, (x) => model.family.forward(ops, weights, model.config, x), model, {
        input,
        count,
      }),
    dispose: () => tf.dispose([...weights.values()]),
  };
}

function runOnce(
  tf: Tfjs,
  ops: Ops<Tensor>,
  weights: WeightData,
  body: RunBody,
): readonly { readonly shape: Shape; readonly values: Float32Array }[] {
  const kept = keepWeights(tf, weights);
  try {
    const results: { shape: Shape; values: Float32Array }[] = [];
    tf.tidy(() => {
      for (const result of body(ops, kept)) {
        results.push({ shape: result.shape, values: numbersOf(result).slice() });
      }
    });
    return results;
  } finally {
    tf.dispose([...kept.values()]);
  }
}
