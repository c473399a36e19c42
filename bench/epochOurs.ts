// Our side of the epoch bench: `epochOurs.ts FILE`, one epoch for every line on standard input (see harness.ts).
import { createInterface } from 'node:readline';
import { spectralMamba } from '../app/model/spectralMamba.ts';
import { openEngine } from '../main/engines/table.ts';
import { readTask } from './spectralMambaTask.ts';

const batch = 64;
const { config, weights, samples, input, labels } = readTask(process.argv[2]!);
const engine = await openEngine({ engine: 'tensorflow', threads: 2 });
const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
const trainer = engine.trainer({ family: spectralMamba, config, weights }, options);

/** Samples in their order: both sides see the same batches. */
function epoch(): readonly [first: number, mean: number] {
  const losses: number[] = [];
  for (let start = 0; start < samples; start += batch) {
    const count = Math.min(batch, samples - start);
    losses.push(
      trainer.step(
        {
          input: input.subarray(start * config.bands, (start + count) * config.bands),
          labels: labels.subarray(start, start + count),
          count,
        },
        1e-3,
      ),
    );
  }
  trainer.weights(); // on the host, as a checkpoint would have them
  return [losses[0]!, losses.reduce((a, b) => a + b, 0) / losses.length];
}

createInterface({ input: process.stdin }).on('line', () => {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  const losses = epoch();
  const wall = (performance.now() - wallBefore) / 1000;
  const used = process.cpuUsage(cpuBefore);
  const cpu = (used.user + used.system) / 1e6;
  const peakRss = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ cpu, wall, digest: JSON.stringify(losses), peakRss }));
});
