import { describe, expect, test } from 'vitest';
import { openEngine } from '../../../main/engines/table.ts';
import {
  type Described,
  distance,
  fixturesPresent,
  formulaInput,
  formulaWeights,
  readFixture,
  tinyConfig,
  u32,
} from '../../../main/engines/testing/spectralGptFixtures.ts';
import type { Ops } from '../ops.ts';
import type { WeightData } from '../weights.ts';
import { classify } from './classifier.ts';
import {
  checkSpectralGptConfig,
  officialSpectralGpt,
  reconstructions,
  type SpectralGptConfig,
  spectralGptSizes,
  tokenGrid,
} from './configuration.ts';
import type { Pass } from './encoder.ts';
import { maskTokens, reconstruct } from './pretraining.ts';
import { detectChange, segment } from './segmentation.ts';
import { freshSpectralGptWeights, spectralGptShapes } from './weightTable.ts';

type Activations = Readonly<Record<string, Described>>;
type Values = { readonly shape: readonly number[]; readonly values: Float32Array };

/** Intermediate results by name. `images` first, others observed; (b, h, w, c) ones are turned to (b, c, h, w). */
async function observe(
  config: SpectralGptConfig,
  inputs: readonly string[],
  batch: number,
  forward: <T>(pass: Pass<T>, images: readonly T[]) => Readonly<Record<string, T>>,
): Promise<ReadonlyMap<string, Values>> {
  const engine = await openEngine({ engine: 'tensorflow' });
  const shape = [batch, config.bands, config.imageSize, config.imageSize];
  const data: WeightData = new Map([
    ...formulaWeights(spectralGptShapes(config)),
    ...inputs.map(
      (name) => [`input:${name}`, { shape, values: formulaInput(name, shape) }] as const,
    ),
  ]);
  const names: string[] = [];
  const results = engine.run(data, <T>(ops: Ops<T>, weights: ReadonlyMap<string, T>) => {
    const kept: T[] = [];
    const keep = (name: string, value: T): void => {
      names.push(name);
      const rank = ops.shape(value).length;
      kept.push(rank === 4 ? ops.transpose(value, [0, 3, 1, 2]) : value);
    };
    const pass: Pass<T> = { ops, weights, config, observe: keep };
    const images = inputs.map((name) => weights.get(`input:${name}`)!);
    for (const [name, value] of Object.entries(forward(pass, images))) keep(name, value);
    return kept;
  });
  engine.dispose();
  return new Map(names.map((name, i) => [name, results[i]!]));
}

function expectActivations(found: ReadonlyMap<string, Values>, expected: Activations): void {
  for (const [name, described] of Object.entries(expected)) {
    const values = found.get(name)?.values;
    expect(values, `${name} is computed`).toBeDefined();
    expect(distance(values!, described), name).toBeLessThan(5e-5);
  }
}

