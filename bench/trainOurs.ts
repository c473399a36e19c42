// Our side of the SpectralGPT bench: `trainOurs.ts FILE forward|step BATCH`, once for every line on standard input (see harness.ts).
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { crossEntropyOf } from '../app/model/losses.ts';
import type { Shape } from '../app/model/ops.ts';
import { classify } from '../app/model/spectralGpt/classifier.ts';
import type { SpectralGptConfig } from '../app/model/spectralGpt/configuration.ts';
import { layerDecayRule } from '../app/model/spectralGpt/rules.ts';
import type { WeightData } from '../app/model/weights.ts';
import { openEngine } from '../main/engines/table.ts';

const [file = '', work, batchText] = process.argv.slice(2);
const batch = Number(batchText);
const task = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as {
  readonly config: SpectralGptConfig;
  readonly table: readonly { readonly path: string; readonly shape: Shape }[];
  readonly images: number;
};
const { config } = task;
const threads = Number(process.env['OMP_NUM_THREADS'] ?? 2); // as many as the peer
const engine = await openEngine({ engine: 'tensorflow', threads });
const { weights, inputs, labels } = readTask();
const run = work === 'forward' ? forwardRunner() : stepRunner();

function readTask(): {
  readonly weights: WeightData;
  readonly inputs: WeightData;
  readonly labels: Int32Array;
} {
  const source = openSync(`${file}.bin`, 'r');
  const take = (count: number): Float32Array => {
    const values = new Float32Array(count);
    readSync(source, values);
    return values;
  };
  const size = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);
  const weights = new Map(
    task.table.map(({ path, shape }) => [path, { shape, values: take(size(shape)) }]),
  );
  const shape = [batch, config.bands, config.imageSize, config.imageSize];
  const all = take((size(shape) / batch) * task.images);
  const inputs = new Map([['image', { shape, values: all.slice(0, size(shape)) }]]);
  const labels = Int32Array.from(take(task.images)).slice(0, batch);
  closeSync(source);
  return { weights, inputs, labels };
}

function forwardRunner(): () => readonly number[] {
  const network = engine.network(weights);
  return () => {
    const [logits] = network.evaluate(inputs, (ops, at, given) => [
      classify({ ops, weights: at, config }, given.get('image')!),
    ]);
    return [...logits!];
  };
}

function stepRunner(): () => readonly number[] {
  const learner = engine.learner(weights, {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.05,
    rule: layerDecayRule(config, 1),
  });
  return () => {
    const loss = learner.accumulate(inputs, (ops, at, given) =>
      crossEntropyOf(ops, classify({ ops, weights: at, config }, given.get('image')!), labels),
    );
    learner.step(1e-4);
    return [loss];
  };
}

createInterface({ input: process.stdin }).on('line', () => {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  const result = run();
  const wall = (performance.now() - wallBefore) / 1000;
  const used = process.cpuUsage(cpuBefore);
  const cpu = (used.user + used.system) / 1e6;
  const peakRss = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ cpu, wall, digest: JSON.stringify(result), peakRss }));
});
