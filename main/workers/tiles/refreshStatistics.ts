import { keepsStatistics, type TileConfig, tileLogits } from '../../../app/model/tileNetwork.ts';
import type { WeightData } from '../../../app/model/weights.ts';
import type { CourseBatch } from '../../engines/course.ts';
import type { Learner } from '../../engines/engine.ts';

/** Batches that the statistics are found from. */
export const statisticsBatches = 8;

/**
 * Sets the statistics of batch normalisation to those of training tiles under the weights as they now are (Wu and Johnson
 * 2021, "Rethinking batch in BatchNorm", precise BN). Nothing for networks without any.
 * @param batch Tiles of training by number, the same for the same number
 */
export async function refreshStatistics(
  learner: Learner,
  config: TileConfig,
  batch: (number: number) => Promise<CourseBatch>,
): Promise<void> {
  if (!keepsStatistics(config)) return;
  const sums = new Map<string, Float64Array>();
  for (let number = 0; number < statisticsBatches; number++) {
    const { inputs } = await batch(number);
    for (const [path, values] of batchStatistics(learner, config, inputs))
      addTo(sums, path, values);
  }
  const means = new Map(
    [...sums].map(([path, sum]) => [path, sum.map((one) => one / statisticsBatches)]),
  );
  const weights = new Map(learner.weights());
  for (const [path, mean] of means) {
    const { shape } = weights.get(path)!;
    weights.set(path, { shape, values: Float32Array.from(mean) });
  }
  learner.restore(weights, learner.optimizer());
}

function addTo(sums: Map<string, Float64Array>, path: string, values: Float32Array): void {
  const sum = sums.get(path) ?? new Float64Array(values.length);
  for (const [i, value] of values.entries()) sum[i]! += value;
  sums.set(path, sum);
}

/** Mean and variance at every normalisation, by the path under which they are kept. */
function batchStatistics(
  learner: Learner,
  config: TileConfig,
  inputs: WeightData,
): ReadonlyMap<string, Float32Array> {
  const paths: string[] = [];
  const results = learner.evaluate(
    inputs,
    <T>(
      ops: Parameters<typeof tileLogits<T>>[0]['ops'],
      weights: ReadonlyMap<string, T>,
      given: ReadonlyMap<string, T>,
    ) => {
      const found: T[] = [];
      const observe = (path: string, value: T): void => {
        paths.push(path);
        found.push(value);
      };
      tileLogits(
        { ops, weights, config, statistics: { of: 'batch', observe } },
        given.get('image')!,
        given.get('second'),
      );
      return found;
    },
  );
  return new Map(paths.map((path, i) => [path, results[i]!]));
}
