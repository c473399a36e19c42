// `node bench/trainMemory.ts [SIZE …]`: peak memory and time of fine-tuning SpectralGPT at 128 × 128 × 12 bands, each way in a
// process of its own. Sizes: base, large.
import { execFileSync } from 'node:child_process';
import { crossEntropyOf } from '../app/model/losses.ts';
import { classify } from '../app/model/spectralGpt/classifier.ts';
import { prismapSpectralGpt, spectralGptSizes } from '../app/model/spectralGpt/configuration.ts';
import { withLora } from '../app/model/spectralGpt/lora.ts';
import { type Tuning, tuningRule } from '../app/model/spectralGpt/rules.ts';
import { segment } from '../app/model/spectralGpt/segmentation.ts';
import { freshSpectralGptWeights } from '../app/model/spectralGpt/weightTable.ts';
import { openEngine } from '../main/engines/table.ts';

type Way = {
  readonly size: 'base' | 'large';
  readonly task: 'scene' | 'segmentation';
  readonly batch: number;
  readonly recomputeBlocks: boolean;
  readonly tuning: Tuning;
  readonly mostBytes: number;
};

const gigabyte = 1e9;
const base = { size: 'base', task: 'scene', mostBytes: 8 * gigabyte } as const;
const large = { size: 'large', task: 'scene', mostBytes: 16 * gigabyte } as const;
const all: Tuning = { kind: 'all' };

const ways: readonly Way[] = [
  { ...base, batch: 2, recomputeBlocks: false, tuning: all },
  { ...base, batch: 2, recomputeBlocks: true, tuning: all },
  { ...base, batch: 8, recomputeBlocks: true, tuning: all },
  { ...base, batch: 2, recomputeBlocks: true, tuning: { kind: 'lora' } },
  { ...base, batch: 2, recomputeBlocks: false, tuning: { kind: 'last', blocks: 2 } },
  { ...base, batch: 2, recomputeBlocks: false, tuning: { kind: 'head' } },
  { ...base, task: 'segmentation', batch: 2, recomputeBlocks: true, tuning: all },
  { ...large, batch: 2, recomputeBlocks: true, tuning: all },
];

const [first, ...others] = process.argv.slice(2);
if (first === '--way') measure(JSON.parse(others[0]!) as Way, await openEngine({ threads: 2 }));
else report(first === undefined ? Object.keys(spectralGptSizes) : [first, ...others]);

function report(sizes: readonly string[]): void {
  for (const way of ways.filter(({ size }) => sizes.includes(size))) {
    const args = ['--expose-gc', import.meta.filename, '--way', JSON.stringify(way)];
    const line = execFileSync(process.execPath, args, { encoding: 'utf8' });
    const { peak, seconds } = JSON.parse(line) as { peak: number; seconds: number };
    const { size, task, batch, recomputeBlocks, tuning, mostBytes } = way;
    const kept = recomputeBlocks ? 'blocks computed again' : 'everything kept';
    const limit = `${peak <= mostBytes ? 'within' : 'OVER'} ${mostBytes / gigabyte} GB`;
    console.log(
      `${size}, ${task}, batch ${batch}, ${JSON.stringify(tuning)}, ${kept}: peak ${(peak / gigabyte).toFixed(2)} GB (${limit}), ${seconds.toFixed(1)} s a step`,
    );
  }
}

/** Two steps; the time of the quicker one. */
function measure(way: Way, engine: Awaited<ReturnType<typeof openEngine>>): void {
  const { size, task, batch, recomputeBlocks, tuning } = way;
  const config = prismapSpectralGpt({ task, classes: 10, ...spectralGptSizes[size] });
  const learner = engine.learner(weightsOf(way, config), {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.05,
    clipNorm: 1,
    rule: tuningRule(config, tuning),
  });
  globalThis.gc?.(); // the numbers on the host are garbage now
  const shape = [batch, config.bands, config.imageSize, config.imageSize];
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin(i),
  );
  let seconds = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 2; step++) {
    const started = performance.now();
    learner.accumulate(new Map([['image', { shape, values }]]), (ops, weights, inputs) => {
      const pass = { ops, weights, config, recomputeBlocks };
      const image = inputs.get('image')!;
      const logits = task === 'scene' ? classify(pass, image) : segment(pass, image);
      const rows = ops.shape(logits).reduce((a, b) => a * b, 1) / config.classes;
      const labels = Int32Array.from({ length: rows }, (_, i) => i % config.classes);
      return crossEntropyOf(ops, ops.reshape(logits, [rows, config.classes]), labels);
    });
    learner.step(1e-4);
    seconds = Math.min(seconds, (performance.now() - started) / 1000);
  }
  console.log(JSON.stringify({ peak: process.resourceUsage().maxRSS * 1024, seconds }));
}

function weightsOf({ tuning }: Way, config: ReturnType<typeof prismapSpectralGpt>) {
  const weights = freshSpectralGptWeights(config, 1);
  return tuning.kind === 'lora' ? withLora(weights, config, { rank: 8, alpha: 16 }, 1) : weights;
}
