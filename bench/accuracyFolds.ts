// Compares candidate settings of a preset by cross-validation inside the TRAINING part of every labelled set, SVM and forest
// on the same folds as yardsticks. No test sample is looked at: this is how the preset `prismap` is chosen.
//   accuracyFolds.ts [--only TEXT] [--candidates FILE.json] [--names A,B] [--folds N] [--seeds N] [--members N] [--peers] [--out FILE]
// A candidate is a name and what differs from the preset: {"name": …, "network": {…}, "settings": {…}}. The first is what the
// others are compared with, fold by fold.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Preset, presetNamed } from '../app/learn/settings.ts';
import { openEngine } from '../main/engines/table.ts';
import { dataPresent, samplesOf } from './accuracyData.ts';
import { type Figures, ourForest, peers, trainAndTest } from './accuracyMethods.ts';
import { type Task, tasksNamed } from './accuracyTasks.ts';
import { foldsOf } from './folds.ts';

type Candidate = {
  readonly name: string;
  readonly network?: Preset['network'];
  readonly settings?: Partial<Preset['settings']>;
};

/** Figures of one candidate on one task, a row of them for every fold and seed: its first network alone, the first two … all. */
type Result = {
  readonly task: string;
  readonly name: string;
  readonly runs: readonly (readonly Figures[])[];
};

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    candidates: { type: 'string', default: join(import.meta.dirname, 'accuracyCandidates.json') },
    names: { type: 'string' },
    folds: { type: 'string', default: '4' },
    seeds: { type: 'string', default: '1' },
    members: { type: 'string' },
    peers: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

function candidates(): Candidate[] {
  const all = JSON.parse(readFileSync(options.candidates, 'utf8')) as Candidate[];
  const wanted = options.names?.split(',');
  return wanted === undefined ? all : all.filter(({ name }) => wanted.includes(name));
}

/** The preset with a candidate's changes; `--members` trains fewer networks while weeding out. */
function presetOf({ network, settings }: Candidate, seed: number): Preset {
  const preset = presetNamed('prismap');
  const members = options.members === undefined ? {} : { members: Number(options.members) };
  return {
    ...preset,
    network: { ...preset.network, ...network },
    settings: { ...preset.settings, ...settings, ...members, seed },
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard error of a mean. */
function errorOf(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1) / values.length);
}

async function measure(task: Task, report: (result: Result) => void): Promise<void> {
  const data = await task.data();
  const samples = samplesOf(data, task.patch);
  const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed);
  const { labels } = data;
  const units = task.apart ? data.units : undefined;
  const split = task.split(data);
  // Another seed is another draw of folds and another start of the networks.
  const parts = seeds.flatMap((seed) =>
    foldsOf(split, { labels, units, folds: Number(options.folds), seed }).map((part) => ({
      part,
      seed,
    })),
  );
  // Steps of 64 spectra gain little from a second thread: sets are better measured side by side.
  const engine = await openEngine({ threads: 1 });
  for (const candidate of candidates()) {
    const runs: (readonly Figures[])[] = [];
    for (const { part, seed } of parts) {
      const preset = presetOf(candidate, seed);
      runs.push(await trainAndTest(engine, { samples, data, split: part }, preset));
    }
    report({ task: task.name, name: candidate.name, runs });
  }
  engine.dispose();
  if (!options.peers) return;
  const yardsticks = new Map<string, Figures[][]>();
  const note = (name: string, figures: Figures): void => {
    yardsticks.set(name, [...(yardsticks.get(name) ?? []), [figures]]);
  };
  for (const { part, seed } of parts) {
    note('random forest, ours', await ourForest(data, part, seed));
    for (const [name, [figures]] of Object.entries(await peers(data, part))) note(name, figures!);
  }
  for (const [name, runs] of yardsticks) report({ task: task.name, name, runs });
}

/** Mean OA and AA, the mean difference of OA from the first candidate with its standard error, and OA by number of networks. */
function line({ task, name, runs }: Result, first: Result): string {
  const whole = runs.map((run) => run.at(-1)!);
  const gains = whole.map(({ oa }, i) => oa - first.runs[i]!.at(-1)!.oa);
  const gain = `${mean(gains) < 0 ? '' : '+'}${mean(gains).toFixed(2)} ± ${errorOf(gains).toFixed(2)}`;
  const [oa, aa] = [mean(whole.map((run) => run.oa)), mean(whole.map((run) => run.aa))];
  const steps = runs[0]!.map((_, i) => mean(runs.map((run) => run[i]!.oa)).toFixed(2)).join(' ');
  return `${task} · ${name}: OA ${oa.toFixed(2)}  AA ${aa.toFixed(2)}  against "${first.name}" ${gain}  by networks ${steps}`;
}

if (dataPresent()) {
  const results: Result[] = [];
  for (const task of tasksNamed(options.only).filter(({ paperOnly }) => paperOnly !== true)) {
    await measure(task, (result) => {
      results.push(result);
      console.log(line(result, results.find((other) => other.task === result.task)!));
    });
  }
  if (options.out !== undefined)
    await writeFile(options.out, JSON.stringify({ options, results }, undefined, 2));
} else {
  console.error(
    'The labelled sets lie in ../shared, which is not on this machine: nothing to measure.',
  );
}
