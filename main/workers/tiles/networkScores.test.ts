import { expect, test } from 'vitest';
import { applySymmetry, turnTile } from '../../../app/learn/squareSymmetry.ts';
import { smallHead } from '../../../app/model/baselines/testing/smallHead.ts';
import type { VitConfig } from '../../../app/model/baselines/vit.ts';
import { freshTileWeights } from '../../../app/model/tileNetwork.ts';
import { openEngine } from '../../engines/table.ts';
import { networkScores } from './networkScores.ts';

const config: VitConfig = {
  task: 'segmentation',
  classes: 3,
  bands: 2,
  imageSize: 16,
  embedDim: 12,
  depth: 1,
  heads: 2,
  patch: 8,
  dropPath: 0,
  groupEmbedding: 0,
  headDropout: { pyramid: 0, fusion: 0 },
  head: smallHead,
};
const side = config.imageSize;
const tile = (phase: number): Float32Array =>
  Float32Array.from({ length: 2 * side * side }, (_, i) => Math.sin(i * 0.7 + phase) ** 2);

/** (side, side, classes) as planes, to be turned like the tile. */
function turnScores(scores: Float32Array, classes: number, symmetry: number): Float32Array {
  const turned = new Float32Array(scores.length);
  for (let k = 0; k < classes; k++) {
    const plane = Float32Array.from({ length: side * side }, (_, i) => scores[i * classes + k]!);
    applySymmetry(plane, side, symmetry);
    for (const [i, score] of plane.entries()) turned[i * classes + k] = score;
  }
  return turned;
}

test.each([
  ['segmentation', 1],
  ['change', 2],
] as const)(
  'with flips, %s of a turned tile is turned; without, it is not',
  async (task, dates) => {
    const own: VitConfig = { ...config, task, classes: task === 'change' ? 2 : 3 };
    const engine = await openEngine({});
    const network = engine.network(freshTileWeights(own, 4));
    const images = [tile(0), tile(1)].slice(0, dates);
    const scores = (flips: boolean, symmetry: number): Float32Array =>
      networkScores(
        { network, config: own, flips },
        images.map((image) => {
          const copy = image.slice();
          turnTile(copy, side, symmetry);
          return copy;
        }),
      );
    const plain = scores(true, 0);
    for (const symmetry of [1, 3, 6]) {
      const wanted = turnScores(plain, own.classes, symmetry);
      const found = scores(true, symmetry);
      const distance = Math.max(...found.map((score, i) => Math.abs(score - wanted[i]!)));
      expect(distance).toBeLessThan(1e-5);
    }
    const unsteady = scores(false, 1);
    const turned = turnScores(scores(false, 0), own.classes, 1);
    expect(Math.max(...unsteady.map((one, i) => Math.abs(one - turned[i]!)))).toBeGreaterThan(1e-3);
    network.dispose();
    engine.dispose();
  },
);
