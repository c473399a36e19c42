import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { augment } from './augment.ts';
import { fitNormalisation, normalise } from './normalise.ts';
import { balancedWeights, countByClass, epochOrder } from './sampling.ts';
import { learningRateAt } from './schedule.ts';
import { networkOf, presetNamed, presets } from './settings.ts';

describe('normalisation', () => {
  const features = Float32Array.from([1, 10, 5, 3, 30, 5, 5, 20, 5, 900, 900, 900]);
  const spectra = { features, bands: 3, patch: 1 as const };

  it('z-scores the chosen samples; a constant band keeps its scale', () => {
    const fitted = fitNormalisation(spectra, [0, 1, 2], ['value']);
    expect(fitted.views[0]!.mean).toEqual([3, 20, 5]);
    expect(fitted.views[0]!.std[0]).toBeCloseTo(Math.sqrt(8 / 3), 12);
    expect(fitted.views[0]!.std[2]).toBe(1);
    const rows = normalise(spectra, [1, 0], fitted);
    expect([...rows].map((x) => Math.round(x * 1e4) / 1e4)).toEqual([
      0, 1.2247, 0, -1.2247, -1.2247, 0,
    ]);
  });

  it('does not see illumination in the view `shape`, nor a common offset in `slope`', () => {
    const fitted = fitNormalisation(spectra, [0, 1, 2], ['shape', 'slope']);
    const changed = Float32Array.from([2, 20, 10, 1 + 7, 10 + 7, 5 + 7]);
    const rows = normalise({ features: changed, bands: 3, patch: 1 }, [0, 1], fitted);
    const original = normalise(spectra, [0], fitted);
    for (let band = 0; band < 3; band++) {
      expect(rows[band]).toBeCloseTo(original[band]!, 4);
      expect(rows[6 + 3 + band]).toBeCloseTo(original[3 + band]!, 4);
    }
  });

  it('keeps the digits of small differences on a large offset', () => {
    const large = Float32Array.from([100000, 100001, 100002, 100003]);
    const fitted = fitNormalisation(
      { features: large, bands: 1, patch: 1 },
      [0, 1, 2, 3],
      ['value'],
    );
    expect(fitted.views[0]!.std[0]).toBeCloseTo(Math.sqrt(1.25), 9);
  });

  it('refuses NaN and no samples', () => {
    const hole = Float32Array.from([1, Number.NaN]);
    expect(() => fitNormalisation({ features: hole, bands: 2, patch: 1 }, [0], ['value'])).toThrow(
      /band 2/,
    );
    expect(() => fitNormalisation(spectra, [], ['value'])).toThrow(/no training samples/);
  });
});

describe('sampling', () => {
  const labels = Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 2);
  const train = Int32Array.from(labels.keys());
  const options = { classes: 3, seed: 1, epoch: 4 };

  it('goes through every sample once, in another order every epoch', () => {
    const order = epochOrder(labels, train, { ...options, sampling: 'natural' });
    expect([...order].sort()).toEqual([...train]);
    expect(order).toEqual(epochOrder(labels, train, { ...options, sampling: 'natural' }));
    expect(order).not.toEqual(
      epochOrder(labels, train, { ...options, epoch: 5, sampling: 'natural' }),
    );
  });

  it('shows every class as often when balanced', () => {
    const order = epochOrder(labels, train, { ...options, sampling: 'balanced' });
    expect([...countByClass(labels, order, 3)]).toEqual([3, 3, 3]);
    expect([...order].filter((i) => i < 6).length).toBe(
      new Set([...order].filter((i) => i < 6)).size,
    );
  });

  it('weights classes as scikit-learn does: n / (classes · count)', () => {
    expect([...balancedWeights(Int32Array.of(6, 2, 1))]).toEqual([0.5, 1.5, 3]);
    expect([...balancedWeights(Int32Array.of(4, 0, 4))]).toEqual([1, 0, 1]);
    expect(() => countByClass([0, 7], [0, 1], 3)).toThrow(/class 7/);
  });
});

describe('learningRateAt', () => {
  const settings = { epochs: 100, learningRate: 1, warmup: 0 };
  it('falls by steps, by a cosine or not at all', () => {
    expect(learningRateAt({ ...settings, schedule: 'step' }, 9.9)).toBe(1);
    expect(learningRateAt({ ...settings, schedule: 'step' }, 25)).toBeCloseTo(0.81, 12);
    expect(learningRateAt({ ...settings, schedule: 'cosine' }, 50)).toBeCloseTo(0.505, 12);
    expect(learningRateAt({ ...settings, schedule: 'cosine' }, 100)).toBeCloseTo(0.01, 12);
    expect(learningRateAt({ ...settings, schedule: 'constant' }, 99)).toBe(1);
  });
  it('warms up', () => {
    const warm = { ...settings, schedule: 'constant' as const, warmup: 10 };
    expect(learningRateAt(warm, 5)).toBeCloseTo(0.501, 12);
    expect(learningRateAt(warm, 10)).toBe(1);
  });
});

describe('augment', () => {
  const settings = {
    noise: 0.1,
    shift: 0.1,
    scale: 0.1,
    tilt: 0.1,
    maskShare: 0.5,
    maskLength: 0.3,
    mixShare: 0.5,
  };
  const layout = { count: 8, rows: 2, bands: 10, pixels: 1 };
  const labels = Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1);
  const batch = () =>
    Float32Array.from({ length: 160 }, (_, i) => (labels[Math.floor(i / 20)] === 0 ? 50 : -50));

  it('gives the same batch for the same random numbers, and never mixes classes', () => {
    const [a, b] = [batch(), batch()];
    augment(a, labels, layout, settings, createRandom(1, 'a'));
    augment(b, labels, layout, settings, createRandom(1, 'a'));
    expect(a).toEqual(b);
    expect(a).not.toEqual(batch());
    for (const [i, value] of a.entries()) {
      const sign = labels[Math.floor(i / 20)] === 0 ? 1 : -1;
      expect(value === 0 || value * sign > 20).toBe(true);
    }
    expect(a.some((value) => value === 0)).toBe(true);
  });

  it('does nothing where everything is off', () => {
    const off = { noise: 0, shift: 0, scale: 0, tilt: 0, maskShare: 0, maskLength: 0, mixShare: 0 };
    const a = batch();
    augment(a, labels, layout, off, createRandom(1, 'a'));
    expect(a).toEqual(batch());
  });
});

describe('presets', () => {
  it('give networks that can be built for any number of bands', () => {
    for (const preset of presets) {
      for (const bands of [2, 5, 12, 145, 224]) {
        const network = networkOf(preset, { bands, classes: 4, patch: 1 });
        expect(network.pieces).toBeGreaterThanOrEqual(1);
        expect(network.pieces * 4).toBeLessThanOrEqual(Math.max(4, bands));
      }
    }
    expect(() => presetNamed('best')).toThrow(/prismap, paper/);
  });
});
