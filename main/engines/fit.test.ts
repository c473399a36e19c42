import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Preset, presetNamed } from '../../app/learn/settings.ts';
import { spectralMamba } from '../../app/model/spectralMamba.ts';
import { createRandom } from '../../app/random.ts';
import { createClassPredictor } from './classPredictor.ts';
import type { Engine } from './engine.ts';
import { type FitOptions, fitClassifier, type LabelledSpectra } from './fit.ts';
import { openEngine } from './table.ts';
import { topClasses } from './validation.ts';

const classes = ['water', 'grass', 'roof'].map((name, i) => ({
  value: i + 1,
  name,
  color: [0, 0, 0] as const,
}));

/** Spectra of three classes in 12 bands with noise; band 12 is constant. Patches repeat the pixel with noise. */
function samplesOf(count: number, patch: 1 | 3 = 1): LabelledSpectra {
  const random = createRandom(5, 'samples');
  const bands = 12;
  const pixels = patch * patch;
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const features = new Float32Array(count * bands * pixels);
  for (let i = 0; i < features.length; i++) {
    const sample = Math.floor(i / (bands * pixels));
    const band = Math.floor(i / pixels) % bands;
    const centre = 0.3 + 0.1 * Math.sin(band * (0.3 + 0.4 * labels[sample]!));
    features[i] = band === bands - 1 ? 0.7 : centre + 0.03 * random.normal();
  }
  return { features, bands, patch, labels };
}

const range = (from: number, to: number) =>
  Int32Array.from({ length: to - from }, (_, i) => from + i);

function presetOf(settings: Partial<Preset['settings']>, name = 'prismap'): Preset {
  const preset = presetNamed(name);
  return {
    ...preset,
    network: { ...preset.network, pieces: 3, width: 8, states: 4, timeRank: 1 },
    settings: { ...preset.settings, epochs: 12, batch: 16, members: 1, ...settings },
  };
}

