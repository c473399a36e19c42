import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { selectiveScanReference } from '../../app/model/layers.ts';
import type { SelectiveScanInput } from '../../app/model/ops.ts';
import { createRandom } from '../../app/random.ts';
import type { Engine } from '../../main/engines/engine.ts';
import { openEngine } from '../../main/engines/table.ts';
import { loadTfjs } from '../../main/engines/tfjs.ts';
import { createTfjsOps } from '../../main/engines/tfjsOps.ts';
import { scriptOperations, tensorflowOperations } from '../operations.ts';
import type { Tensor, TensorflowBackend } from '../tensors.ts';

type Name = keyof SelectiveScanInput<unknown>;
type Arrays = ReadonlyMap<
  Name,
  { readonly shape: readonly number[]; readonly values: Float32Array }
>;
type Scan = (input: SelectiveScanInput<Tensor>) => Tensor;
type Result = { readonly out: Float32Array; readonly gradients: ReadonlyMap<Name, Float32Array> };

const fixtures = join(import.meta.dirname, '../../../shared/fixtures/spectralmamba');
const tf = loadTfjs();
let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

/** Output and gradients of sum(out · weighting). */
function evaluate(scan: Scan, arrays: Arrays, weighting: Float32Array): Result {
  const names = [...arrays.keys()];
  let out = new Float32Array();
  let gradients: ReadonlyMap<Name, Float32Array> = new Map();
  tf.tidy(() => {
    const tensors = [...arrays.values()].map(({ shape, values }) =>
      tf.tensor(values.slice(), [...shape], 'float32'),
    );
    const loss = (): Tensor => {
      const input = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
      const result = scan(input as unknown as SelectiveScanInput<Tensor>);
      out = result.dataSync<'float32'>().slice();
      return tf.sum(tf.mul(result, tf.tensor(weighting, result.shape)));
    };
    // Without a path, as from A where there is one step only, a gradient is zero.
    const { grads } = tf.engine().gradients(loss, tensors, undefined, true);
    const found = grads as readonly (Tensor | undefined)[];
    gradients = new Map(
      names.map((name, i) => {
        const zero = new Float32Array(arrays.get(name)!.values.length);
        return [name, found[i]?.dataSync<'float32'>().slice() ?? zero] as const;
      }),
    );
  });
  return { out, gradients };
}

/** Largest difference over the largest value of the expectation; Infinity where a number is not finite. */
function difference(found: Float32Array, expected: Float32Array): number {
  let largest = 1e-30;
  let worst = 0;
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const gap = Math.abs(found[i]! - expected[i]!);
    worst = Number.isFinite(gap) ? Math.max(worst, gap) : Number.POSITIVE_INFINITY;
  }
  return worst / largest;
}

const implementations: readonly (readonly [name: string, scan: () => Scan | undefined])[] = [
  [
    'TensorFlow operation',
    () =>
      engine.info.engine === 'tensorflow'
        ? tensorflowOperations(tf, tf.backend() as unknown as TensorflowBackend).selectiveScan
        : undefined,
  ],
  ['TypeScript', () => scriptOperations(tf).selectiveScan],
];

type Case = {
  readonly batch: number;
  readonly steps: number;
  readonly channels: number;
  readonly states: number;
  readonly options: readonly Name[];
};

const lengths = [1, 2, 3, 5, 7, 13, 16, 17, 31, 37, 63, 65, 100, 143, 144, 199, 224, 250];
const states = [1, 2, 3, 5, 8, 13, 15, 16, 17, 24, 31, 32, 33, 47, 48, 63, 64, 16];
const options: readonly (readonly Name[])[] = [
  ['D', 'z', 'dtBias'],
  [],
  ['D'],
  ['z'],
  ['dtBias', 'z'],
];

function sweep(): readonly Case[] {
  const random = createRandom(7, 'sweep');
  return lengths.map((steps, i) => ({
    batch: 1 + random.integer(steps > 100 ? 3 : 5),
    steps,
    channels: 1 + random.integer(steps > 100 ? 21 : 40),
    states: states[i]!,
    options: options[i % options.length]!,
  }));
}

