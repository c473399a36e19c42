import type { Output } from '../../../app/contract/api.ts';
import { duration, percent } from './format.ts';
import { type Html, html, name } from './html.ts';
import { page } from './page.ts';
import { scrolling, section } from './parts.ts';

type Comparison = Output<'compare'>;

/** What people call the figures. */
const metricNames: Readonly<Record<string, string>> = {
  oa: 'overall accuracy',
  miou: 'mean IoU',
  f1: 'F1',
  mapMacro: 'mAP (mean over classes)',
};

/** One self-contained HTML page: models by tasks, mean ± sample standard deviation over the seeds. */
export function renderComparison(
  result: Comparison,
  splitBySeed: boolean,
  created: string,
): string {
  const { rows, failed } = result;
  const tasks = [...new Set(rows.map(({ task }) => task))];
  const models = [...new Set(rows.map(({ model }) => model))];
  const runs = rows.reduce((sum, { values }) => sum + values.length, 0);
  return page(
    {
      title: 'Comparison of models',
      lead: `${count(models.length, 'model')} · ${count(tasks.length, 'task')} · ${count(runs, 'run')}, ${splitBySeed ? 'all of a seed on the same split' : 'all of a task on the same split'}`,
      created,
    },
    section('table', 'Models by tasks', overview(rows, tasks, models)),
    section('runs', 'Every run', everyRun(rows)),
    failed.length > 0 &&
      section(
        'failed',
        'Runs that failed',
        html`<ul>${failed.map(({ task, model, seed, message }) => html`<li>${name(task)}, ${name(model)}, seed ${seed}: ${name(message)}</li>`)}</ul>`,
      ),
  );
}

const count = (number: number, of: string): string => `${number} ${of}${number === 1 ? '' : 's'}`;

function overview(
  rows: Comparison['rows'],
  tasks: readonly string[],
  models: readonly string[],
): Html {
  const of = (task: string, model: string): Comparison['rows'][number] | undefined =>
    rows.find((row) => row.task === task && row.model === model);
  const best = new Map(
    tasks.map((task) => [
      task,
      Math.max(...rows.filter((row) => row.task === task).map(({ mean }) => mean)),
    ]),
  );
  const cell = (task: string, model: string): Html => {
    const row = of(task, model);
    if (row === undefined) return html`<td>–</td>`;
    const text = `${percent(row.mean)}${row.deviation === undefined ? '' : ` ± ${(100 * row.deviation).toFixed(1)}`}`;
    return row.mean === best.get(task)
      ? html`<td><strong>${text}</strong> (best)</td>`
      : html`<td>${text}</td>`;
  };
  return scrolling(
    'Models by tasks',
    html`<table><caption>Mean over seeds ± sample standard deviation, on the validation part.</caption><thead><tr><th scope="col" class="left">Model</th>${tasks.map((task) => html`<th scope="col">${name(task)}<br>${metricOf(rows, task)}</th>`)}</tr></thead><tbody>${models.map(
      (model) =>
        html`<tr><th scope="row">${name(spokenName(model, models))}</th>${tasks.map((task) => cell(task, model))}</tr>`,
    )}</tbody></table>`,
  );
}

/** Whether a kind of model started fresh or from weights, where it did both; the table of runs has the path. */
function spokenName(model: string, models: readonly string[]): string {
  const [kind = model, ...weights] = model.split('@');
  if (weights.length > 0) return `${kind}, started from ${lastPart(weights.join('@'))}`;
  return models.some((other) => other.startsWith(`${kind}@`)) ? `${kind}, from scratch` : model;
}

const lastPart = (path: string): string => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;

function metricOf(rows: Comparison['rows'], task: string): string {
  const metric = rows.find((row) => row.task === task)?.metric ?? '';
  return metricNames[metric] ?? metric;
}

function everyRun(rows: Comparison['rows']): Html {
  return scrolling(
    'Every run',
    html`<table><thead><tr><th scope="col" class="left">Task</th><th scope="col" class="left">Model</th><th scope="col" class="left">By seed</th><th scope="col">Time of one</th></tr></thead><tbody>${rows.map(
      ({ task, model, values, seconds }) =>
        html`<tr><th scope="row">${name(task)}</th><td class="left">${name(model)}</td><td class="left">${values.map((value) => percent(value)).join(', ')}</td><td>${duration(seconds)}</td></tr>`,
    )}</tbody></table>`,
  );
}
