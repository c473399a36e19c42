import { accuracyFigures, addToConfusion, createConfusion } from '../../../app/learn/metrics.ts';
import { type TileConfig, tileLogits } from '../../../app/model/tileNetwork.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import type { Network } from '../../engines/engine.ts';
import { defined } from '../defined.ts';
import type { LabelledTiles } from './labelledTiles.ts';
import type { TileScore } from './tileTask.ts';

/** Measures a segmentation network on labelled pixels, each seen once in the tiles of a regular grid. */
export async function validateTiles(
  network: Pick<Network, 'evaluate'>,
  tiles: Pick<LabelledTiles, 'all'>,
  {
    config,
    classes,
    batch,
    signal,
  }: {
    readonly config: TileConfig;
    readonly classes: ClassScheme;
    /** Tiles at a time. */
    readonly batch: number;
    readonly signal: AbortSignal;
  },
): Promise<TileScore> {
  const confusion = createConfusion(classes.length);
  let [loss, seen] = [0, 0];
  for await (const { values, labels, count } of tiles.all(batch, signal)) {
    const shape = [count, config.bands, config.imageSize, config.imageSize];
    const [scores] = network.evaluate(
      new Map([['image', { shape, values }]]),
      (ops, weights, inputs) => [
        ops.logSoftmax(tileLogits({ ops, weights, config }, inputs.get('image')!)),
      ],
    );
    const reference: number[] = [];
    const predicted: number[] = [];
    for (const [pixel, label] of labels.entries()) {
      if (label < 0) continue;
      const row = scores!.subarray(pixel * config.classes, (pixel + 1) * config.classes);
      loss -= row[label]!;
      seen += 1;
      reference.push(label + 1);
      predicted.push(row.indexOf(Math.max(...row)) + 1);
    }
    addToConfusion(confusion, reference, predicted);
  }
  const { oa, aa, kappa, miou, f1, perClass } = accuracyFigures(confusion);
  return {
    accuracy: defined({ oa, aa, kappa, miou, f1 }),
    score: miou ?? 0,
    figures: defined({ loss: seen === 0 ? undefined : loss / seen, OA: oa, mIoU: miou }),
    perClass: perClass.map(({ producers, users, f1: score, iou, support }, i) => ({
      name: classes[i]!.name,
      support,
      ...defined({ producers, users, f1: score, iou }),
    })),
  };
}