function arraysOf({ batch, steps, channels, states: n, options: present }: Case): Arrays {
  const random = createRandom(11, batch, steps, channels, n);
  const normal = () => random.normal();
  const make = (shape: readonly number[], value: () => number) => ({
    shape,
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value),
  });
  const all: [Name, ReturnType<typeof make>][] = [
    ['u', make([batch, steps, channels], normal)],
    ['dtRaw', make([batch, steps, channels], () => random.normal() * 2 - 2)],
    ['A', make([channels, n], () => -0.2 - 8 * random.uniform())],
    ['B', make([batch, steps, n], normal)],
    ['C', make([batch, steps, n], normal)],
    ['D', make([channels], normal)],
    ['z', make([batch, steps, channels], () => 3 * random.normal())],
    ['dtBias', make([channels], normal)],
  ];
  return new Map(all.filter(([name], i) => i < 5 || present.includes(name)));
}

function weightingOf(arrays: Arrays): Float32Array {
  const random = createRandom(13, 'weighting');
  return arrays.get('u')!.values.map(() => random.normal());
}

describe('every fast scan agrees with the recurrence', () => {
  test.each(sweep())(
    'batch $batch, $steps steps, $channels channels, $states states, with $options',
    (size) => {
      const arrays = arraysOf(size);
      const weighting = weightingOf(arrays);
      const plain = createTfjsOps(tf);
      const reference = evaluate(
        (input) => selectiveScanReference(plain, input),
        arrays,
        weighting,
      );
      for (const [name, scanOf] of implementations) {
        const scan = scanOf();
        if (scan === undefined) continue;
        const found = evaluate(scan, arrays, weighting);
        expect(difference(found.out, reference.out), `${name}: output`).toBeLessThan(1e-5);
        for (const [input, gradient] of found.gradients) {
          const gap = difference(gradient, reference.gradients.get(input)!);
          expect(gap, `${name}: gradient of ${input}`).toBeLessThan(2e-5);
        }
      }
    },
  );

  test.each(implementations)('%s: keeps nothing but its result', (_, scanOf) => {
    const scan = scanOf();
    if (scan === undefined) return;
    const arrays = arraysOf({ batch: 2, steps: 20, channels: 5, states: 3, options: options[0]! });
    const tensors = [...arrays].map(([name, { shape, values }]) => {
      return [name, tf.tensor(values, [...shape], 'float32')] as const;
    });
    const input = Object.fromEntries(tensors) as unknown as SelectiveScanInput<Tensor>;
    const before = tf.memory();
    const result = scan(input);
    expect(tf.memory().numTensors - before.numTensors).toBe(1);
    expect(tf.memory().numBytes - before.numBytes).toBe(4 * result.size);
    result.dispose();
    const all = tensors.map(([, tensor]) => tensor);
    const { value, grads } = tf.engine().gradients(() => tf.sum(scan(input)), all);
    expect(tf.memory().numTensors - before.numTensors).toBe(1 + grads.length);
    tf.dispose([value, ...grads, ...all]);
  });

  test('a sequence of 1500 steps', () => {
    const size = { batch: 1, steps: 1500, channels: 3, states: 64, options: options[0]! };
    const arrays = arraysOf(size);
    const weighting = weightingOf(arrays);
    const results = implementations
      .map(([, scanOf]) => scanOf())
      .filter((scan) => scan !== undefined)
      .map((scan) => evaluate(scan, arrays, weighting));
    const reference = results.at(-1)!; // TypeScript: keeps the whole history
    for (const { out, gradients } of results) {
      expect(difference(out, reference.out)).toBeLessThan(1e-5);
      for (const [input, gradient] of gradients) {
        expect(difference(gradient, reference.gradients.get(input)!), input).toBeLessThan(3e-5);
      }
    }
  });
});

