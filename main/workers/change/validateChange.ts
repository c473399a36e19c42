import { accuracyFigures, type Confusion, createConfusion } from '../../../app/learn/metrics.ts';
import { type TileConfig, tileLogits } from '../../../app/model/tileNetwork.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import type { Network } from '../../engines/engine.ts';
import { defined } from '../defined.ts';
import type { TileScore } from '../tiles/tileTask.ts';
import type { PairBatch } from './pairTiles.ts';

/** What change is called, and its colours. Class order as in the released weights. */
export const changeClasses: ClassScheme = [
  { value: 1, name: 'No change', color: [214, 214, 208] },
  { value: 2, name: 'Change', color: [200, 60, 30] },
];

/** Tensors of a batch of pairs. */
export function pairInputs(
  { before, after, count }: Pick<PairBatch, 'before' | 'after' | 'count'>,
  { bands, imageSize }: TileConfig,
): ReadonlyMap<string, { readonly shape: number[]; readonly values: Float32Array }> {
  const shape = [count, bands, imageSize, imageSize];
  return new Map([
    ['image', { shape, values: before }],
    ['second', { shape, values: after }],
  ]);
}

/** Steps of the probabilities that are tried as threshold. */
const steps = 100;

/**
 * Measures a change network on labelled pixels, each seen once, at the threshold that gives the highest F1 there: tiles are drawn where
 * change is more often than it is, so that a network thinks it commoner than it is.
 */
export async function validateChange(
  network: Pick<Network, 'evaluate'>,
  batches: AsyncIterable<PairBatch>,
  config: TileConfig,
): Promise<TileScore> {
  // By label and step: pixels of that probability of change.
  const counts = [new Float64Array(steps), new Float64Array(steps)] as const;
  let [loss, seen] = [0, 0];
  for await (const batch of batches) {
    const [scores] = network.evaluate(pairInputs(batch, config), (ops, weights, inputs) => [
      ops.logSoftmax(
        tileLogits({ ops, weights, config }, inputs.get('image')!, inputs.get('second')),
      ),
    ]);
    for (const [pixel, label] of batch.labels.entries()) {
      if (label < 0) continue;
      loss -= scores![2 * pixel + label]!;
      seen += 1;
      const step = Math.floor(steps * Math.exp(scores![2 * pixel + 1]!));
      counts[label as 0 | 1][Math.min(steps - 1, step)]! += 1;
    }
  }
  const threshold = bestThreshold(...counts);
  const predicted = (ofLabel: Float64Array): [number, number] => [
    sum(ofLabel.subarray(0, threshold)),
    sum(ofLabel.subarray(threshold)),
  ];
  const confusion = createConfusion(2);
  confusion.counts.set(counts.flatMap(predicted));
  return {
    ...scoreOf(confusion, seen === 0 ? undefined : loss / seen),
    threshold: threshold / steps,
  };
}

/** The step from which pixels are changed that gives the highest F1; of equals the nearest to a half. */
export function bestThreshold(unchanged: Float64Array, changed: Float64Array): number {
  const all = sum(changed);
  let [best, bestF1] = [steps / 2, -1];
  let [hits, falseAlarms] = [all, sum(unchanged)];
  for (let step = 0; step < steps; step++) {
    const f1 = all === 0 ? 0 : (2 * hits) / (hits + falseAlarms + all);
    const nearer = Math.abs(step - steps / 2) < Math.abs(best - steps / 2);
    if (step > 0 && (f1 > bestF1 || (f1 === bestF1 && nearer))) [best, bestF1] = [step, f1];
    hits -= changed[step]!;
    falseAlarms -= unchanged[step]!;
  }
  return best;
}

const sum = (values: Float64Array): number => values.reduce((total, one) => total + one, 0);

function scoreOf(confusion: Confusion, loss: number | undefined): TileScore {
  const { oa, aa, kappa, miou, perClass } = accuracyFigures(confusion);
  const { users: precision, producers: recall, f1, iou } = perClass[1]!;
  return {
    accuracy: defined({ oa, aa, kappa, miou, f1, precision, recall }),
    score: f1 ?? 0,
    figures: defined({ loss, F1: f1, IoU: iou, precision, recall }),
    perClass: perClass.map(({ producers, users, f1: score, iou: overlap, support }, i) => ({
      name: changeClasses[i]!.name,
      support,
      ...defined({ producers, users, f1: score, iou: overlap }),
    })),
  };
}
