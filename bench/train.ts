// SpectralGPT Base at 128 × 128 × 12 bands (1024 tokens) beside the same network in PyTorch with its fused attention:
// forward of one and of eight images, and a training step of two, in time and in peak memory.
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { officialSpectralGpt } from '../app/model/spectralGpt/configuration.ts';
import { freshSpectralGptWeights } from '../app/model/spectralGpt/weightTable.ts';
import { createRandom } from '../app/random.ts';
import type { Bench } from './harness.ts';
import { python } from './referee.ts';

const here = import.meta.dirname;

const classes = 10;
const largestBatch = 8;

/**
 * Operations of one image's forward pass: per token the products of a block (24 · width²) and its attention (4 · tokens · width). What
 * lies around the blocks is less than a hundredth of that.
 */
const [tokens, width, depth] = [1024, 768, 12];
const forwardFlops = depth * tokens * (24 * width ** 2 + 4 * tokens * width);

const works = [
  { work: 'forward', batch: 1, must: 1.1, aim: 1 },
  { work: 'forward', batch: 8, must: 1.1, aim: 1 },
  { work: 'step', batch: 2, must: 1.2, aim: 1, mostMemory: 1.3 },
] as const;

/** Largest gap, relative to the largest of the peer's numbers, between logits or between losses of a step. */
const tolerance = 1e-3;

/** @param folder where weights and samples are written for both sides */
export async function benches(folder: string): Promise<readonly Bench[]> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'spectralgpt');
  await writeTask(file);
  return works.map(({ work, batch, ...limits }) => {
    const args = [file, work, String(batch)];
    return {
      name: `SpectralGPT Base, ${work}, batch ${batch}`,
      ours: { command: process.execPath, args: [join(here, 'trainOurs.ts'), ...args] },
      peer: { command: python, args: [join(here, 'train_peer.py'), ...args] },
      ...limits,
      // backward is two products for each of forward's
      flops: (work === 'step' ? 3 : 1) * batch * forwardFlops,
      disagreement,
    };
  });
}

/** `FILE.json`: the network and its weights' table; `FILE.bin`: all weights, then images and labels, float32. */
async function writeTask(file: string): Promise<void> {
  const config = {
    ...officialSpectralGpt({ task: 'scene', classes, separablePositions: true }),
    dropPath: 0, // what is left out differs between random generators
  };
  const weights = freshSpectralGptWeights(config, 1);
  const random = createRandom(1, 'images');
  const images = Float32Array.from(
    { length: largestBatch * config.bands * config.imageSize ** 2 },
    () => random.uniform(),
  );
  const labels = Float32Array.from({ length: largestBatch }, () => random.integer(classes));
  const table = [...weights].map(([path, { shape }]) => ({ path, shape }));
  await writeFile(`${file}.json`, JSON.stringify({ config, table, images: largestBatch }));
  const output = openSync(`${file}.bin`, 'w');
  for (const values of [...[...weights.values()].map((entry) => entry.values), images, labels])
    writeSync(output, values);
  closeSync(output);
}

/** Digests are lists of numbers: logits, or the loss of a step after the same steps before it. */
function disagreement(ours: string, peer: string): string | undefined {
  const [a, b] = [JSON.parse(ours) as number[], JSON.parse(peer) as number[]];
  const scale = Math.max(...b.map(Math.abs));
  const gap = Math.max(...b.map((value, i) => Math.abs(value - a[i]!))) / scale;
  return gap <= tolerance && a.length === b.length ? undefined : `results differ by ${gap}`;
}
