import type { ClassScheme } from '../../../app/vector/roi.ts';
import type { SceneSummary } from '../batch/batchSummary.ts';
import { duration, grouped, hectares, percent } from './format.ts';
import { type Html, html, name } from './html.ts';
import { page, warningSection } from './page.ts';
import { classLabel, cssColor, scrolling, section } from './parts.ts';

export type BatchReportData = {
  readonly created: string;
  readonly folder: string;
  /** Of the model. */
  readonly title: string;
  readonly classes: ClassScheme;
  readonly scenes: readonly SceneSummary[];
  /** Over all scenes, by class. */
  readonly totals: SceneSummary['areas'];
  readonly warnings: readonly string[];
};

/** Scenes that a page shows one by one; the table beside it has all. */
const shownScenes = 200;
/** Reasons to fail that are shown with their scenes. */
const shownFailures = 500;

/** One self-contained page: what was mapped, what failed and what helps, areas by class and scene. */
export function renderBatchReport(data: BatchReportData): string {
  const { scenes, warnings, created } = data;
  const done = scenes.filter(({ state }) => state === 'done');
  const failed = scenes.filter(({ state }) => state === 'failed');
  return page(
    {
      title: 'Batch of scenes',
      lead: html`${name(data.folder)} · ${name(data.title)}`,
      created,
    },
    summary(data, done, failed),
    failed.length > 0 && failureSection(failed),
    warningSection(warnings),
    done.length > 0 && classSection(data),
    done.length > 0 && sceneSection(data, done),
  );
}

function summary(
  { scenes, totals }: BatchReportData,
  done: readonly SceneSummary[],
  failed: readonly SceneSummary[],
): Html {
  const waiting = scenes.length - done.length - failed.length;
  const area = totals.reduce((sum, row) => sum + (row.hectares ?? Number.NaN), 0);
  const fact = (term: string, value: string, note: string): Html =>
    html`<div class="fact"><dt>${term}</dt><dd>${value}<small>${note}</small></dd></div>`;
  return section(
    'summary',
    'What was done',
    html`<dl class="facts">
${fact('Mapped', grouped(done.length), `of ${grouped(scenes.length)} scenes`)}
${fact('Failed', grouped(failed.length), failed.length === 0 ? 'none' : 'reasons below')}
${waiting > 0 ? fact('Waiting', grouped(waiting), 'start again to go on') : undefined}
${Number.isFinite(area) ? fact('Area', hectares(area), 'hectares, overlaps counted twice') : undefined}
${fact('Work', duration(done.reduce((sum, { seconds }) => sum + seconds, 0)), 'computing, all scenes together')}
</dl>`,
  );
}

/** The same reason is said once, with the scenes that it met. */
function failureSection(failed: readonly SceneSummary[]): Html {
  const rows = failed
    .slice(0, shownFailures)
    .map(
      ({ scene, error }) =>
        html`<tr><th scope="row">${name(scene)}</th><td class="left">${error?.code ?? ''}</td><td class="left">${name(error?.message ?? '')}</td></tr>`,
    );
  return section(
    'failed',
    failed.length === 1 ? 'One scene failed' : `${grouped(failed.length)} scenes failed`,
    html`<p>All others are whole. Started again, the batch tries these once more.</p>`,
    scrolling(
      'Scenes that failed',
      html`<table class="wide"><thead><tr><th scope="col" class="left">Scene</th><th scope="col" class="left">Kind</th><th scope="col" class="left">What was found, and what helps</th></tr></thead><tbody>${rows}</tbody></table>`,
    ),
    failed.length > shownFailures &&
      html`<p class="soft">The first ${shownFailures} are shown; summary.csv has all.</p>`,
  );
}

type Amounts = {
  readonly unit: 'hectares' | 'pixels';
  readonly of: (row: SceneSummary['areas'][number]) => number;
  readonly format: (value: number) => string;
};

