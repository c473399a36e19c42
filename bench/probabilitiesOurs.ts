// Our side of the bench of probabilities: `probabilitiesOurs.ts FILE`, all spectra for every line on standard input (see harness.ts).
import { createInterface } from 'node:readline';
import { spectralMamba } from '../app/model/spectralMamba.ts';
import { createClassPredictor } from '../main/engines/classPredictor.ts';
import { openEngine } from '../main/engines/table.ts';
import { readTask } from './spectralMambaTask.ts';

const { config, weights, samples, input } = readTask(process.argv[2]!);
const { bands, classes } = config;
const engine = await openEngine({ engine: 'tensorflow', threads: 2 });
const predictor = createClassPredictor(
  {
    members: [{ family: spectralMamba, config, weights }],
    // The peer's spectra are ready for the network; ours go through the normalisation all the same.
    normalisation: {
      views: [
        {
          view: 'value',
          mean: Array.from({ length: bands }, () => 0),
          std: Array.from({ length: bands }, () => 1),
        },
      ],
    },
    bands,
    patch: 1,
  },
  engine,
);

createInterface({ input: process.stdin }).on('line', () => {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  const scores = predictor.probabilities({ features: input, bands, patch: 1 });
  const wall = (performance.now() - wallBefore) / 1000;
  const used = process.cpuUsage(cpuBefore);
  const means = new Float64Array(classes);
  for (const [i, score] of scores.entries()) means[i % classes]! += score / samples;
  const cpu = (used.user + used.system) / 1e6;
  const peakRss = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ cpu, wall, digest: JSON.stringify([...means]), peakRss }));
});
