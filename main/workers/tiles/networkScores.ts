import { applySymmetry, turnTile } from '../../../app/learn/squareSymmetry.ts';
import { type TileConfig, tileLogits } from '../../../app/model/tileNetwork.ts';
import type { Network } from '../../engines/engine.ts';

/** Symmetries of the square. */
const symmetries = 8;

/** What scores are asked of. */
export type Scoring = {
  readonly network: Pick<Network, 'evaluate'>;
  readonly config: TileConfig;
  /** The mean over all eight flips and rotations of each tile: steadier, at eight times the work. */
  readonly flips: boolean;
};

/**
 * Probabilities of scaled tiles (count, bands, S, S), of one date or two: (count, classes), or (count, S, S, classes) of the
 * dense tasks. They add up to 1, but for several labels each goes from 0 to 1.
 */
export function networkScores(scoring: Scoring, dates: readonly Float32Array[]): Float32Array {
  const { config, flips } = scoring;
  if (!flips) return evaluate(scoring, dates);
  const dense = config.task === 'segmentation' || config.task === 'change';
  let sum: Float32Array | undefined;
  for (let symmetry = 0; symmetry < symmetries; symmetry++) {
    const turned = dates.map((values) => {
      const copy = values.slice();
      turnTile(copy, config.imageSize, symmetry);
      return copy;
    });
    const scores = evaluate(scoring, turned);
    sum ??= new Float32Array(scores.length);
    if (dense) addTurned(sum, scores, config, symmetry);
    else for (const [i, score] of scores.entries()) sum[i]! += score;
  }
  return sum!.map((score) => score / symmetries);
}

function evaluate(
  { network, config }: Scoring,
  [first, second]: readonly Float32Array[],
): Float32Array {
  const { bands, imageSize: side } = config;
  const shape = [first!.length / (bands * side * side), bands, side, side];
  const inputs = new Map([['image', { shape, values: first! }]]);
  if (second !== undefined) inputs.set('second', { shape, values: second });
  const [scores] = network.evaluate(inputs, (ops, weights, given) => {
    const logits = tileLogits({ ops, weights, config }, given.get('image')!, given.get('second'));
    return [config.task === 'multilabel' ? ops.sigmoid(logits) : ops.softmax(logits)];
  });
  return scores!;
}

/** Adds scores of turned tiles where the pixels were before. */
function addTurned(
  sum: Float32Array,
  scores: Float32Array,
  { imageSize: side, classes }: TileConfig,
  symmetry: number,
): void {
  const origin = Int32Array.from({ length: side * side }, (_, i) => i);
  applySymmetry(origin, side, symmetry);
  const size = origin.length * classes;
  for (let from = 0; from < scores.length; from += size)
    for (const [i, pixel] of origin.entries())
      for (let k = 0; k < classes; k++)
        sum[from + pixel * classes + k]! += scores[from + i * classes + k]!;
}