/** Hectares where every map has them. */
const amountsOf = ({ scenes }: BatchReportData): Amounts =>
  scenes.every(({ areas }) => areas.every((row) => row.hectares !== undefined))
    ? { unit: 'hectares', of: (row) => row.hectares!, format: hectares }
    : { unit: 'pixels', of: (row) => row.pixels, format: grouped };

function classSection(data: BatchReportData): Html {
  const { totals, classes } = data;
  const { unit, of, format } = amountsOf(data);
  const all = totals.reduce((sum, row) => sum + of(row), 0);
  const most = totals.reduce((a, row) => Math.max(a, of(row)), 0);
  const rows = totals.map((row, i) => {
    const landClass = classes[i]!;
    const share = most === 0 ? 0 : (100 * of(row)) / most;
    return html`<tr><th scope="row">${classLabel(landClass)}</th><td>${format(of(row))}</td><td>${percent(all === 0 ? undefined : of(row) / all)}</td><td><svg class="bar" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true"><rect width="${share.toFixed(2)}" height="16" fill="${cssColor(landClass.color)}" stroke="#10161e" stroke-width="0.3"/></svg></td></tr>`;
  });
  return section(
    'classes',
    'Areas by class',
    html`<p>As mapped, over all scenes; where scenes overlap, ground is counted more than once. No estimate until the maps have been checked against a sample.</p>`,
    scrolling(
      'Table of areas by class',
      html`<table class="wide"><thead><tr><th scope="col" class="left">Class</th><th scope="col">${unit === 'hectares' ? 'Hectares' : 'Pixels'}</th><th scope="col">Share</th><th scope="col" class="left">Beside the largest</th></tr></thead><tbody>${rows}</tbody></table>`,
    ),
  );
}

function sceneSection(data: BatchReportData, done: readonly SceneSummary[]): Html {
  const { classes } = data;
  const { unit, of, format } = amountsOf(data);
  const shown = done.slice(0, shownScenes);
  const rows = shown.map((one) => {
    const total = one.areas.reduce((sum, row) => sum + of(row), 0);
    const cells = classes.map((landClass) => {
      const row = one.areas.find((area) => area.class === landClass.name);
      const value = row === undefined ? 0 : of(row);
      return value === 0 ? html`<td class="zero">0</td>` : html`<td>${format(value)}</td>`;
    });
    return html`<tr><th scope="row">${name(one.scene)}</th><td class="left">${(one.date ?? '').replaceAll('-', '\u2011')}</td><td class="left">${shares(one, classes, of)}</td><td class="total">${format(total)}</td>${cells}</tr>`;
  });
  return section(
    'scenes',
    'Areas by scene',
    scrolling(
      'Areas by class and scene',
      html`<table class="matrix"><caption>Numbers are ${unit}; the bar shows the shares of the classes, in the order of the columns.</caption><thead><tr><th scope="col" class="left">Scene</th><th scope="col" class="left">Date</th><th scope="col" class="left">Shares</th><th scope="col" class="total">All</th>${classes.map((landClass) => html`<th scope="col">${classLabel(landClass)}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`,
    ),
    done.length > shownScenes &&
      html`<p class="soft">The first ${shownScenes} of ${grouped(done.length)} scenes are shown; summary.csv has all.</p>`,
  );
}

/** A bar of a scene's classes, each as wide as its share. The numbers beside it say the same. */
function shares({ areas }: SceneSummary, classes: ClassScheme, of: Amounts['of']): Html {
  const total = areas.reduce((sum, row) => sum + of(row), 0);
  let from = 0;
  const parts = classes.map((landClass) => {
    const row = areas.find((area) => area.class === landClass.name);
    const width = row === undefined || total === 0 ? 0 : (100 * of(row)) / total;
    const part = html`<rect x="${from.toFixed(2)}" width="${width.toFixed(2)}" height="16" fill="${cssColor(landClass.color)}"/>`;
    from += width;
    return width > 0 && part;
  });
  return html`<svg class="bar" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">${parts}<rect width="100" height="16" fill="none" stroke="#10161e" stroke-width="0.3"/></svg>`;
}
