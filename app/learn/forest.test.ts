import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import type { ForestSamples } from './bins.ts';
import { type Forest, forestProbabilities, growForest } from './forest.ts';

const python = join(import.meta.dirname, '../../.cache/referee/bin/python');

/** Four overlapping classes in 12 bands; the last band is constant. */
function clouds(count: number, seed: number): ForestSamples {
  const random = createRandom(seed, 'clouds');
  const [bands, classes] = [12, 4];
  const labels = Int32Array.from({ length: count }, () => random.integer(classes));
  const features = Float32Array.from({ length: count * bands }, (_, i) => {
    const [sample, band] = [Math.floor(i / bands), i % bands];
    if (band === bands - 1) return 0.5;
    const centre = Math.sin(1.3 * labels[sample]! + 0.4 * band);
    return 0.3 * centre + 0.25 * random.normal();
  });
  return { features, bands, labels, classes };
}

function grow(samples: ForestSamples, train: Int32Array, trees: number, seed = 1): Forest {
  const growth = growForest(samples, train, { trees, seed });
  for (;;) {
    const step = growth.next();
    if (step.done === true) return step.value;
  }
}

function accuracy(forest: Forest, samples: ForestSamples, from: number): number {
  const { bands, classes, labels, features } = samples;
  const probabilities = forestProbabilities(forest, features.subarray(from * bands));
  let right = 0;
  for (let i = from; i < labels.length; i++) {
    const row = [...probabilities.subarray((i - from) * classes, (i - from + 1) * classes)];
    if (row.indexOf(Math.max(...row)) === labels[i]) right++;
  }
  return right / (labels.length - from);
}

const first = (count: number) => Int32Array.from({ length: count }, (_, i) => i);

describe('forest', () => {
  it('learns its training samples by heart and gives probabilities', () => {
    const samples = clouds(300, 3);
    const forest = grow(samples, first(300), 60);
    expect(accuracy(forest, samples, 0)).toBe(1);
    const probabilities = forestProbabilities(forest, samples.features);
    for (let i = 0; i < 300; i++) {
      const sum = [...probabilities.subarray(i * 4, i * 4 + 4)].reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 5);
    }
  });

  it('is the same for the same seed, another for another', () => {
    const samples = clouds(200, 4);
    expect(grow(samples, first(200), 5)).toEqual(grow(samples, first(200), 5));
    expect(grow(samples, first(200), 5, 2)).not.toEqual(grow(samples, first(200), 5));
  });

  it('finds the middle of the gap: values of one band split there', () => {
    const features = Float32Array.from([1, 2, 3, 9, 10, 11]);
    const samples = { features, bands: 1, labels: Int32Array.of(0, 0, 0, 1, 1, 1), classes: 2 };
    const forest = grow(samples, first(6), 200);
    const p = forestProbabilities(forest, Float32Array.from([5.5, 6.5]));
    expect(p[0]).toBeGreaterThan(0.5);
    expect(p[3]).toBeGreaterThan(0.5);
  });

  it('refuses a single class and values that are not finite', () => {
    const one = { ...clouds(10, 5), labels: new Int32Array(10) };
    expect(() => grow(one, first(10), 1)).toThrow(/two classes/);
    const hole = clouds(10, 5);
    hole.features[7 * 12 + 3] = Number.NaN;
    expect(() => grow(hole, first(10), 1)).toThrow(/sample 7 .* band 4/);
  });

  it.skipIf(!existsSync(python))(
    'is as accurate as scikit-learn (needs the referee Python)',
    ({ skip }) => {
      const samples = clouds(2200, 6);
      const script = `
import sys, json, numpy as np
try:
    from sklearn.ensemble import RandomForestClassifier
except ImportError:
    print(-1); sys.exit()
d = json.load(sys.stdin)
X = np.array(d['x'], dtype=np.float32).reshape(-1, 12); y = np.array(d['y'])
a = [RandomForestClassifier(100, random_state=k).fit(X[:200], y[:200]).score(X[200:], y[200:]) for k in range(3)]
print(float(np.mean(a)))`;
      const input = JSON.stringify({ x: [...samples.features], y: [...samples.labels] });
      const theirs = Number(execFileSync(python, ['-c', script], { input, encoding: 'utf8' }));
      if (theirs < 0) skip('the referee Python has no scikit-learn');
      const seeds = [1, 2, 3];
      const ours =
        seeds.reduce(
          (sum, seed) => sum + accuracy(grow(samples, first(200), 100, seed), samples, 200),
          0,
        ) / 3;
      expect(theirs).toBeGreaterThan(0.7);
      expect(Math.abs(ours - theirs)).toBeLessThan(0.02);
    },
  );
});
