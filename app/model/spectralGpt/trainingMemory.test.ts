import { expect, test } from 'vitest';
import { prismapSpectralGpt } from './configuration.ts';
import { trainingMemory } from './trainingMemory.ts';

/** Growth of peak memory by one more tile of a step, TensorFlow 2.21 with fused attention, in MB (VmHWM, 2026-11-23). */
const measured = [
  { embedDim: 96, depth: 4, heads: 4, imageSize: 64, task: 'scene', megabytes: 8.1 },
  { embedDim: 384, depth: 6, heads: 6, imageSize: 96, task: 'scene', megabytes: 94 },
  { embedDim: 384, depth: 6, heads: 6, imageSize: 128, task: 'scene', megabytes: 171 },
  { embedDim: 96, depth: 4, heads: 4, imageSize: 64, task: 'segmentation', megabytes: 290 },
  { embedDim: 384, depth: 6, heads: 6, imageSize: 64, task: 'segmentation', megabytes: 319 },
] as const;

test.each(measured)('$task of width $embedDim at $imageSize²: near what was measured', (row) => {
  const { megabytes, ...sizes } = row;
  const config = prismapSpectralGpt({ ...sizes, classes: 10, bands: 12, patch: 8 });
  const { perTile } = trainingMemory(config, true);
  expect(perTile / 1e6 / megabytes).toBeGreaterThan(0.75);
  expect(perTile / 1e6 / megabytes).toBeLessThan(1.35);
});

test('scores kept for every block outgrow all else; blocks run again are much smaller', () => {
  const config = prismapSpectralGpt({ task: 'scene', classes: 10 });
  const fused = trainingMemory(config, true);
  expect(trainingMemory(config, false).perTile - fused.perTile).toBe(4 * 12 * 3 * 12 * 1024 ** 2);
  expect(fused.perTileRecomputed).toBeLessThan(fused.perTile / 6);
});
