import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { floatValues, readSafetensors, writeSafetensors } from '../engines/safetensors.ts';
import { createServices } from '../services/createServices.ts';
import { runInChild } from './host.ts';

const fixtures = join(import.meta.dirname, '../../../shared/fixtures/spectralmamba');
const folder = mkdtempSync(join(tmpdir(), 'prismap-run-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Fixture = {
  readonly config: Readonly<Record<string, number>>;
  readonly batch: number;
  readonly param_listing: readonly {
    readonly order?: number;
    readonly k?: number;
    readonly name: string;
    readonly shape: readonly number[];
    readonly kind: string;
  }[];
  readonly logits: readonly number[];
};

/** A parameter by the formula of the fixtures' README: which one, its kind says. */
function parameter(name: string, shape: readonly number[], k: number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const sine = (j: number): number => Math.sin((0.37 + 0.05 * k) * j + 0.11 * k);
  const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
  const states = shape.at(-1)!;
  return Float32Array.from({ length: size }, (_, j) => {
    if (name.endsWith('A_log')) return Math.log((j % states) + 1) + 0.05 * sine(j);
    if (/mixers\.\d+\.D$/.test(name)) return 1 + 0.1 * sine(j);
    if (name.endsWith('dt_proj.bias')) return -4 + 0.5 * sine(j);
    if (/norm(s\.\d+|_f)\.weight$/.test(name)) return 1 + 0.1 * sine(j);
    if (/norm(s\.\d+|_f)\.bias$/.test(name)) return 0.05 * sine(j);
    if (name.endsWith('.bias')) return 0.1 * sine(j);
    return sine(j) / Math.sqrt(fanIn);
  });
}

test
  .skipIf(!existsSync(fixtures))
  .each(['net_n1_pixel_tiny', 'net_n2_patch_tiny', 'net_n5_pixel_depth2'])(
  '%s: a forward pass on given files gives the logits of the reference (skipped where the fixtures are absent)',
  async (name) => {
    const fixture = JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8')) as Fixture;
    const { C, patch } = fixture.config as { readonly C: number; readonly patch: number };
    const shape = patch === 1 ? [fixture.batch, C] : [fixture.batch, C, 3, 3];
    const input = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => 0.5 + 0.4 * Math.sin(0.13 * i + 0.2),
    );
    const weights = fixture.param_listing.map(
      (row, k) =>
        [row.name, { shape: row.shape, values: parameter(row.name, row.shape, k) }] as const,
    );
    writeFileSync(
      path('config.json'),
      JSON.stringify({ family: 'spectralmamba', ...fixture.config }),
    );
    writeFileSync(path('weights.safetensors'), writeSafetensors(new Map(weights)));
    writeFileSync(
      path('input.safetensors'),
      writeSafetensors(new Map([['input', { shape, values: input }]])),
    );
    const services = createServices({ runTask: runInChild });
    const { outputs } = await services.call('model run', {
      config: path('config.json'),
      weights: path('weights.safetensors'),
      input: path('input.safetensors'),
      out: path('out.safetensors'),
      outputs: ['logits', 'norm_f'],
    });
    expect(outputs.map((output) => output.name)).toEqual(['logits', 'norm_f']);
    const { tensors } = readSafetensors(readFileSync(path('out.safetensors')), 'out');
    const logits = floatValues(tensors.get('logits')!, 'logits');
    const expected = fixture.logits;
    expect(logits).toHaveLength(expected.length);
    for (const [i, value] of expected.entries())
      expect(Math.abs(logits[i]! - value)).toBeLessThan(2e-6);
  },
);
