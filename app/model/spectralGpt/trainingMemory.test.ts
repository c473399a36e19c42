import { expect, test } from 'vitest';
import { prismapSpectralGpt } from './configuration.ts';
import { type TrainingMemory, trainingMemory } from './trainingMemory.ts';

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

test('what does not learn needs less: near the peaks of Base with the head alone and with low-rank additions', () => {
  const config = prismapSpectralGpt({ task: 'scene', classes: 10 });
  const of = (tuning: Parameters<typeof trainingMemory>[2]): TrainingMemory =>
    trainingMemory(config, true, tuning);
  // docs/performance.md, batch 2: 1.65 GB and 1.71 GB, of which Node and TensorFlow hold half a gigabyte.
  const head = of({ kind: 'head' });
  expect((0.5e9 + head.network + 2 * head.perTile) / 1.65e9).toBeGreaterThan(0.75);
  expect((0.5e9 + head.network + 2 * head.perTile) / 1.65e9).toBeLessThan(1.35);
  const lora = of({ kind: 'lora' });
  expect((0.5e9 + lora.network + 2 * lora.perTileRecomputed) / 1.71e9).toBeGreaterThan(0.75);
  expect((0.5e9 + lora.network + 2 * lora.perTileRecomputed) / 1.71e9).toBeLessThan(1.5);
  const last = of({ kind: 'last', blocks: 3 });
  expect(last.network).toBeGreaterThan(head.network);
  expect(last.network).toBeLessThan(of({ kind: 'all' }).network);
  expect(last.perTile).toBe(of({ kind: 'all' }).perTile / 4);
});
