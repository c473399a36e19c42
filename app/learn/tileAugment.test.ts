import { expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { applySymmetry, turnTile } from './squareSymmetry.ts';
import {
  cutBox,
  drawCrop,
  drawLight,
  drawMixing,
  eraseRectangle,
  mixTile,
  softTarget,
} from './tileAugment.ts';

const side = 16;
const ramp = (from: number): Float32Array =>
  Float32Array.from({ length: 2 * side * side }, (_, i) => from + i);

test('the eight symmetries are eight, turn labels with values, and undo themselves or each other', () => {
  const seen = new Set<string>();
  for (let symmetry = 0; symmetry < 8; symmetry++) {
    const tile = ramp(0);
    const labels = Int32Array.from({ length: side * side }, (_, i) => i);
    turnTile(tile, side, symmetry);
    applySymmetry(labels, side, symmetry);
    expect([...tile.subarray(0, side * side)]).toEqual([...labels]);
    expect([...tile.subarray(side * side)]).toEqual([...labels].map((one) => one + side * side));
    seen.add(tile.join());
  }
  expect(seen.size).toBe(8);
});

test('mixup draws Beta(0.8, 0.8), CutMix Beta(1, 1), each half of the time', () => {
  const shares: number[] = [];
  let cut = 0;
  for (let i = 0; i < 20_000; i++) {
    const mixing = drawMixing({ mixup: true, cutmix: true }, side, createRandom(7, 'mix', i))!;
    if (mixing.kind === 'mixup') shares.push(mixing.share);
    else cut += 1;
  }
  expect(cut / 20_000).toBeCloseTo(0.5, 1);
  const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
  const variance = shares.reduce((sum, one) => sum + (one - mean) ** 2, 0) / shares.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
  // Variance of Beta(a, a) = 1 / (4 (2 a + 1)).
  expect(Math.abs(variance - 1 / (4 * 2.6))).toBeLessThan(0.003);
});

test('the share of a CutMix target is that of its pixels, the box cut off at the edges too', () => {
  for (let i = 0; i < 200; i++) {
    const mixing = drawMixing({ mixup: false, cutmix: true }, side, createRandom(3, i))!;
    const [tile, partner] = [new Float32Array(2 * side * side), ramp(1)];
    mixTile(tile, partner, side, mixing);
    const kept = tile.filter((value) => value === 0).length;
    expect(kept / tile.length).toBeCloseTo(mixing.share, 12);
    expect([...tile].every((value, at) => value === 0 || value === at + 1)).toBe(true);
  }
  expect(cutBox(0, side, createRandom(1))).toSatisfy(
    (box: { left: number; right: number }) => box.left === box.right,
  );
});

test('targets are those of the released recipe: off = s / C, on = 1 − s + off, mixed by share', () => {
  const target = softTarget(10, 3, { partner: 7, share: 0.7, smoothing: 0.1 });
  const close = (index: number, value: number): void => expect(target[index]).toBeCloseTo(value, 6);
  close(3, 0.7 * 0.91 + 0.3 * 0.01);
  close(7, 0.3 * 0.91 + 0.7 * 0.01);
  close(0, 0.01);
  expect(target.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 6);
  expect([...softTarget(3, 1)]).toEqual([0, 1, 0]);
});

test('erasing changes one rectangle of all bands in a quarter of the tiles, 2 to 33 % of it', () => {
  let erased = 0;
  for (let i = 0; i < 2000; i++) {
    const tile = new Float32Array(2 * side * side).fill(-1);
    eraseRectangle(tile, side, createRandom(5, 'erase', i));
    const changed = [...tile.keys()].filter((at) => tile[at] !== -1);
    if (changed.length === 0) continue;
    erased += 1;
    const rows = changed.map((at) => Math.floor((at % (side * side)) / side));
    const columns = changed.map((at) => at % side);
    const height = Math.max(...rows) - Math.min(...rows) + 1;
    const width = Math.max(...columns) - Math.min(...columns) + 1;
    expect(changed).toHaveLength(2 * width * height);
    // A whole number of pixels a side moves the bounds a little.
    expect((width * height) / side ** 2).toBeGreaterThan(0.01);
    expect((width * height) / side ** 2).toBeLessThan(0.37);
  }
  expect(Math.abs(erased / 2000 - 0.25)).toBeLessThan(0.04);
  const again = [1, 2].map(() => {
    const tile = new Float32Array(2 * side * side);
    eraseRectangle(tile, side, createRandom(5, 'same'), 1);
    return tile;
  });
  expect(again[0]).toEqual(again[1]);
});

test('crops lie inside the tile and have a fifth to all of its area, sides 3 : 4 to 4 : 3', () => {
  const areas: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const { x, y, width, height } = drawCrop(createRandom(9, 'crop', i));
    for (const value of [x, y, 1 - x - width, 1 - y - height])
      expect(value).toBeGreaterThanOrEqual(-1e-12);
    expect(width / height).toBeGreaterThan(0.749);
    expect(width / height).toBeLessThan(1.334);
    areas.push(width * height);
  }
  expect(Math.min(...areas)).toBeGreaterThan(0.199);
  expect(Math.min(...areas)).toBeLessThan(0.21);
  expect(Math.max(...areas)).toBeLessThanOrEqual(1);
});

test('light comes as often doubled as halved, and differs by 15 % as a rule', () => {
  const random = createRandom(5, 'light');
  const logs = Array.from({ length: 4000 }, () => Math.log(drawLight(random)));
  const mean = logs.reduce((sum, one) => sum + one, 0) / logs.length;
  const deviation = Math.sqrt(logs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / logs.length);
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(deviation).toBeCloseTo(0.15, 2);
});
