// Accuracy on the labelled sets: our networks and forest, scikit-learn's SVM and forest, and the reference figures.
//   accuracy.ts [--only TEXT (a name, or a part of several)] [--seeds N] [--presets paper,prismap] [--out FILE.json] [--no-peers]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Preset, presetNamed } from '../app/learn/settings.ts';
import type { Engine } from '../main/engines/engine.ts';
import { openEngine } from '../main/engines/table.ts';
import { dataPresent, samplesOf } from './accuracyData.ts';
import { type Figures, ourForest, peers, trainAndTest } from './accuracyMethods.ts';
import { printTable, type Row, summary } from './accuracyTable.ts';
import { type Reference, type Task, tasksNamed } from './accuracyTasks.ts';

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
    for (const seed of seeds) {
      const preset = presetOf(name, task, seed);
      runs.push((await trainAndTest(engine, { samples, data, split }, preset)).at(-1)!);
    }
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
  for (const task of tasksNamed(values.only)) {
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