type Probe = {
  readonly shape: readonly number[];
  readonly sum: number;
  readonly sumabs: number;
  readonly values?: readonly number[];
  readonly probe_index?: readonly number[];
  readonly probe_value?: readonly number[];
};
type Wave = { readonly a: number; readonly b: number; readonly p: number; readonly c: number };
type Fixture = Readonly<Record<'B' | 'D' | 'L' | 'N', number>> & {
  readonly constants: Readonly<Record<string, Wave>>;
  readonly has_D_z_bias: boolean;
  readonly out: Probe;
  readonly grads: Readonly<Record<string, Probe>>;
};

const present = existsSync(fixtures);
const files = present ? readdirSync(fixtures).filter((file) => file.startsWith('scan_')) : [];

describe.skipIf(!present)(
  'every fast scan agrees with the fixtures (skipped without ../shared)',
  () => {
    test.each(files)('%s', (file) => {
      const fixture = JSON.parse(readFileSync(join(fixtures, file), 'utf8')) as Fixture;
      const arrays = arraysOfFixture(fixture);
      const { B, D, L } = fixture;
      const weighting = swapLast(wave(fixture.constants['gout']!, B * D * L), D, L);
      for (const [name, scanOf] of implementations) {
        const scan = scanOf();
        if (scan === undefined) continue;
        const { out, gradients } = evaluate(scan, arrays, weighting);
        compareWithProbe(swapLast(out, L, D), fixture.out, `${name}: output`);
        for (const [input, gradient] of gradients) {
          const wide = ['u', 'dtRaw', 'z', 'B', 'C'].includes(input);
          const inner = input === 'B' || input === 'C' ? fixture.N : D;
          const values = wide ? swapLast(gradient, L, inner) : gradient;
          compareWithProbe(
            values,
            fixture.grads[fixtureName(input)]!,
            `${name}: gradient of ${input}`,
          );
        }
      }
    });
  },
);

function fixtureName(input: Name): string {
  return input === 'dtRaw' ? 'dt_raw' : input === 'dtBias' ? 'dt_bias' : input;
}

function wave({ a, b, p, c }: Wave, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => c + a * Math.sin(b * i + p));
}

/** (…, rows, columns) to (…, columns, rows). */
function swapLast(x: Float32Array, rows: number, columns: number): Float32Array {
  return x.map((_, i) => {
    const [o, rest] = [Math.floor(i / (rows * columns)), i % (rows * columns)];
    return x[o * rows * columns + (rest % rows) * columns + Math.floor(rest / rows)]!;
  });
}

function arraysOfFixture({ constants, has_D_z_bias: optional, B, D, L, N }: Fixture): Arrays {
  const of = (name: string, length: number) => wave(constants[name]!, length);
  const perturbation = constants['A_log_perturb']!;
  const A = Float32Array.from({ length: D * N }, (_, i) => {
    const { a, b, p, c } = perturbation;
    return -Math.exp(Math.log((i % N) + 1) + c + a * Math.sin(b * i + p));
  });
  const wide = (name: string, inner: number) => ({
    shape: [B, L, inner],
    values: swapLast(of(name, B * inner * L), inner, L),
  });
  const entries: [Name, { shape: readonly number[]; values: Float32Array }][] = [
    ['u', wide('u', D)],
    ['dtRaw', wide('dt_raw', D)],
    ['A', { shape: [D, N], values: A }],
    ['B', wide('B', N)],
    ['C', wide('C', N)],
  ];
  if (optional) {
    entries.push(['D', { shape: [D], values: of('D', D) }], ['z', wide('z', D)]);
    entries.push(['dtBias', { shape: [D], values: of('dt_bias', D) }]);
  }
  return new Map(entries);
}

function compareWithProbe(found: Float32Array, probe: Probe, what: string): void {
  const indices = probe.probe_index ?? found.map((_, i) => i);
  const values = probe.probe_value ?? probe.values!;
  const largest = found.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-30);
  for (const [i, index] of [...indices].entries()) {
    const gap = Math.abs(found[index]! - values[i]!) / largest;
    expect(gap, `${what} at ${index}`).toBeLessThan(1e-5);
  }
  const sum = found.reduce((a, b) => a + b, 0);
  expect(Math.abs(sum - probe.sum), `${what}: sum`).toBeLessThan(
    1e-5 * probe.sumabs + 1e-6 * largest,
  );
}