describe.skipIf(!fixturesPresent)('against the released code (needs ../shared)', () => {
  test('the formula of weights and inputs', () => {
    const { u32: vectors } = readFixture<{
      u32: Readonly<Record<string, Readonly<Record<string, number>>>>;
    }>('scheme_vectors');
    expect(Object.keys(vectors).length).toBeGreaterThan(0);
    for (const [name, values] of Object.entries(vectors))
      for (const [i, value] of Object.entries(values)) expect(u32(name, Number(i))).toBe(value);
  });

  test.each([
    ['tiny_cls_sepF', false],
    ['tiny_cls_sepT', true],
  ])('%s: scene classification', async (name, separablePositions) => {
    const fixture = readFixture<{ logits: readonly number[][]; activations: Activations }>(name);
    const config = tinyConfig('scene', { separablePositions });
    const found = await observe(config, ['input'], 2, (pass, [image]) => ({
      logits: classify(pass, image!),
    }));
    expectActivations(found, fixture.activations);
    fixture.logits.flat().forEach((logit, i) => {
      expect(Math.abs(found.get('logits')!.values[i]! - logit)).toBeLessThan(2e-5);
    });
  });

  test.each([
    ['base96_cls_sepF', 96, false],
    ['base96_cls_sepT', 96, true],
    ['base128_cls_sepF', 128, false],
    ['base128_cls_sepT', 128, true],
  ])('%s: Base', async (name, imageSize, separablePositions) => {
    type Fixture = {
      num_params: number;
      logits: readonly number[][];
      activations: Activations;
    };
    const fixture = readFixture<Fixture>(name);
    const config = officialSpectralGpt({
      task: 'scene',
      classes: 10,
      imageSize,
      separablePositions,
    });
    expect(parametersOf(config)).toBe(fixture.num_params);
    const found = await observe(config, ['input'], 1, (pass, [image]) => ({
      logits: classify(pass, image!),
    }));
    expectActivations(found, fixture.activations);
    fixture.logits.flat().forEach((logit, i) => {
      expect(Math.abs(found.get('logits')!.values[i]! - logit)).toBeLessThan(2e-5);
    });
  });

  test('base96_mae: Base', async () => {
    const fixture = readFixture<MaskedFixture>('base96_mae');
    const config = officialSpectralGpt({ task: 'pretrain', classes: 0, imageSize: 96 });
    const masking = maskTokens(formulaInput('mae_noise', [1, 576]), 576, 0.9);
    expect(masking.kept).toBe(fixture.len_keep);
    const found = await observe(config, ['input'], 1, (pass, [image]) => {
      const { loss, parts } = reconstruct(pass, image!, masking);
      return { loss, token: parts.token, overGroups: parts.overGroups! };
    });
    expectActivations(found, fixture.activations);
    const { total, token_masked_mse, spectral_sum_mse } = fixture.loss;
    for (const [part, value] of [
      ['loss', total],
      ['token', token_masked_mse],
      ['overGroups', spectral_sum_mse],
    ] as const)
      expect(Math.abs(found.get(part)!.values[0]! - value) / value, part).toBeLessThan(2e-5);
  });

  test.each(['tiny_mae', 'tiny_mae_npl'])('%s: masked pre-training', async (name) => {
    const fixture = readFixture<MaskedFixture>(name);
    const config = tinyConfig('pretrain', {
      reconstruction: {
        ...reconstructions['two-target'],
        normalisedTokens: fixture.norm_pix_loss,
      },
    });
    const { tokens } = tokenGrid(config);
    const masking = maskTokens(formulaInput('mae_noise', [2, tokens]), tokens, 0.9);
    expect(masking.kept).toBe(fixture.len_keep);
    expect([...masking.keptTokens]).toEqual(fixture.ids_keep.flat());
    const three = {
      ...config,
      reconstruction: {
        ...reconstructions['three-target'],
        normalisedTokens: fixture.norm_pix_loss,
      },
    };
    const found = await observe(config, ['input'], 2, (pass, [image]) => {
      const { loss, parts } = reconstruct(pass, image!, masking);
      const quiet = { ...pass, config: three, observe: undefined };
      const { parts: threeParts, loss: threeLoss } = reconstruct(quiet, image!, masking);
      return {
        loss,
        token: parts.token,
        overGroups: parts.overGroups!,
        'three.overGroups': threeParts.overGroups!,
        'three.overPlaces': threeParts.overPlaces!,
        'three.loss': threeLoss,
      };
    });
    expectActivations(found, fixture.activations);
    const { loss, loss_3recon_variant_from_stale_pyc: variant } = fixture;
    const expected: Readonly<Record<string, number | undefined>> = {
      loss: loss.total,
      token: loss.token_masked_mse,
      overGroups: loss.spectral_sum_mse,
      'three.overGroups': variant?.spatial_mean_mse,
      'three.overPlaces': variant?.spectral_mean_mse,
      'three.loss': variant?.total,
    };
    for (const [part, value] of Object.entries(expected))
      if (value !== undefined)
        expect(Math.abs(found.get(part)!.values[0]! - value), part).toBeLessThan(
          2e-5 * Math.max(1, value),
        );
  });

  test('tiny_seg: semantic segmentation', async () => {
    const fixture = readFixture<{ activations: Activations }>('tiny_seg');
    const found = await observe(tinyConfig('segmentation'), ['input'], 2, (pass, [image]) => ({
      logits: segment(pass, image!),
    }));
    expectActivations(found, fixture.activations);
  });

  test('tiny_cd: change detection', async () => {
    const fixture = readFixture<{ activations: Activations }>('tiny_cd');
    const found = await observe(
      tinyConfig('change'),
      ['input', 'input2'],
      2,
      (pass, [before, after]) => {
        const logits = detectChange(pass, before!, after!);
        return { logits, log_softmax: pass.ops.logSoftmax(logits) };
      },
    );
    expectActivations(found, fixture.activations);
  });
});

