// What `accuracy.ts` and `accuracyFolds.ts` compare: our networks and forest, scikit-learn's SVM and forest.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forestProbabilities } from '../app/learn/forest.ts';
import type { Preset } from '../app/learn/settings.ts';
import { spectralMamba } from '../app/model/spectralMamba.ts';
import { createClassPredictor } from '../main/engines/classPredictor.ts';
import type { Engine } from '../main/engines/engine.ts';
import { fitClassifier, type LabelledSpectra } from '../main/engines/fit.ts';
import { fitForest } from '../main/engines/forest.ts';
import { validationFigures } from '../main/engines/validation.ts';
import type { DataSet } from './accuracyData.ts';
import type { Split } from './accuracyTasks.ts';
import { python } from './referee.ts';

/** OA and AA in per cent. */
export type Figures = { readonly oa: number; readonly aa: number; readonly kappa: number };

/** The rows of `chosen` samples of a table with `size` numbers a row. */
function rowsOf(table: Float32Array, size: number, chosen: Int32Array): Float32Array {
  const rows = new Float32Array(chosen.length * size);
  for (const [i, sample] of chosen.entries()) {
    rows.set(table.subarray(sample * size, (sample + 1) * size), i * size);
  }
  return rows;
}

function figuresOf(probabilities: Float32Array, data: DataSet, test: Int32Array): Figures {
  const reference = Int32Array.from(test, (i) => data.labels[i]!);
  const { oa = 0, aa = 0, kappa = 0 } = validationFigures(probabilities, reference, data.classes);
  return { oa: 100 * oa, aa: 100 * aa, kappa };
}

/** A set as pixels or patches, and which of its samples are for what. */
export type Part = {
  readonly data: DataSet;
  readonly samples: LabelledSpectra;
  readonly split: Split;
};

/** Trains a preset on the training part and measures it on the test part: the first network alone, the first two … all. */
export async function trainAndTest(
  engine: Engine,
  { samples, data, split }: Part,
  preset: Preset,
): Promise<readonly Figures[]> {
  const fit = await fitClassifier({
    samples,
    train: split.train,
    validation: split.validation,
    classes: Array.from({ length: data.classes }, (_, i) => ({
      value: i + 1,
      name: `class ${i + 1}`,
      color: [0, 0, 0] as const,
    })),
    preset,
    engine,
  });
  const { config, normalisation } = fit;
  const members = fit.members.map((weights) => ({ family: spectralMamba, config, weights }));
  const { bands, patch } = samples;
  const features = rowsOf(samples.features, bands * patch * patch, split.test);
  return members.map((_, last) => {
    const some = { members: members.slice(0, last + 1), normalisation, bands, patch };
    const predictor = createClassPredictor(some, engine);
    const probabilities = predictor.probabilities({ features, bands, patch });
    predictor.dispose();
    return figuresOf(probabilities, data, split.test);
  });
}

/** Our forest of 500 trees. */
export async function ourForest(data: DataSet, split: Split, seed: number): Promise<Figures> {
  const forest = await fitForest(data, { train: split.train, trees: 500, seed });
  const features = rowsOf(data.features, data.bands, split.test);
  return figuresOf(forestProbabilities(forest, features), data, split.test);
}

/** SVM-RBF and forest of scikit-learn, or nothing where it is missing. */
export async function peers(data: DataSet, split: Split): Promise<Record<string, Figures[]>> {
  if (!existsSync(python)) return {};
  const folder = await mkdtemp(join(tmpdir(), 'prismap-accuracy-'));
  try {
    const raw = (name: string, values: Float32Array | Int32Array) =>
      writeFile(
        join(folder, name),
        Buffer.from(values.buffer, values.byteOffset, values.byteLength),
      );
    await raw('features', data.features);
    await raw('labels', data.labels);
    await raw('train', split.train);
    await raw('test', split.test);
    const script = join(import.meta.dirname, 'accuracy_peer.py');
    const output = execFileSync(python, [script, folder, String(data.bands)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return JSON.parse(output) as Record<string, Figures[]>;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
