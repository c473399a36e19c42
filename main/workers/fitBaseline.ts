import { forestProbabilities } from '../../app/learn/forest.ts';
import { fitForest } from '../engines/forest.ts';
import { programVersion } from '../version.ts';
import { scoreOf } from './score.ts';
import type { ScoredModel } from './trainedModel.ts';
import type { TrainingRun } from './trainingRun.ts';

/** Trees of the baseline. */
export const trees = 200;

/** A random forest on the same samples and split as the network: what it has to beat. Sees the pixel alone. */
export async function fitBaseline({
  input,
  data,
  split,
  context,
}: TrainingRun): Promise<ScoredModel> {
  const { classes, patch } = data;
  const bands = data.bands.length;
  const centres = patch === 1 ? data.features : centrePixels(data.features, patch);
  const started = performance.now();
  const forest = await fitForest(
    {
      features: centres,
      bands,
      labels: Int32Array.from(data.pixels.classIndex),
      classes: classes.length,
    },
    {
      train: split.train,
      trees,
      seed: input.seed,
      signal: context.signal,
      onProgress: ({ trees: done, of }) =>
        context.emit({ kind: 'progress', stage: 'random forest', done, total: of }),
    },
  );
  const seconds = (performance.now() - started) / 1000;
  const score = scoreOf({ ...data, features: centres, patch: 1 }, split, ({ features }) =>
    forestProbabilities(forest, features),
  );
  return {
    family: 'forest',
    preset: undefined,
    config: { bands, classes: classes.length },
    weights: forest,
    normalisation: {
      views: [
        {
          view: 'value',
          mean: new Array<number>(bands).fill(0),
          std: new Array<number>(bands).fill(1),
        },
      ],
    },
    curve: [],
    epochs: 1,
    bestEpoch: 1,
    settings: { trees, seed: input.seed },
    samplesPerSecond: split.train.length / Math.max(seconds, 1e-9),
    engine: {
      id: 'forest',
      device: 'CPU, 1 thread, JavaScript',
      versions: { prismap: programVersion() },
    },
    score,
  };
}

function centrePixels(features: Float32Array, patch: number): Float32Array {
  const cells = patch * patch;
  return Float32Array.from(
    { length: features.length / cells },
    (_, i) => features[i * cells + (cells >> 1)]!,
  );
}
