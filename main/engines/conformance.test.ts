// Every operation of Ops, output and gradient, on every engine of this machine, against PyTorch in float64.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Ops } from '../../app/model/ops.ts';
import type { Engine, EngineId } from './engine.ts';
import { openEngine } from './table.ts';
import { loadTfjs, type Tensor } from './tfjs.ts';
import { createTfjsOps } from './tfjsOps.ts';

type Wave = { readonly a?: number; readonly b?: number; readonly c?: number; readonly p?: number };
type Options = Readonly<Record<string, never>>;
type Case = {
  readonly operation: keyof typeof operations;
  readonly options: Options;
  readonly inputs: readonly (Wave & { readonly shape: readonly number[] })[];
  readonly out: { readonly shape: readonly number[]; readonly values: readonly number[] };
  readonly gradients: readonly (readonly number[])[];
};

type Call = <T>(ops: Ops<T>, x: readonly T[], options: Options) => T;
const unary =
  (name: 'exp' | 'log' | 'sqrt' | 'erf' | 'sigmoid' | 'softmax' | 'logSoftmax'): Call =>
  (ops, [x]) =>
    ops[name](x!);
const binary =
  (name: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum'): Call =>
  (ops, [a, b]) =>
    ops[name](a!, b!);

/** How a case calls its operation. An operation without a row here, or without a case, fails the test below. */
const operations = {
  add: binary('add'),
  subtract: binary('subtract'),
  multiply: binary('multiply'),
  divide: binary('divide'),
  maximum: binary('maximum'),
  matMul: (ops, [a, b], options) => ops.matMul(a!, b!, options),
  exp: unary('exp'),
  log: unary('log'),
  sqrt: unary('sqrt'),
  erf: unary('erf'),
  sigmoid: unary('sigmoid'),
  softmax: unary('softmax'),
  logSoftmax: unary('logSoftmax'),
  mean: (ops, [x], { axes, keepDimensions }) => ops.mean(x!, axes!, keepDimensions),
  sum: (ops, [x], { axes, keepDimensions }) => ops.sum(x!, axes!, keepDimensions),
  reshape: (ops, [x], { shape }) => ops.reshape(x!, shape!),
  transpose: (ops, [x], { permutation }) => ops.transpose(x!, permutation!),
  slice: (ops, [x], { begin, size }) => ops.slice(x!, begin!, size!),
  concat: (ops, xs, { axis }) => ops.concat(xs, axis!),
  gatherRows: (ops, [x], { rows, count }) => ops.gatherRows(x!, Int32Array.from(rows!), count!),
  pad: (ops, [x], { paddings }) => ops.pad(x!, paddings!),
  conv2d: (ops, [x, kernel], { stride, padding, groups }) =>
    ops.conv2d(x!, kernel!, {
      stride: stride!,
      padding: padding!,
      ...(groups === undefined ? {} : { groups }),
    }),
  maxPool: (ops, [x], { size, stride }) => ops.maxPool(x!, { size: size!, stride: stride! }),
  averagePool: (ops, [x], { size, stride }) =>
    ops.averagePool(x!, { size: size!, stride: stride! }),
  resizeBilinear: (ops, [x], { size, alignCorners }) =>
    ops.resizeBilinear(x!, size!, alignCorners!),
} satisfies Readonly<Record<string, Call>>;

/** What an engine cannot do, by `operation` or `operation gradient`, with the reason. Printed with the results. */
const exclusions: Readonly<Partial<Record<EngineId, Readonly<Record<string, string>>>>> = {};

const goldens = JSON.parse(
  readFileSync(join(import.meta.dirname, 'goldens', 'operations.json'), 'utf8'),
) as { readonly upstream: Wave; readonly cases: readonly Case[] };

const tf = loadTfjs();

function wave({ a = 1, b = 0.7, c = 0, p = 0.1 }: Wave, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => c + a * Math.sin(b * i + p));
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Largest difference, relative to the largest expected value (at least 1e-3, for results that are all but zero). */
function difference(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-3);
  return expected.reduce((a, b, i) => Math.max(a, Math.abs(found[i]! - b)), 0) / largest;
}

test('every operation has a case', () => {
  const covered = new Set(goldens.cases.map(({ operation }) => operation as string));
  // They compute nothing of their own.
  const others = ['constant', 'shape', 'scoped', 'recomputed'];
  const offered = Object.keys(createTfjsOps(tf)).filter((name) => !others.includes(name));
  expect(offered.filter((name) => !covered.has(name))).toEqual([]);
});

const engineIds: readonly EngineId[] = ['tensorflow', 'wasm', 'cpu'];

describe.each(engineIds)('%s', (id) => {
  let engine: Engine | undefined;
  let reason = '';
  const excluded = exclusions[id] ?? {};

  beforeAll(async () => {
    try {
      engine = await openEngine({ engine: id });
    } catch (error) {
      reason = (error as Error).message;
    }
    for (const [what, why] of Object.entries(excluded)) console.info(`${id}: no ${what}: ${why}`);
  });

  test.each(goldens.cases.map((c, i) => [i, c.operation, JSON.stringify(c.options), c] as const))(
    '%i %s %s',
    (_, operation, __, golden) => {
      if (engine === undefined)
        return expect(reason, 'an engine is absent only for a reason').not.toBe('');
      const ops = createTfjsOps(tf);
      const call: Call = operations[operation];
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const inputs = golden.inputs.map(({ shape, ...constants }) =>
          tf.tensor(wave(constants, size(shape)), [...shape], 'float32'),
        );
        const upstream = tf.tensor(wave(goldens.upstream, size(golden.out.shape)), [
          ...golden.out.shape,
        ]);
        let out: Tensor | undefined;
        const loss = (): Tensor => {
          out = call(ops, inputs, golden.options);
          expect(out.shape).toEqual(golden.out.shape);
          expect(difference(out.dataSync(), golden.out.values), 'output').toBeLessThan(2e-6);
          return tf.sum(tf.mul(out, upstream));
        };
        if (excluded[`${operation} gradient`] !== undefined) return void loss();
        const { grads } = tf.engine().gradients(loss, inputs);
        for (const [i, gradient] of (grads as readonly Tensor[]).entries()) {
          const gap = difference(gradient.dataSync(), golden.gradients[i]!);
          expect(gap, `gradient of input ${i}`).toBeLessThan(5e-6);
        }
      });
      expect(tf.memory().numTensors, 'no tensor is left over').toBe(before);
    },
  );
});
