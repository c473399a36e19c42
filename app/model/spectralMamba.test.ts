import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../main/engines/table.ts';
import {
  checkSpectralMambaConfig,
  cutIntoPieces,
  type SpectralMambaConfig,
  spectralMamba,
  spectralMambaConfig,
  spectralMambaForward,
} from './spectralMamba.ts';
import type { WeightData } from './weights.ts';

const folder = join(import.meta.dirname, '../../../shared/fixtures/spectralmamba');

type Listing = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: string;
  readonly b: number;
  readonly p: number;
};
type NetFixture = {
  readonly config: Readonly<
    Record<'C' | 'K' | 'patch' | 'R' | 'd' | 'N' | 'depth' | 'dt_rank', number>
  >;
  readonly batch: number;
  readonly params: number;
  readonly param_listing: readonly Listing[];
  readonly labels: readonly number[];
  readonly logits: readonly number[];
  readonly loss: number;
  readonly grads: readonly {
    readonly name: string;
    readonly l2: number;
    readonly sum: number;
    readonly first: readonly number[];
  }[];
  readonly intermediates: Readonly<
    Record<
      string,
      {
        readonly shape: readonly number[];
        readonly l2: number;
        readonly values?: readonly number[];
        readonly probe_index?: readonly number[];
        readonly probe_value?: readonly number[];
      }
    >
  >;
  readonly adam: {
    readonly losses_before_each_of_5_steps: readonly number[];
    readonly logits_after_5: readonly number[];
  };
};

