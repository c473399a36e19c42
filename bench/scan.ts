// The selective scan, forward and backward, against the best pure-PyTorch scan of each length.
import { join } from 'node:path';
import type { Bench } from './harness.ts';
import { python } from './referee.ts';

const here = import.meta.dirname;

/** Steps of the sequence, and the largest ratio of times that we must and aim to reach. */
const goals = [
  { steps: 37, must: 0.25, aim: 0.15 },
  { steps: 144, must: 0.06, aim: 0.03 },
  { steps: 224, must: 0.06, aim: 0.03 },
] as const;

/** Batch 64, 64 channels, 16 states; inputs by formula, so no folder for data is needed. */
export function benches(): Promise<readonly Bench[]> {
  return Promise.resolve(
    goals.map(({ steps, must, aim }) => ({
      name: `selective scan forward + backward, ${steps} steps`,
      ours: { command: process.execPath, args: [join(here, 'scanOurs.ts'), String(steps)] },
      peer: { command: python, args: [join(here, 'scan_peer.py'), String(steps)] },
      must,
      aim,
      disagreement,
    })),
  );
}

type Sums = readonly (readonly [sum: number, sumOfMagnitudes: number])[];
const names = ['output', 'u', 'dtRaw', 'A', 'B', 'C', 'D', 'z', 'dtBias'];

/** Digests are sums and sums of magnitudes of the output and of every gradient: equal to 1e-4 of the latter. */
function disagreement(ours: string, peer: string): string | undefined {
  const [a, b] = [JSON.parse(ours) as Sums, JSON.parse(peer) as Sums];
  for (const [i, [sum, magnitude]] of b.entries()) {
    const gap = Math.max(Math.abs(a[i]![0] - sum), Math.abs(a[i]![1] - magnitude)) / magnitude;
    if (!(gap < 1e-4)) return `${names[i]} differs by ${gap}`;
  }
  return undefined;
}
