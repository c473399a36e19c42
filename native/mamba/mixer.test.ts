import { beforeAll, describe, test } from 'vitest';
import { mambaMixer } from '../../app/model/spectralMamba.ts';
import {
  compareInference,
  type Layer,
  openForComparison,
} from '../../main/engines/testing/compareFused.ts';

beforeAll(openForComparison);

type Size = readonly [batch: number, steps: number, width: number, inner: number];

describe('a Mamba block in one piece agrees with its composition', () => {
  test.each<readonly [...Size, states: number, rank: number, taps: number]>([
    [1, 1, 1, 1, 1, 1, 1],
    [3, 4, 32, 64, 16, 2, 4],
    [100, 4, 32, 64, 16, 2, 4], // more sequences than are worked on together, and a rest
    [2, 200, 8, 16, 16, 1, 4], // a sequence longer than a block
    [5, 37, 33, 17, 5, 3, 2],
    [7, 9, 12, 70, 24, 5, 7],
    [2, 3, 16, 32, 64, 1, 4], // fewer steps than taps
  ])('%i × %i steps, width %i, %i channels, %i states, rank %i, %i taps', (...size) => {
    const [batch, steps, width, inner, states, rank, taps] = size;
    const layer: Layer = (ops, weights, v) => mambaMixer(ops, weights, 'mixer', v);
    compareInference(layer, [batch, steps, width], {
      'mixer.in_proj.weight': [2 * inner, width],
      'mixer.conv1d.weight': [inner, 1, taps],
      'mixer.conv1d.bias': [inner],
      'mixer.x_proj.weight': [rank + 2 * states, inner],
      'mixer.dt_proj.weight': [inner, rank],
      'mixer.dt_proj.bias': [inner],
      'mixer.A_log': [inner, states],
      'mixer.D': [inner],
      'mixer.out_proj.weight': [width, inner],
    });
  });
});