function load(name: string): NetFixture | undefined {
  const path = join(folder, `net_${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as NetFixture) : undefined;
}

function configOf({ config }: NetFixture): SpectralMambaConfig {
  return spectralMambaConfig({
    bands: config.C,
    classes: config.K,
    patch: config.patch === 3 ? 3 : 1,
    pieces: config.R,
    width: config.d,
    states: config.N,
    depth: config.depth,
    timeRank: config.dt_rank,
  });
}

/** The fixtures' weights: each kind has one formula over sin(b·i + p). */
function weightsOf(fixture: NetFixture): WeightData {
  return new Map(
    fixture.param_listing.map(({ name, shape, kind, b, p }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
      const values = Float32Array.from({ length: count }, (_, i) => {
        const wave = Math.sin(b * i + p);
        if (kind.startsWith('sin /')) return wave / Math.sqrt(fanIn);
        if (kind === '1 + 0.1 sin') return 1 + 0.1 * wave;
        if (kind === '-4 + 0.5 sin') return -4 + 0.5 * wave;
        if (kind === '0.1 sin') return 0.1 * wave;
        if (kind === '0.05 sin') return 0.05 * wave;
        return Math.log((i % shape[1]!) + 1) + 0.05 * wave;
      });
      return [name, { shape, values }];
    }),
  );
}

function batchOf(fixture: NetFixture): { input: Float32Array; labels: Int32Array; count: number } {
  const size = fixture.batch * fixture.config.C * fixture.config.patch ** 2;
  const input = Float32Array.from({ length: size }, (_, i) => 0.5 + 0.4 * Math.sin(0.13 * i + 0.2));
  return { input, labels: Int32Array.from(fixture.labels), count: fixture.batch };
}

const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
const nets = ['n1_pixel_tiny', 'n2_patch_tiny', 'n3_pixel_C145', 'n5_pixel_depth2'];

describe.each(nets)('SpectralMamba %s against the float64 fixture (needs ../shared)', (name) => {
  const fixture = load(name);
  const run = it.skipIf(fixture === undefined);

  run('has the published parameter table', () => {
    const shapes = spectralMamba.weightShapes(configOf(fixture!));
    expect([...shapes.keys()].sort()).toEqual(fixture!.param_listing.map((p) => p.name).sort());
    for (const { name: path, shape } of fixture!.param_listing) {
      expect(shapes.get(path)).toEqual(shape);
    }
    const initial = spectralMamba.initialWeights(configOf(fixture!), 7);
    const count = [...initial.values()].reduce((sum, { values }) => sum + values.length, 0);
    expect(count).toBe(fixture!.params);
  });

  run('gives its logits and intermediate results', async () => {
    const engine = await openEngine({ engine: 'cpu' });
    const config = configOf(fixture!);
    const names: string[] = [];
    const { input, count } = batchOf(fixture!);
    const results = engine.run(weightsOf(fixture!), (ops, weights) => {
      const seen: (typeof weights extends ReadonlyMap<string, infer T> ? T : never)[] = [];
      const observe = (path: string, value: (typeof seen)[number]): void => {
        names.push(path);
        seen.push(value);
      };
      const x = ops.constant(input, [count, ...spectralMamba.inputShape(config)]);
      return [spectralMambaForward(ops, weights, config, x, { observe }), ...seen];
    });
    const logits = results[0]!.values;
    for (const [i, expected] of fixture!.logits.entries()) {
      expect(Math.abs(logits[i]! - expected)).toBeLessThan(2e-6);
    }
    for (const [stage, expected] of Object.entries(fixture!.intermediates)) {
      const { values, shape } = results[names.indexOf(stage) + 1]!;
      expect(names).toContain(stage);
      expect(shape).toEqual(expected.shape);
      const at = expected.probe_index ?? expected.values!.map((_, i) => i);
      const numbers = expected.probe_value ?? expected.values!;
      const size = Math.max(...numbers.map(Math.abs));
      for (const [k, i] of at.entries()) {
        expect(Math.abs(values[i]! - numbers[k]!)).toBeLessThan(1e-5 * size);
      }
    }
    engine.dispose();
  });

  run('gives its loss, gradients and five Adam steps', async () => {
    const engine = await openEngine({ engine: 'cpu' });
    const model = {
      family: spectralMamba,
      config: configOf(fixture!),
      weights: weightsOf(fixture!),
    };
    const trainer = engine.trainer(model, adam);
    const batch = batchOf(fixture!);
    const losses: number[] = [];
    for (let step = 0; step < 5; step++) {
      losses.push(trainer.step(batch, 5e-4));
      if (step > 0) continue;
      const { first } = trainer.optimizer(); // after one step: (1 − β₁) times the gradient
      for (const expected of fixture!.grads) {
        const gradient = first.get(expected.name)!.values.map((m) => m / 0.1);
        const tolerance = 1e-4 * Math.max(expected.l2, 1e-9);
        expect(Math.abs(Math.hypot(...gradient) - expected.l2)).toBeLessThan(tolerance);
        for (const [i, g] of expected.first.entries()) {
          expect(Math.abs(gradient[i]! - g)).toBeLessThan(tolerance);
        }
      }
    }
    for (const [step, expected] of fixture!.adam.losses_before_each_of_5_steps.entries()) {
      expect(Math.abs(losses[step]! - expected)).toBeLessThan(2e-5);
    }
    trainer.dispose();
    engine.dispose();
  });
});

describe('SpectralMamba', () => {
  it('deals the bands out to the pieces, the last band filling up', async () => {
    const engine = await openEngine({ engine: 'cpu' });
    const config = spectralMambaConfig({ bands: 5, classes: 2, pieces: 2, width: 4 });
    const [result] = engine.run(new Map(), (ops) => [
      cutIntoPieces(ops, ops.constant([0, 1, 2, 3, 4], [1, 5]), config),
    ]);
    expect(result!.shape).toEqual([1, 3, 2]);
    expect([...result!.values]).toEqual([0, 3, 1, 4, 2, 4]);
    engine.dispose();
  });

  it('scans from both ends and takes several views: a mirrored spectrum swaps the two directions', async () => {
    const engine = await openEngine({ engine: 'cpu' });
    const config = spectralMambaConfig({
      bands: 8,
      classes: 3,
      pieces: 1,
      width: 8,
      direction: 'both',
      views: 2,
    });
    const weights = new Map(spectralMamba.initialWeights(config, 3));
    const swapped = new Map(weights);
    for (const [path, data] of weights) {
      if (path.startsWith('mixers')) swapped.set(`back_${path}`, data);
      if (path.startsWith('back_')) swapped.set(path.slice(5), data);
    }
    const input = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i * 1.7));
    const mirrored = Float32Array.from(
      { length: 16 },
      (_, i) => input[Math.floor(i / 8) * 8 + 7 - (i % 8)]!,
    );
    const predict = (data: WeightData, x: Float32Array) => {
      const predictor = engine.predictor({ family: spectralMamba, config, weights: data });
      const result = predictor.predict(x, 1);
      predictor.dispose();
      return [...result];
    };
    const [a, b] = [predict(weights, input), predict(swapped, mirrored)];
    for (const [i, p] of a.entries()) expect(b[i]).toBeCloseTo(p, 5);
    engine.dispose();
  });

  it('starts from the same numbers for the same seed, within the published ranges', () => {
    const config = spectralMambaConfig({ bands: 145, classes: 14 });
    const [a, b] = [
      spectralMamba.initialWeights(config, 1),
      spectralMamba.initialWeights(config, 1),
    ];
    const other = spectralMamba.initialWeights(config, 2);
    expect(a).toEqual(b);
    expect(a.get('embed.weight')).not.toEqual(other.get('embed.weight'));
    const bias = a.get('mixers.0.dt_proj.bias')!.values;
    expect(Math.min(...bias)).toBeGreaterThanOrEqual(-6.91);
    expect(Math.max(...bias)).toBeLessThanOrEqual(-2.25);
    expect(Math.max(...a.get('mixers.0.in_proj.weight')!.values)).toBeLessThan(1 / Math.sqrt(32));
    expect(a.get('mixers.0.A_log')!.values[17]).toBeCloseTo(Math.log(2), 6);
  });

  it('refuses sizes that make no network', () => {
    const config = spectralMambaConfig({ bands: 4, classes: 2, pieces: 8 });
    expect(() => checkSpectralMambaConfig(config)).toThrow(/more pieces than bands/);
  });
});
