import {
  accuracyFigures,
  addToConfusion,
  type Confusion,
  createConfusion,
} from '../../../app/learn/metrics.ts';
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

/** Measures a change network on labelled pixels, each seen once. */
export async function validateChange(
  network: Pick<Network, 'evaluate'>,
  batches: AsyncIterable<PairBatch>,
  config: TileConfig,
): Promise<TileScore> {
  const confusion = createConfusion(2);
  let [loss, seen] = [0, 0];
  for await (const batch of batches) {
    const [scores] = network.evaluate(pairInputs(batch, config), (ops, weights, inputs) => [
      ops.logSoftmax(
        tileLogits({ ops, weights, config }, inputs.get('image')!, inputs.get('second')),
      ),
    ]);
    const reference: number[] = [];
    const predicted: number[] = [];
    for (const [pixel, label] of batch.labels.entries()) {
      if (label < 0) continue;
      loss -= scores![2 * pixel + label]!;
      seen += 1;
      reference.push(label + 1);
      predicted.push(scores![2 * pixel + 1]! > scores![2 * pixel]! ? 2 : 1);
    }
    addToConfusion(confusion, reference, predicted);
  }
  return scoreOf(confusion, seen === 0 ? undefined : loss / seen);
}

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
