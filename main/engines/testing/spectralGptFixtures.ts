// The reference's numbers: weights and inputs by formula, results from files (fixtures/spectralgpt/README.md).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Shape } from '../../../app/model/ops.ts';
import {
  officialSpectralGpt,
  type SpectralGptConfig,
} from '../../../app/model/spectralGpt/configuration.ts';
import type { WeightData, WeightShapes } from '../../../app/model/weights.ts';

const folder = join(import.meta.dirname, '../../../../shared/fixtures/spectralgpt');

/** Whether the fixtures are on this machine. */
export const fixturesPresent = existsSync(folder);

export const readFixture = <Content>(name: string): Content =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Content;

/** A tensor as the files describe it. */
export type Described = {
  readonly shape: readonly number[];
  readonly first: readonly number[];
  readonly l2: number;
  readonly max: number;
  readonly min: number;
  readonly probe_index: readonly number[];
  readonly probe_value: readonly number[];
};

/** 32-bit hash of a name (FNV-1a): the key of its numbers. */
function keyOf(name: string): number {
  let key = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) key = Math.imul(key ^ byte, 0x01000193);
  return key;
}

function hashed(key: number, i: number): number {
  let x = (Math.imul(i, 0x9e3779b1) + key) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** 32-bit hash of a name and an index. */
export const u32 = (name: string, i: number): number => hashed(keyOf(name), i);

/** Centre + spread · (2u − 1) of every index, u uniform in (0, 1) and float64. */
function spread(name: string, length: number, centre: number, width: number): Float32Array {
  const key = keyOf(name);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++)
    values[i] = centre + width * (2 * ((hashed(key, i) + 0.5) / 4294967296) - 1);
  return values;
}

const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/** An input tensor of the fixtures. */
export const formulaInput = (name: string, shape: Shape): Float32Array =>
  spread(name, sizeOf(shape), 0.5, 0.5);

/** Integers from 0 to `below` − 1. */
export const formulaIntegers = (name: string, length: number, below: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => Math.floor(((u32(name, i) + 0.5) / 4294967296) * below));

/** All parameters of a network by formula. */
export function formulaWeights(shapes: WeightShapes): WeightData {
  return new Map(
    [...shapes].map(([path, shape]) => [path, { shape, values: formulaValues(path, shape) }]),
  );
}

function formulaValues(path: string, shape: Shape): Float32Array {
  const length = sizeOf(shape);
  const [centre, width] =
    shape.length === 1
      ? [path.endsWith('.weight') ? 1 : 0, 0.1]
      : [0, shape.length === 3 ? 0.5 : Math.sqrt((3 * shape[0]!) / length)];
  return spread(path, length, centre, width);
}

/** The small network of the fixtures for a task. */
export function tinyConfig(
  task: SpectralGptConfig['task'],
  chosen: Partial<SpectralGptConfig> = {},
): SpectralGptConfig {
  const classes = { pretrain: 0, scene: 10, multilabel: 19, segmentation: 13, change: 2 }[task];
  return officialSpectralGpt({
    task,
    classes,
    embedDim: 48,
    depth: 2,
    heads: 4,
    imageSize: 32,
    decoder: { embedDim: 32, depth: 1, heads: 4 },
    head: {
      levels: [
        { hidden: 64, out: 32 },
        { hidden: 64, out: 64 },
        { hidden: 128, out: 128 },
      ],
      deepest: 256,
      fusion: 32,
    },
    ...chosen,
  });
}

/** Largest distance from the described values, relative to nothing: inputs and weights are of order 1. */
export function distance(values: ArrayLike<number>, described: Described): number {
  const at = (index: number, expected: number): number => Math.abs(values[index]! - expected);
  const first = described.first.map((expected, i) => at(i, expected));
  const probes = described.probe_index.map((index, k) => at(index, described.probe_value[k]!));
  return Math.max(...first, ...probes);
}
