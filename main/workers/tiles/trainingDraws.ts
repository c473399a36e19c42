import { applySymmetry, turnTile } from '../../../app/learn/squareSymmetry.ts';
import { eraseRectangle } from '../../../app/learn/tileAugment.ts';
import { createRandom } from '../../../app/random.ts';
import { partsOf } from './tilePlan.ts';
import type { TileRequest } from './tileTask.ts';

/** Where the tiles of a part stand in the sequence of all tiles drawn. */
export type Draws = {
  /** Number of the step among all steps, from 0. */
  readonly step: number;
  /** Of the first tile of the step, and how many there are. */
  readonly first: number;
  readonly perStep: number;
  /** Numbers of the tiles of this part. */
  readonly numbers: readonly number[];
};

/** The draws of a part of a step; `tiles` are drawn an epoch. */
export function drawsOf({ plan, epoch, part }: TileRequest, tiles: number): Draws {
  const { stepsPerEpoch, partsPerStep } = partsOf(plan, tiles);
  const perStep = partsPerStep * plan.part;
  const step = (epoch - 1) * stepsPerEpoch + Math.floor(part / partsPerStep);
  const first = step * perStep;
  const from = first + (part % partsPerStep) * plan.part;
  return { step, first, perStep, numbers: Array.from({ length: plan.part }, (_, i) => from + i) };
}

/** Turns a tile, and erases a part of it, as the plan wants; the same for the same draw, whatever part it comes in. */
export function changeTile(
  tile: { readonly values: Float32Array; readonly labels?: Int32Array },
  { plan, config }: Pick<TileRequest, 'plan' | 'config'>,
  seed: number,
  draw: number,
): void {
  const { imageSize: side } = config;
  const random = createRandom(seed, 'tile', draw);
  if (plan.augment.includes('flips')) {
    const symmetry = random.integer(8);
    turnTile(tile.values, side, symmetry);
    if (tile.labels !== undefined) applySymmetry(tile.labels, side, symmetry);
  }
  if (plan.augment.includes('erasing')) eraseRectangle(tile.values, side, random);
}
