// `trainTiny.ts THREADS`: two steps of a small SpectralGPT with TensorFlow; prints a hash of every weight. A process of its own,
// because TensorFlow reads the number of its threads once.
import { createHash } from 'node:crypto';
import { crossEntropyOf } from '../../../app/model/losses.ts';
import { classify } from '../../../app/model/spectralGpt/classifier.ts';
import { prismapSpectralGpt } from '../../../app/model/spectralGpt/configuration.ts';
import { tuningRule } from '../../../app/model/spectralGpt/rules.ts';
import { freshSpectralGptWeights } from '../../../app/model/spectralGpt/weightTable.ts';
import { createRandom } from '../../../app/random.ts';
import { openEngine } from '../table.ts';

const config = prismapSpectralGpt({
  task: 'scene',
  classes: 3,
  embedDim: 384,
  depth: 2,
  heads: 6,
  imageSize: 64,
});
const engine = await openEngine({ engine: 'tensorflow', threads: Number(process.argv[2]) });
const learner = engine.learner(freshSpectralGptWeights(config, 1), {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.05,
  clipNorm: 1,
  rule: tuningRule(config, { kind: 'all' }),
});
const random = createRandom(1, 'image');
const shape = [2, config.bands, config.imageSize, config.imageSize];
const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
  random.normal(),
);
for (const recomputeBlocks of [false, true]) {
  learner.accumulate(new Map([['image', { shape, values }]]), (ops, weights, inputs) => {
    const pass = { ops, weights, config, random: createRandom(2, 'drop path'), recomputeBlocks };
    return crossEntropyOf(ops, classify(pass, inputs.get('image')!), Int32Array.of(0, 2));
  });
  learner.step(1e-3);
}
const hash = createHash('sha256');
for (const entry of learner.weights().values()) hash.update(new Uint8Array(entry.values.buffer));
console.log(hash.digest('hex'));