function optionsOf(engine: Engine, changes: Partial<FitOptions> = {}): FitOptions {
  return {
    samples: samplesOf(90),
    train: range(0, 60),
    validation: range(60, 90),
    classes,
    preset: presetOf({}),
    engine,
    ...changes,
  };
}

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ engine: 'cpu' });
  folder = await mkdtemp(join(tmpdir(), 'prismap-fit-'));
});
afterAll(async () => {
  engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe('fitClassifier', () => {
  it('learns, reports every epoch, and its predictor takes physical values', async () => {
    const reports: number[] = [];
    const result = await fitClassifier(
      optionsOf(engine, {
        preset: presetOf({ epochs: 25, learningRate: 0.01, members: 2 }),
        onEpoch: ({ member, epoch }) => reports.push(member * 100 + epoch),
      }),
    );
    expect(reports.slice(0, 3)).toEqual([101, 102, 103]);
    expect(reports).toContain(226);
    expect(result.members).toHaveLength(2);
    expect(result.trainingByClass).toEqual([20, 20, 20]);
    expect(result.curve[0]!.loss).toBeGreaterThan(result.curve[20]!.loss);
    const { config, normalisation, members } = result;
    const predictor = createClassPredictor(
      {
        members: members.map((weights) => ({ family: spectralMamba, config, weights })),
        normalisation,
        bands: 12,
        patch: 1,
      },
      engine,
    );
    const samples = samplesOf(90);
    const probabilities = predictor.probabilities(samples);
    const right = topClasses(probabilities, 3).filter((c, i) => c === samples.labels[i]).length;
    expect(right / 90).toBeGreaterThan(0.9);
    expect(() => predictor.probabilities({ ...samples, bands: 9 })).toThrow(/12 bands/);
    predictor.dispose();
  });

  it('trains on patches too', async () => {
    const samples = samplesOf(60, 3);
    const preset = presetOf({ epochs: 3 }, 'paper');
    const options = { samples, preset, train: range(0, 45), validation: range(45, 60) };
    const result = await fitClassifier(optionsOf(engine, options));
    expect(result.config.patch).toBe(3);
    expect(result.curve[2]!.loss).toBeLessThan(result.curve[0]!.loss);
  });

  it('stops early and takes the best epoch', async () => {
    const preset = presetOf({ epochs: 200, patience: 3, learningRate: 0.02 });
    const result = await fitClassifier(optionsOf(engine, { preset }));
    expect(result.epochs).toBe(result.bestEpoch + 3);
    const scores = result.curve.map(({ validation }) => validation!.score);
    expect(scores[result.bestEpoch - 1]).toBe(Math.max(...scores));
  });

  it('gives the same bytes for the same seed, others for another', async () => {
    const weights = async (seed: number) => {
      const preset = presetOf({ epochs: 3, seed });
      return (await fitClassifier(optionsOf(engine, { preset }))).members[0];
    };
    expect(await weights(1)).toEqual(await weights(1));
    expect(await weights(2)).not.toEqual(await weights(1));
  });

  it('is cancelled at once and goes on from its checkpoint', async () => {
    const place = join(folder, 'cancelled');
    const controller = new AbortController();
    const cancelled = fitClassifier(
      optionsOf(engine, {
        folder: place,
        signal: controller.signal,
        onEpoch: ({ epoch }) => {
          if (epoch === 5) controller.abort();
        },
      }),
    );
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    const epochs: number[] = [];
    const resumed = await fitClassifier(
      optionsOf(engine, {
        folder: place,
        resume: true,
        onEpoch: ({ epoch }) => epochs.push(epoch),
      }),
    );
    expect(epochs[0]).toBe(6);
    const whole = await fitClassifier(optionsOf(engine));
    expect(resumed.members).toEqual(whole.members);
    expect(resumed.curve).toEqual(whole.curve);
  });

  it('does not go on with other samples', async () => {
    const place = join(folder, 'other');
    await fitClassifier(optionsOf(engine, { folder: place, preset: presetOf({ epochs: 2 }) }));
    const other = optionsOf(engine, {
      folder: place,
      resume: true,
      preset: presetOf({ epochs: 2 }),
      train: range(0, 50),
    });
    await expect(fitClassifier(other)).rejects.toMatchObject({ code: 'bands-mismatch' });
  });

  it('refuses too few samples, too few classes and values that are not finite', async () => {
    const one = optionsOf(engine, { train: Int32Array.of(0, 3, 6, 9) });
    await expect(fitClassifier(one)).rejects.toMatchObject({ code: 'no-samples' });
    const few = optionsOf(engine, { train: Int32Array.of(0, 3, 6, 9, 1, 4) });
    await expect(fitClassifier(few)).rejects.toThrow(/"grass" has 2 training pixels/);
    const samples = samplesOf(90);
    samples.features[5 * 12 + 2] = Number.NaN;
    await expect(fitClassifier(optionsOf(engine, { samples }))).rejects.toMatchObject({
      code: 'bad-values',
      details: { sample: 5, band: 2 },
    });
  });
});

/** A program that trains with checkpoints, goes on from what is there, and writes its weights at the end. */
function program(place: string, out: string): string {
  const from = (path: string) =>
    JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);
  return `
    import { writeFileSync } from 'node:fs';
    const { fitClassifier } = await import(${from('./fit.ts')});
    const { openEngine } = await import(${from('./table.ts')});
    const { writeSafetensors } = await import(${from('./safetensors.ts')});
    const samples = { bands: 12, patch: 1, features: Float32Array.from(${JSON.stringify([...samplesOf(90).features])}),
      labels: Int32Array.from({ length: 90 }, (_, i) => i % 3) };
    const range = (a, b) => Int32Array.from({ length: b - a }, (_, i) => a + i);
    const result = await fitClassifier({ samples, train: range(0, 60), validation: range(60, 90),
      classes: ${JSON.stringify(classes)}, preset: ${JSON.stringify(presetOf({ epochs: 24, patience: 100 }))},
      engine: await openEngine({ engine: 'cpu' }), folder: ${JSON.stringify(place)}, resume: true,
      onEpoch: () => process.stdout.write('.') });
    writeFileSync(${JSON.stringify(out)}, writeSafetensors(result.members[0], { curve: JSON.stringify(result.curve) }));
  `;
}

/** Runs it to the end, or kills it after so many epochs and a moment more. */
function run(code: string, epochs = Infinity, milliseconds = 0): Promise<number | null> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seen = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen >= epochs) setTimeout(() => child.kill('SIGKILL'), milliseconds);
  });
  return new Promise((resolve) => child.on('close', resolve));
}

describe('a killed run', () => {
  it('goes on to the same bytes as one that was left alone', async () => {
    const [alone, killed] = [join(folder, 'alone.bin'), join(folder, 'killed.bin')];
    expect(await run(program(join(folder, 'alone'), alone))).toBe(0);
    const random = createRandom(Date.now() & 0xffff, 'kill');
    const place = join(folder, 'killed');
    for (let kill = 0; kill < 5; kill++) {
      await run(program(place, killed), 1 + random.integer(4), random.integer(60));
    }
    expect((await readdir(join(place, 'network-1'))).length).toBeGreaterThan(0);
    expect(await run(program(place, killed))).toBe(0);
    expect(await readFile(killed)).toEqual(await readFile(alone));
  });
});
