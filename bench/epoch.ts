// One training epoch of SpectralMamba against the same network in PyTorch with its fastest scan.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './harness.ts';
import { python } from './referee.ts';
import { writeTask } from './spectralMambaTask.ts';

const here = import.meta.dirname;

/** Sizes, samples an epoch, and the largest ratio of times that we must and aim to reach. */
const goals = [
  { name: 'Botswana size, 4 pieces of 37 steps', pieces: 4, samples: 1280, must: 0.7, aim: 0.5 },
  { name: 'every band a step, 145 steps', pieces: 1, samples: 320, must: 0.3, aim: 0.15 },
] as const;

/** @param folder where weights and samples are written for both sides */
export async function benches(folder: string): Promise<readonly Bench[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    goals.map(async ({ name, pieces, samples, must, aim }) => {
      const file = join(folder, `epoch-${pieces}`);
      await writeTask(file, pieces, samples);
      return {
        name: `training epoch, ${name}`,
        ours: { command: process.execPath, args: [join(here, 'epochOurs.ts'), file] },
        peer: { command: python, args: [join(here, 'epoch_peer.py'), file] },
        must,
        aim,
        disagreement,
      };
    }),
  );
}

/** Digests are the loss of the first step and the mean loss of the epoch. */
function disagreement(ours: string, peer: string): string | undefined {
  const [a, b] = [JSON.parse(ours) as number[], JSON.parse(peer) as number[]];
  for (const [i, name] of ['first loss', 'mean loss'].entries()) {
    const gap = Math.abs(a[i]! - b[i]!) / Math.abs(b[i]!);
    if (!(gap < 5e-3)) return `${name} ${a[i]} against ${b[i]}`;
  }
  return undefined;
}
