import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { api, type Input, type Output } from '../../app/contract/api.ts';
import { accuracy } from '../../app/contract/common.ts';
import { comparison } from '../../app/contract/compare.ts';
import { AppError } from '../../app/error.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import type { CallContext } from './callContext.ts';
import { renderComparison } from './report/comparison.ts';
import { csvText } from './report/figures.ts';
import { runTask } from './runTask.ts';

type Result = Output<'compare'>;
type Row = Result['rows'][number];
type Failure = Result['failed'][number];
type Figures = Output<'train'>['validation'];

/** Options of train that name files: from the folder of the tasks file where they are no full path. */
const paths = new Set(['scene', 'before', 'after', 'rois', 'dataset']);
/** Options that may repeat. */
const lists = new Set(['scene', 'before', 'after', 'skipBands', 'augment', 'changed']);

type Task = z.infer<typeof comparison>['tasks'][number];

/** Trains every model on every task with every seed; a run that fails is listed and the others go on. */
export async function compare(input: Input<'compare'>, context: CallContext): Promise<Result> {
  const tasks = await readTasks(input.tasks);
  const pairs = tasks.flatMap((task) => input.model.map((model) => ({ task, model })));
  await mkdir(input.out, { recursive: true });
  const failed: Failure[] = [];
  const rows: Row[] = [];
  for (const [number, { task, model }] of pairs.entries()) {
    const runs: Run[] = [];
    for (let seed = 0; seed < input.seeds; seed++) {
      context.onEvent?.({
        kind: 'progress',
        stage: 'comparing',
        done: number * input.seeds + seed,
        total: pairs.length * input.seeds,
        detail: `${task.name}, ${model}, seed ${seed}`,
      });
      const folder = join(input.out, fileName(task.name), fileName(model), String(seed));
      try {
        const train = trainInput(input, { task, model, seed, folder });
        runs.push(await runOrRecall(train, input.resume, context));
      } catch (error) {
        if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
        const { code, message } = error;
        failed.push({ task: task.name, model, seed, code, message });
      }
    }
    if (runs.length > 0) rows.push(rowOf(task, model, runs));
  }
  if (rows.length === 0) throw nothingRan(failed[0]!);
  const [table, report] = [join(input.out, 'comparison.csv'), join(input.out, 'comparison.html')];
  const result: Result = { rows, failed, table, report };
  await writeFileAtomic(table, csvOf(result));
  await writeFileAtomic(
    report,
    renderComparison(result, input.splitBySeed, new Date().toISOString()),
  );
  return result;
}

const nothingRan = ({ task, model, code, message }: Failure): AppError =>
  new AppError(code as AppError['code'], `No run ended well. ${task}, ${model}: ${message}`);

async function readTasks(path: string): Promise<readonly Task[]> {
  const bad = (problem: string): AppError =>
    new AppError(
      'usage',
      `The tasks ${path} ${problem}. They need a list "tasks", each with a name and options of train (scene, rois, dataset, task, epochs …).`,
      { path },
    );
  let value: unknown;
  try {
    value = parseYaml(await readFile(path, 'utf8'), { maxAliasCount: 100 });
  } catch (error) {
    throw bad(`could not be read (${(error as Error).message.split('\n')[0]})`);
  }
  const parsed = comparison.safeParse(value);
  if (!parsed.success) throw bad(`do not fit: ${parsed.error.issues[0]!.message}`);
  const { tasks } = parsed.data;
  if (new Set(tasks.map(({ name }) => fileName(name))).size < tasks.length)
    throw bad('name two tasks alike');
  return tasks.map((task) => placed(task, dirname(path)));
}

/** A task whose files are named from a folder. */
function placed(task: Task, folder: string): Task {
  const place = (value: unknown): unknown =>
    typeof value === 'string' && !/^https?:/.test(value) ? resolve(folder, value) : value;
  const result: Record<string, unknown> & { name: string } = { name: task.name };
  for (const [key, value] of Object.entries(task))
    if (!paths.has(key)) result[key] = value;
    else result[key] = Array.isArray(value) ? value.map(place) : place(value);
  return { ...result, name: task.name };
}

