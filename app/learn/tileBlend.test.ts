import { expect, test } from 'vitest';
import { blendWeights, tileCorners } from './tileBlend.ts';

test.each([
  [64, 0, 100],
  [8, 5, 24],
  [16, 3, 1],
  [32, 0, 32],
])('tiles of %i over [%i, +%i) weigh 1 in all at every pixel', (side, start, length) => {
  const weights = blendWeights(side);
  const corners = tileCorners(start, length, side);
  for (const row of [start, start + Math.floor(length / 2), start + length - 1])
    for (let column = start; column < start + length; column++) {
      const over = (at: number): number[] => corners.filter((c) => at >= c && at < c + side);
      const shares = over(row).flatMap((y) =>
        over(column).map((x) => weights[(row - y) * side + column - x]!),
      );
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    }
});
