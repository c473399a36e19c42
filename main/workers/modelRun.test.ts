import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { spectralGptShapes } from '../../app/model/spectralGpt/weightTable.ts';
import { floatValues, readSafetensors, writeSafetensors } from '../engines/safetensors.ts';
import {
  type Described,
  distance,
  fixturesPresent,
  formulaInput,
  formulaWeights,
  readFixture,
  tinyConfig,
} from '../engines/testing/spectralGptFixtures.ts';
import { createServices } from '../services/createServices.ts';
import { askReferee, hasModule } from '../vector/testing/referee.ts';
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

const checkpoints = join(import.meta.dirname, '../../../shared/fixtures/spectralgpt/pth');
const services = createServices({ runTask: runInChild });

/** Writes description and inputs of the small masked autoencoder of the fixtures; what `model run` is to be asked. */
function tinyPretraining(): { readonly config: string; readonly input: string } {
  const [config, input] = [path('mae.json'), path('mae.safetensors')];
  writeFileSync(
    config,
    JSON.stringify({
      ...{ family: 'spectralgpt', setting: 'official', task: 'pretrain', maskRatio: 0.9 },
      ...{ embedDim: 48, depth: 2, heads: 4, imageSize: 32 },
      decoder: { embedDim: 32, depth: 1, heads: 4 },
    }),
  );
  const image = { shape: [2, 12, 32, 32], values: formulaInput('input', [2, 12, 32, 32]) };
  const noise = { shape: [2, 64], values: formulaInput('mae_noise', [2, 64]) };
  writeFileSync(
    input,
    writeSafetensors(
      new Map([
        ['input', image],
        ['noise', noise],
      ]),
    ),
  );
  return { config, input };
}

async function predictions(weights: string, out: string): Promise<Float32Array> {
  await services.call('model run', { ...tinyPretraining(), weights, out });
  return floatValues(readSafetensors(readFileSync(out), out).tensors.get('pred')!, 'pred');
}

test.skipIf(!existsSync(checkpoints))(
  'a checkpoint as its training wrote it gives what its converted tensors give (skipped where the fixtures are absent)',
  async () => {
    const file = join(checkpoints, 'tiny_pretrain_torch2150.pth');
    await services.call('weights convert', {
      file,
      out: path('converted.safetensors'),
      model: 'spectralgpt',
    });
    const direct = await predictions(file, path('direct.safetensors'));
    expect(direct).toHaveLength(2 * 64 * 192);
    expect(direct).toEqual(await predictions(path('converted.safetensors'), path('c.safetensors')));
    const other = join(checkpoints, 'edge_torch2150.pth');
    await expect(predictions(other, path('edge.safetensors'))).rejects.toThrow(
      expect.objectContaining({ code: 'bad-weights' }),
    );
  },
);

const torch = hasModule('torch') && fixturesPresent;

test.skipIf(!torch)(
  'a .pth by PyTorch, nested and named as training in parallel does, gives the reference (skipped without PyTorch or fixtures)',
  async () => {
    const weights = formulaWeights(spectralGptShapes(tinyConfig('pretrain')));
    writeFileSync(path('formula.safetensors'), writeSafetensors(weights));
    askReferee(
      `
import json, struct, sys
import numpy, torch
given = json.load(sys.stdin)
data = open(given["from"], "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8 : 8 + length])
state = {}
for name, fact in header.items():
    if name == "__metadata__": continue
    begin, end = fact["data_offsets"]
    values = numpy.frombuffer(data[8 + length + begin : 8 + length + end], "<f4").copy()
    state["module." + name] = torch.from_numpy(values).reshape(fact["shape"])
torch.save({"model": state, "epoch": 3}, given["to"])
print("{}")
`,
      { from: path('formula.safetensors'), to: path('formula.pth') },
    );
    const found = await predictions(path('formula.pth'), path('formula-out.safetensors'));
    const { pred } = readFixture<{ activations: { pred: Described } }>('tiny_mae').activations;
    expect(distance(found, pred)).toBeLessThan(5e-5);
  },
);