type Run = { readonly validation: Figures; readonly seconds: number };

type Wanted = {
  readonly task: Task;
  readonly model: string;
  readonly seed: number;
  readonly folder: string;
};

function trainInput(
  { engine, threads, splitBySeed }: Input<'compare'>,
  { task, model, seed, folder }: Wanted,
): Input<'train'> {
  const { name: _, metric: __, ...options } = task;
  const listed = Object.entries(options).map(([key, value]) => [
    key,
    lists.has(key) && typeof value === 'string' ? [value] : value,
  ]);
  const [kind, ...weights] = model.split('@');
  const parsed = api.train.input.safeParse({
    ...Object.fromEntries(listed),
    baseline: false,
    model: kind,
    ...(weights.length === 0 ? {} : { init: weights.join('@') }),
    out: folder,
    seed,
    // all models divide their samples alike; unless it is asked for, the seed of a run does not change the task
    splitSeed: splitBySeed ? seed : 0,
    engine,
    threads,
  });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new AppError('usage', `${path.join('.')}: ${message}`);
}

const recorded = z.looseObject({
  seconds: z.number(),
  settings: z.record(z.string(), z.unknown()),
  figures: z.looseObject({ validation: accuracy }),
});

/** Trains, unless the same was trained before and that shall be kept. */
async function runOrRecall(
  train: Input<'train'>,
  resume: boolean,
  context: CallContext,
): Promise<Run> {
  if (resume) {
    const text = await readFile(join(train.out, 'manifest.json'), 'utf8').catch(() => undefined);
    const known = text === undefined ? undefined : recorded.safeParse(JSON.parse(text));
    if (known?.success === true && sameSettings(known.data.settings, train))
      return { validation: known.data.figures.validation, seconds: known.data.seconds };
  }
  const { validation, seconds } = (await runTask(
    'train',
    { ...train, resume },
    context,
  )) as Output<'train'>;
  return { validation, seconds };
}

/** Whether a run was asked the same; how it was divided stands elsewhere in its record, in more words. */
function sameSettings(settings: Readonly<Record<string, unknown>>, train: Input<'train'>): boolean {
  const { resume: _, split: __, ...asked } = train;
  return Object.entries(asked).every(
    ([key, value]) => JSON.stringify(value) === JSON.stringify(settings[key]),
  );
}

function rowOf(task: Task, model: string, runs: readonly Run[]): Row {
  const metric = metricOf(runs[0]!.validation, task['metric']);
  const values = runs.map(({ validation }) => validation[metric] ?? 0);
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    task: task.name,
    model,
    metric,
    values,
    mean,
    ...(values.length < 2 ? {} : { deviation: Math.sqrt(squares / (values.length - 1)) }),
    seconds: meanOf(runs.map(({ seconds }) => seconds)),
  };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** What the task's own papers compare by, unless the file says otherwise. */
function metricOf(figures: Figures, wanted: unknown): keyof Figures {
  if (typeof wanted === 'string' && wanted in figures) return wanted as keyof Figures;
  if (figures.mapMacro !== undefined) return 'mapMacro';
  return figures.precision === undefined ? 'oa' : 'f1';
}

function csvOf({ rows }: Result): string {
  const head = ['task', 'model', 'metric', 'mean', 'deviation', 'runs', 'seconds'];
  const lines = rows.map(({ task, model, metric, mean, deviation, values, seconds }) => [
    task,
    model,
    metric,
    mean.toFixed(6),
    deviation?.toFixed(6) ?? '',
    String(values.length),
    seconds.toFixed(1),
  ]);
  return csvText([head, ...lines]);
}

/** A name as a folder's. */
const fileName = (name: string): string =>
  name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+|[.-]+$/g, '') || 'model';
