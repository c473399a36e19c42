import type { Output } from '../../../app/contract/api.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import { grouped, hectares, percent } from './format.ts';
import { type Html, html, name } from './html.ts';
import { mapSection } from './maps.ts';
import { page, warningSection } from './page.ts';
import { classLabel, classOf, scrolling, section } from './parts.ts';
import type { ReportMap, ReportScene } from './reportData.ts';
import { manifestSection } from './runSections.ts';
import { sankey } from './sankey.ts';

/** All that a report of a change map can show. */
export type ChangeReportData = {
  readonly created: string;
  readonly before: string;
  readonly after: string;
  readonly result: Omit<Output<'change'>, 'report'>;
  /** Of the map of changes. */
  readonly mapClasses: ClassScheme;
  /** Of the class maps of both dates; empty where there are none. */
  readonly classes: ClassScheme;
  readonly scene: ReportScene;
  readonly map: ReportMap;
  readonly manifest: unknown;
};

/** One self-contained page: what changed, how far to trust it, from what to what, and how it was made. */
export function renderChangeReport(data: ChangeReportData): string {
  const { result, scene, map, mapClasses, created } = data;
  return page(
    {
      title: 'Change between two dates',
      lead: html`${name(data.before)} to ${name(data.after)}`,
      created,
    },
    summary(data),
    warningSection(result.warnings),
    mapSection({ title: '', created, scene, classes: mapClasses, map }),
    result.transitions.length > 0 && transitionSection(data),
    alignmentSection(result),
    manifestSection(data.manifest),
  );
}

function summary({ result }: ChangeReportData): Html {
  const mapped = result.changedPixels + result.unchangedPixels;
  const share = mapped === 0 ? undefined : result.changedPixels / mapped;
  const fact = (term: string, value: string, note: string): Html =>
    html`<div class="fact"><dt>${term}</dt><dd>${value}<small>${note}</small></dd></div>`;
  return section(
    'summary',
    'What changed',
    html`<dl class="facts">
${
  result.changedHectares === undefined
    ? fact('Changed', grouped(result.changedPixels), 'pixels')
    : fact('Changed', hectares(result.changedHectares), 'hectares')
}
${fact('Share', percent(share), 'of what both dates show')}
${result.polygons === undefined ? undefined : fact('Patches', grouped(result.polygons), 'of change')}
${fact('Threshold', percent(result.threshold), 'probability of change')}
${result.seam === undefined ? undefined : fact('Seams', result.seam.toFixed(2), 'step at joins of tiles; 1 = none')}
</dl>`,
    html`<p>A pixel is shown as changed where the model gives change a probability of at least ${percent(result.threshold)}. Areas are those of the map; they are no estimate until the map has been checked against a sample.</p>`,
  );
}

function transitionSection({ result, classes }: ChangeReportData): Html {
  const inHectares = result.transitions.every((row) => row.hectares !== undefined);
  const format = inHectares ? hectares : grouped;
  const unit = inHectares ? 'hectares' : 'pixels';
  const amount = (row: (typeof result.transitions)[number]): number => row.hectares ?? row.pixels;
  const of = (from: string, to: string): number =>
    result.transitions
      .filter((row) => row.from === from && row.to === to)
      .reduce((sum, row) => sum + amount(row), 0);
  const shown = classes.filter(({ name: one }) =>
    result.transitions.some(({ from, to }) => from === one || to === one),
  );
  const total = result.transitions.reduce((sum, row) => sum + amount(row), 0);
  const kept = result.transitions
    .filter(({ from, to }) => from === to)
    .reduce((sum, row) => sum + amount(row), 0);
  const sums = (which: (other: string) => number): number =>
    shown.reduce((sum, one) => sum + which(one.name), 0);
  const rows = shown.map((from) => {
    const cells = shown.map((to) => {
      const value = of(from.name, to.name);
      return value === 0 ? html`<td class="zero">0</td>` : html`<td>${format(value)}</td>`;
    });
    return html`<tr><th scope="row">${classLabel(classOf(classes, from.value))}</th>${cells}<td class="total">${format(sums((to) => of(from.name, to)))}</td></tr>`;
  });
  const foot = html`<tfoot><tr><th scope="row" class="total left">After</th>${shown.map((to) => html`<td class="total">${format(sums((from) => of(from, to.name)))}</td>`)}<td class="total">${format(total)}</td></tr></tfoot>`;
  const largest = result.transitions
    .slice(0, 3)
    .map((row) => `${row.from} to ${row.to} ${format(amount(row))} ${unit}`);
  return section(
    'transitions',
    'From what to what',
    html`<p>Classes of both dates over the changed pixels. ${kept > 0 && `Both class maps give the same class to ${percent(kept / total)} of them: there the maps and the change do not agree.`} ${result.disagreement !== undefined && `Of the unchanged pixels, the class maps differ on ${percent(result.disagreement)}: that much the maps alone would have called change.`}</p>`,
    sankey(
      result.transitions.map((row) => ({ from: row.from, to: row.to, amount: amount(row) })),
      classes,
      {
        label: `Flows from class to class over the changed area, the largest: ${largest.join('; ')}. All are in the table below.`,
        format: (value) => `${format(value)}${inHectares ? ' ha' : ''}`,
      },
    ),
    scrolling(
      'Transition matrix',
      html`<table class="matrix"><caption>Rows = before, columns = after; numbers are ${unit}.</caption><thead><tr><th scope="col" class="left">Before</th>${shown.map((one) => html`<th scope="col">${classLabel(one)}</th>`)}<th scope="col" class="total">All</th></tr></thead><tbody>${rows}</tbody>${foot}</table>`,
    ),
  );
}

function alignmentSection({ alignment }: ChangeReportData['result']): Html {
  const { registration, radiometry, resampled, normalised } = alignment;
  const place =
    registration === undefined
      ? 'Whether they lie exactly over each other could not be measured.'
      : `The later date lies ${Math.hypot(registration.x, registration.y).toFixed(2)} pixels beside the earlier (${registration.x.toFixed(2)} right, ${registration.y.toFixed(2)} down), by phase correlation of ${registration.windows} windows that scatter by ${registration.spread.toFixed(2)}.`;
  const grid =
    resampled === undefined
      ? 'Both dates lie on one grid.'
      : `The later date was resampled (${resampled}) onto the grid of the earlier, of which it covers ${percent(alignment.overlap)}.`;
  const light =
    radiometry === undefined
      ? html`<p>Too few pixels look unchanged to compare the light of the two dates.</p>`
      : html`<p>${percent(radiometry.unchanged)} of the pixels looked at may well be unchanged; over the surest of them each band went from the earlier to the later date as the table says. ${normalised ? 'The later date was brought to the light of the earlier by it.' : 'Nothing was changed by it.'}</p>${scrolling(
          'Light of the two dates by band',
          html`<table><caption>Later = gain × earlier + offset. The difference is in standard deviations of the earlier date.</caption><thead><tr><th scope="col" class="left">Band</th><th scope="col">Gain</th><th scope="col">Offset</th><th scope="col">Difference</th><th scope="col">Correlation</th></tr></thead><tbody>${radiometry.bands.map(
            (band) =>
              html`<tr><th scope="row">${name(band.name)}</th><td>${band.gain.toFixed(3)}</td><td>${Number(band.offset.toPrecision(3))}</td><td>${band.difference.toFixed(2)}</td><td>${band.correlation.toFixed(3)}</td></tr>`,
          )}</tbody></table>`,
        )}`;
  return section(
    'alignment',
    'The two dates beside each other',
    html`<p>${grid} ${place}</p>`,
    light,
  );
}
