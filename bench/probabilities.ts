// Class probabilities of many spectra by SpectralMamba, beside PyTorch with the scan and batch that its own probe found fastest.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './harness.ts';
import { python } from './referee.ts';
import { writeTask } from './spectralMambaTask.ts';

const here = import.meta.dirname;

const goals = [
  { name: '4 pieces of 37 steps', pieces: 4, samples: 16_384, must: 0.3, aim: 0.15 },
  { name: 'every band a step, 145 steps', pieces: 1, samples: 4096, must: 0.1, aim: 0.05 },
] as const;

/** Largest gap between the mean probabilities of a class. */
const tolerance = 1e-5;

/** @param folder where weights and spectra are written for both sides */
export async function benches(folder: string): Promise<readonly Bench[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    goals.map(async ({ name, pieces, samples, must, aim }) => {
      const file = join(folder, `probabilities-${pieces}`);
      await writeTask(file, pieces, samples);
      return {
        name: `SpectralMamba, probabilities of ${samples} spectra, ${name}`,
        ours: { command: process.execPath, args: [join(here, 'probabilitiesOurs.ts'), file] },
        peer: { command: python, args: [join(here, 'probabilities_peer.py'), file] },
        must,
        aim,
        disagreement,
      };
    }),
  );
}

function disagreement(ours: string, peer: string): string | undefined {
  const [a, b] = [JSON.parse(ours) as number[], JSON.parse(peer) as number[]];
  const gap = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
  return gap <= tolerance ? undefined : `mean probabilities differ by ${gap}`;
}