type MaskedFixture = {
  readonly activations: Activations;
  readonly norm_pix_loss: boolean;
  readonly len_keep: number;
  readonly ids_keep: readonly number[][];
  readonly loss: {
    readonly total: number;
    readonly token_masked_mse: number;
    readonly spectral_sum_mse: number;
  };
  readonly loss_3recon_variant_from_stale_pyc?: {
    readonly spatial_mean_mse: number;
    readonly spectral_mean_mse: number;
    readonly total: number;
  };
};

const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);

function parametersOf(config: SpectralGptConfig): number {
  let sum = 0;
  for (const shape of spectralGptShapes(config).values()) sum += shape.reduce((a, b) => a * b, 1);
  return sum;
}

describe('numbers of parameters', () => {
  const masked = (size: keyof typeof spectralGptSizes, imageSize: number, spectralPatch = 3) =>
    parametersOf(
      officialSpectralGpt({
        task: 'pretrain',
        classes: 0,
        ...spectralGptSizes[size],
        imageSize,
        spectralPatch,
      }),
    );

  test('pre-training, Base to Huge', () => {
    expect(masked('base', 96)).toBe(98_496_960);
    expect(masked('base', 128)).toBe(98_640_320);
    expect(masked('base', 128, 2)).toBe(98_560_896);
    expect(masked('large', 96)).toBe(315_970_752);
    expect(masked('large', 128)).toBe(316_142_784);
    expect(masked('huge', 96)).toBe(643_558_336);
    expect(masked('huge', 128)).toBe(643_759_040);
  });

  test('the four tasks', () => {
    const scene = { task: 'scene', classes: 10 } as const;
    expect(
      parametersOf(officialSpectralGpt({ ...scene, imageSize: 96, separablePositions: true })),
    ).toBe(85_325_578);
    expect(parametersOf(officialSpectralGpt({ ...scene }))).toBe(85_998_346);
    expect(parametersOf(officialSpectralGpt({ ...scene, patch: 16 }))).toBe(85_850_890);
    expect(parametersOf(officialSpectralGpt({ ...scene, bands: 10, spectralPatch: 2 }))).toBe(
      86_145_802,
    );
    expect(parametersOf(officialSpectralGpt({ ...scene, task: 'multilabel', classes: 19 }))).toBe(
      85_998_346 + 6921,
    );
    expect(parametersOf(officialSpectralGpt({ task: 'segmentation', classes: 13 }))).toBe(
      109_244_946,
    );
    expect(parametersOf(officialSpectralGpt({ task: 'change', classes: 2 }))).toBe(109_219_591);
  });

  test('fresh weights: as many as the table says, the same for a seed, spread as they should be', () => {
    const config = tinyConfig('segmentation');
    const fresh = freshSpectralGptWeights(config, 7);
    expect([...fresh.keys()]).toEqual([...spectralGptShapes(config).keys()]);
    const again = freshSpectralGptWeights(config, 7);
    for (const [path, { values }] of fresh)
      expect(Buffer.compare(bytesOf(values), bytesOf(again.get(path)!.values)), path).toBe(0);
    const spread = (path: string): number => {
      const { values } = fresh.get(path)!;
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    };
    expect(spread('pos_embed_spatial')).toBeCloseTo(0.02, 2);
    // Xavier: variance 2 / (in + out).
    expect(spread('blocks.1.mlp.fc1.weight')).toBeCloseTo(Math.sqrt(2 / (48 * 5)), 2);
    expect(spread('conv0.0.weight')).toBeCloseTo(1 / Math.sqrt(3 * 48), 2);
    expect(spread('norm.weight')).toBe(1);
    expect(spread('norm.bias')).toBe(0);
  });

  test('sizes that make no network are refused by name', () => {
    const base = officialSpectralGpt({ task: 'scene', classes: 10 });
    checkSpectralGptConfig(base);
    for (const [chosen, words] of [
      [{ bands: 13 }, '13 bands'],
      [{ imageSize: 100 }, '100 pixels'],
      [{ heads: 7 }, '7 heads'],
      [{ classes: 1 }, '1 classes'],
      [{ depth: 0 }, 'depth is 0'],
    ] as const)
      expect(() => checkSpectralGptConfig({ ...base, ...chosen })).toThrow(words);
  });
});
