// Accuracy on the labelled sets: our networks and forest, scikit-learn's SVM and forest, and the reference figures.
//   accuracy.ts [--only TEXT (a name, or a part of several)] [--seeds N] [--presets paper,prismap] [--out FILE.json] [--no-peers]
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { forestProbabilities } from '../app/learn/forest.ts';
import { type Preset, presetNamed } from '../app/learn/settings.ts';
import { spectralMamba } from '../app/model/spectralMamba.ts';
import { createClassPredictor } from '../main/engines/classPredictor.ts';
import type { Engine } from '../main/engines/engine.ts';
import { fitClassifier, type LabelledSpectra } from '../main/engines/fit.ts';
import { fitForest } from '../main/engines/forest.ts';
import { openEngine } from '../main/engines/table.ts';
import { validationFigures } from '../main/engines/validation.ts';
import { type DataSet, dataPresent, samplesOf } from './accuracyData.ts';
import { printTable, type Row, summary } from './accuracyTable.ts';
import { type Reference, type Split, type Task, tasks } from './accuracyTasks.ts';

type Figures = { readonly oa: number; readonly aa: number; readonly kappa: number };

const python = join(import.meta.dirname, '..', '.cache', 'referee', 'bin', 'python');

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

/** The preset as the task asks for it: the paper's network is trained as the reference program trained it. */
function presetOf(name: string, task: Task, seed: number): Preset {
  const preset = presetNamed(name);
  if (name !== 'paper') return { ...preset, settings: { ...preset.settings, seed } };
  const { pieces, epochs } = task.paper;
  return {
    ...preset,
    network: { ...preset.network, pieces },
    // Patience speaks only where there is a validation part.
    settings: { ...preset.settings, epochs, seed, patience: 15 },
  };
}

async function trainAndTest(
  engine: Engine,
  samples: LabelledSpectra,
  data: DataSet,
  split: Split,
  preset: Preset,
): Promise<Figures> {
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
  const predictor = createClassPredictor({ members, normalisation, bands, patch }, engine);
  const features = rowsOf(samples.features, bands * patch * patch, split.test);
  const figures = figuresOf(predictor.probabilities({ features, bands, patch }), data, split.test);
  predictor.dispose();
  return figures;
}

async function ourForest(data: DataSet, split: Split, seed: number): Promise<Figures> {
  const forest = await fitForest(data, { train: split.train, trees: 500, seed });
  const features = rowsOf(data.features, data.bands, split.test);
  return figuresOf(forestProbabilities(forest, features), data, split.test);
}

/** SVM-RBF and forest of scikit-learn, or nothing where it is missing. */
async function peers(data: DataSet, split: Split): Promise<Record<string, Figures[]>> {
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

async function measure(engine: Engine, task: Task, options: Options): Promise<Row[]> {
  const data = await task.data();
  const split = task.split(data);
  const samples = samplesOf(data, task.patch);
  const rows: Row[] = [];
  const seeds = Array.from({ length: options.seeds }, (_, seed) => seed);
  const add = (method: string, runs: readonly Figures[], reference?: Reference): void => {
    const row = { task: task.name, method, ...summary(runs), ...(reference ? { reference } : {}) };
    rows.push(row);
    console.error(
      `${row.task} · ${method}: OA ${row.oa.mean.toFixed(2)} ± ${row.oa.spread.toFixed(2)}`,
    );
  };
  for (const name of options.presets) {
    if (name !== 'paper' && task.paperOnly === true) continue;
    const runs: Figures[] = [];
    for (const seed of seeds)
      runs.push(await trainAndTest(engine, samples, data, split, presetOf(name, task, seed)));
    add(`SpectralMamba, ${name}`, runs, name === 'paper' ? task.reference.paper : undefined);
  }
  if (task.reference.forest === undefined) return rows;
  const forests: Figures[] = [];
  for (const seed of seeds) forests.push(await ourForest(data, split, seed));
  add('random forest, ours', forests, task.reference.forest);
  const theirs = options.peers ? await peers(data, split) : {};
  for (const [method, runs] of Object.entries(theirs)) {
    add(method, runs, method.startsWith('SVM') ? task.reference.svm : task.reference.forest);
  }
  return rows;
}

type Options = {
  readonly presets: readonly string[];
  readonly seeds: number;
  readonly peers: boolean;
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      seeds: { type: 'string', default: '3' },
      presets: { type: 'string', default: 'paper,prismap' },
      out: { type: 'string' },
      'no-peers': { type: 'boolean', default: false },
    },
  });
  if (!dataPresent()) {
    console.error(
      'The labelled sets lie in ../shared, which is not on this machine: nothing to measure.',
    );
    return;
  }
  const engine = await openEngine();
  const options = {
    presets: values.presets.split(','),
    seeds: Number(values.seeds),
    peers: !values['no-peers'],
  };
  const rows: Row[] = [];
  const exact = tasks.filter(({ name }) => name === values.only);
  const chosen = exact.length > 0 ? exact : tasks.filter(({ name }) => name.includes(values.only));
  for (const task of chosen) {
    rows.push(...(await measure(engine, task, options)));
  }
  engine.dispose();
  console.log(printTable(rows));
  const document = JSON.stringify(
    { engine: engine.info, seeds: options.seeds, rows },
    undefined,
    2,
  );
  if (values.out === undefined) console.log(document);
  else await writeFile(values.out, document);
}

await main();
