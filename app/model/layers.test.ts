import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../main/engines/table.ts';
import { causalConv1d, gelu, selectiveScanReference, softplus } from './layers.ts';
import type { Shape } from './ops.ts';
import type { WeightData } from './weights.ts';

const folder = join(import.meta.dirname, '../../../shared/fixtures/spectralmamba');
const present = existsSync(folder);

type Wave = { readonly a: number; readonly b: number; readonly p: number; readonly c: number };
type Summary = {
  readonly shape: readonly number[];
  readonly l2: number;
  readonly values?: readonly number[];
  readonly probe_index?: readonly number[];
  readonly probe_value?: readonly number[];
};
type ScanFixture = {
  readonly B: number;
  readonly D: number;
  readonly L: number;
  readonly N: number;
  readonly constants: Readonly<Record<string, Wave>>;
  readonly has_D_z_bias: boolean;
  readonly out: Summary;
};

const table = (
  entries: Readonly<Record<string, readonly [Shape, readonly number[]]>>,
): WeightData =>
  new Map(
    Object.entries(entries).map(([path, [shape, values]]) => [
      path,
      { shape, values: Float32Array.from(values) },
    ]),
  );

/** Values of the fixtures' formula; (b, c, l) layouts are turned to (b, l, c). */
function wave(fixture: ScanFixture, name: string, channels: number): number[] {
  const { a, b, p, c } = fixture.constants[name]!;
  const at = (i: number): number => c + a * Math.sin(b * i + p);
  const { B, L } = fixture;
  const values: number[] = [];
  for (let batch = 0; batch < B; batch++)
    for (let t = 0; t < L; t++)
      for (let k = 0; k < channels; k++) values.push(at((batch * channels + k) * L + t));
  return values;
}

function scanInputs(fixture: ScanFixture): WeightData {
  const { B, L, D, N } = fixture;
  const { a, b, p } = fixture.constants['A_log_perturb']!;
  const A = Array.from(
    { length: D * N },
    (_, i) => -Math.exp(Math.log((i % N) + 1) + a * Math.sin(b * i + p)),
  );
  const vector = (name: string): number[] => {
    const { a: size, b: step, p: phase, c } = fixture.constants[name]!;
    return Array.from({ length: D }, (_, i) => c + size * Math.sin(step * i + phase));
  };
  return table({
    u: [[B, L, D], wave(fixture, 'u', D)],
    dtRaw: [[B, L, D], wave(fixture, 'dt_raw', D)],
    B: [[B, L, N], wave(fixture, 'B', N)],
    C: [[B, L, N], wave(fixture, 'C', N)],
    A: [[D, N], A],
    ...(fixture.has_D_z_bias
      ? {
          D: [[D], vector('D')] as const,
          z: [[B, L, D], wave(fixture, 'z', D)] as const,
          dtBias: [[D], vector('dt_bias')] as const,
        }
      : {}),
  });
}

const scans = ['s01_min', 's02_L1', 's03_L2', 's04_small', 's05_nopow2', 's06_pow2'];
scans.push('s07_L200', 's09_big_dt', 's10_tiny_dt', 's11_noDzbias');

describe.skipIf(!present)(
  'selectiveScanReference against the recurrence in float64 (needs ../shared)',
  () => {
    it.each(scans)('%s', async (name) => {
      const fixture = JSON.parse(
        readFileSync(join(folder, `scan_${name}.json`), 'utf8'),
      ) as ScanFixture;
      const engine = await openEngine({ engine: 'cpu' });
      const [result] = engine.run(scanInputs(fixture), (ops, at) => {
        const optional = (path: string) => (at.has(path) ? { [path]: at.get(path)! } : {});
        const [u, dtRaw, A] = [at.get('u')!, at.get('dtRaw')!, at.get('A')!];
        const [B, C] = [at.get('B')!, at.get('C')!];
        const extra = { ...optional('D'), ...optional('z'), ...optional('dtBias') };
        return [selectiveScanReference(ops, { u, dtRaw, A, B, C, ...extra })];
      });
      const { L, D } = fixture;
      const at = (i: number): number => {
        const [b, d, t] = [Math.floor(i / (D * L)), Math.floor(i / L) % D, i % L];
        return result!.values[(b * L + t) * D + d]!;
      };
      const { values, probe_index, probe_value } = fixture.out;
      const indices = values === undefined ? probe_index! : values.map((_, i) => i);
      const expected = values ?? probe_value!;
      const size = Math.max(...expected.map(Math.abs));
      for (const [k, i] of indices.entries()) {
        expect(Math.abs(at(i) - expected[k]!)).toBeLessThan(1e-5 * size);
      }
      engine.dispose();
    });
  },
);

describe('layers', () => {
  it('softplus keeps its digits from −80 to 80', async () => {
    const engine = await openEngine({ engine: 'cpu' });
    const xs = [-80, -30, -16.5, -12, -3, -0.1, 0, 0.1, 3, 19, 21, 80];
    const [result] = engine.run(table({ x: [[xs.length], xs] }), (ops, at) => [
      softplus(ops, at.get('x')!),
    ]);
    for (const [i, x] of xs.entries()) {
      const exact = x > 30 ? x + Math.exp(-x) : Math.log1p(Math.exp(x));
      expect(Math.abs(result!.values[i]! / exact - 1)).toBeLessThan(1e-6);
    }
    engine.dispose();
  });

  it('gelu is x·Φ(x) (values of scipy.stats.norm.cdf)', async () => {
    const engine = await openEngine({ engine: 'cpu' });
    const [result] = engine.run(table({ x: [[3], [-1, 0.5, 2]] }), (ops, at) => [
      gelu(ops, at.get('x')!),
    ]);
    const expected = [-0.15865525, 0.34573123, 1.95449974];
    for (const [i, y] of expected.entries()) expect(result!.values[i]).toBeCloseTo(y, 5);
    engine.dispose();
  });

  it('a causal convolution sees the present and the past only', async () => {
    const engine = await openEngine({ engine: 'cpu' });
    const [result] = engine.run(
      table({
        x: [
          [1, 4, 1],
          [1, 10, 100, 1000],
        ],
        'conv.weight': [
          [1, 1, 3],
          [3, 2, 1],
        ],
        'conv.bias': [[1], [0.5]],
      }),
      (ops, at) => [causalConv1d(ops, at, 'conv', at.get('x')!)],
    );
    expect([...result!.values]).toEqual([1.5, 12.5, 123.5, 1230.5]);
    engine.dispose();
  });
});
