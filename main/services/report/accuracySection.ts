import { type AccuracyFigures, type Confusion, confusionRows } from '../../../app/learn/metrics.ts';
import type { Estimate } from '../../../app/learn/metricsArea.ts';
import { decimal, grouped, percent } from './format.ts';
import { type Html, html } from './html.ts';
import { classLabel, classOf, scrolling, section, swatch } from './parts.ts';
import type { ReportData } from './reportData.ts';

/** Per-class figures beside the baseline's, the adjusted estimates, and the confusion matrix. */
export function accuracySection(
  data: ReportData,
  figures: AccuracyFigures,
  baseline?: AccuracyFigures,
): Html {
  return section(
    'accuracy',
    'Accuracy',
    overallTable(data, figures, baseline),
    html`<h3>By class</h3>`,
    classTable(data, figures, baseline),
    data.accuracy!.areaAdjusted !== undefined && adjustedTable(data),
    html`<h3>Confusion matrix</h3>`,
    matrixTable(data, data.accuracy!.confusion, figures),
    terms,
  );
}

function overallTable(
  data: ReportData,
  figures: AccuracyFigures,
  baseline?: AccuracyFigures,
): Html | undefined {
  if (baseline === undefined) return undefined;
  const rows: readonly (readonly [string, (f: AccuracyFigures) => string])[] = [
    ['Overall accuracy (OA)', (f) => percent(f.oa)],
    ['Average accuracy (AA)', (f) => percent(f.aa)],
    ['Kappa', (f) => decimal(f.kappa)],
    ['Mean IoU', (f) => percent(f.miou)],
    ['Mean F1', (f) => percent(f.f1)],
    ['Reference pixels', (f) => grouped(f.n)],
  ];
  return scrolling(
    'Overall figures',
    html`<table><caption>The network beside a baseline that was trained on the same pixels.</caption><thead><tr><th scope="col" class="left">Figure</th><th scope="col">${modelName(data)}</th><th scope="col">${data.baseline!.name}</th></tr></thead><tbody>${rows.map(
      ([label, of]) =>
        html`<tr><th scope="row">${label}</th><td>${of(figures)}</td><td>${of(baseline)}</td></tr>`,
    )}</tbody></table>`,
  );
}

function modelName(data: ReportData): string {
  return data.model?.name ?? 'This map';
}

function classTable(data: ReportData, figures: AccuracyFigures, baseline?: AccuracyFigures): Html {
  const rows = figures.perClass.map((row) => {
    const other = baseline?.perClass.find(({ value }) => value === row.value);
    return html`<tr><th scope="row">${classLabel(classOf(data.classes, row.value))}</th><td>${percent(row.producers)}</td><td>${percent(row.users)}</td><td>${percent(row.f1)}</td><td>${percent(row.iou)}</td><td>${grouped(row.support)}</td><td>${grouped(row.mapped)}</td>${baseline !== undefined && html`<td>${percent(other?.f1)}</td>`}</tr>`;
  });
  return scrolling(
    'Accuracy by class',
    html`<table class="wide"><caption>A dash means that there is nothing to divide by.</caption><thead><tr><th scope="col" class="left">Class</th><th scope="col">Producer’s accuracy</th><th scope="col">User’s accuracy</th><th scope="col">F1</th><th scope="col">IoU</th><th scope="col">Reference pixels</th><th scope="col">Map pixels</th>${baseline !== undefined && html`<th scope="col">F1 of ${data.baseline!.name}</th>`}</tr></thead><tbody>${rows}</tbody></table>`,
  );
}

function adjustedTable(data: ReportData): Html {
  const { oa, perClass } = data.accuracy!.areaAdjusted!;
  const interval = (estimate: Estimate | undefined) =>
    estimate === undefined
      ? '–'
      : `${percent(estimate.value)}${estimate.margin === undefined ? '' : ` ± ${percent(estimate.margin)}`}`;
  return html`<h3>Adjusted for area</h3>${scrolling(
    'Accuracy adjusted for area',
    html`<table class="wide"><caption>What the figures would be if every class had been sampled in proportion to its area on the map, with 95 % confidence intervals (Olofsson et al. 2014). The intervals assume reference pixels drawn at random; for pixels of drawn polygons they are too narrow. Overall accuracy: ${interval(oa)}.</caption><thead><tr><th scope="col" class="left">Class</th><th scope="col">Producer’s accuracy</th><th scope="col">User’s accuracy</th></tr></thead><tbody>${perClass.map(
      (row) =>
        html`<tr><th scope="row">${classLabel(classOf(data.classes, row.value))}</th><td>${interval(row.producers)}</td><td>${interval(row.users)}</td></tr>`,
    )}</tbody></table>`,
  )}`;
}

/** The matrix with its axes named on it; cells shaded by their share of the reference class. */
function matrixTable(data: ReportData, confusion: Confusion, figures: AccuracyFigures): Html {
  const rows = confusionRows(confusion);
  const classes = confusion.values.map((value) => classOf(data.classes, value));
  const count = classes.length;
  const head = html`<thead><tr><td colspan="2" rowspan="2"></td><th scope="colgroup" colspan="${count}" class="axis-name"><span>Map says (columns)</span></th><th scope="col" rowspan="2" class="total wrap">Reference pixels</th><th scope="col" rowspan="2" class="total wrap">Producer’s accuracy</th></tr><tr>${classes.map(
    (landClass) => html`<th scope="col" title="${landClass.name}">${swatchOnly(landClass)}</th>`,
  )}</tr></thead>`;
  const body = rows.map((row, i) => {
    const support = figures.perClass[i]!.support;
    const cells = row.map((value, j) => cell(value, support, i === j));
    const axis =
      i === 0 &&
      html`<th scope="rowgroup" rowspan="${count}" class="reference-axis">Reference says (rows)</th>`;
    return html`<tr>${axis}<th scope="row">${classLabel(classes[i]!)}</th>${cells}<td class="total">${grouped(support)}</td><td class="total">${percent(figures.perClass[i]!.producers)}</td></tr>`;
  });
  const foot = html`<tfoot><tr><th scope="row" colspan="2" class="total left">Map pixels</th>${figures.perClass.map((row) => html`<td class="total">${grouped(row.mapped)}</td>`)}<td class="total">${grouped(figures.n)}</td><td class="total"></td></tr><tr><th scope="row" colspan="2" class="total left">User’s accuracy</th>${figures.perClass.map((row) => html`<td class="total">${percent(row.users)}</td>`)}<td class="total"></td><td class="total">OA ${percent(figures.oa)}</td></tr></tfoot>`;
  return scrolling(
    'Confusion matrix',
    html`<table class="matrix"><caption>Rows = reference, columns = map; numbers are pixels. Blue: right. Orange: reference pixels of the row’s class that the map shows as another; the stronger, the larger their share of the row.</caption>${head}<tbody>${body}</tbody>${foot}</table>`,
  );
}

function swatchOnly(landClass: Parameters<typeof swatch>[0]): Html {
  return html`${swatch(landClass)}`;
}

/** Tints are computed, not transparent, so that their contrast with the text is known: at least 6 to 1. */
function cell(value: number, support: number, hit: boolean): Html {
  if (value === 0) return html`<td class="zero${hit && ' hit'}">0</td>`;
  const share = support === 0 ? 0 : value / support;
  const strength = hit ? 0.12 + 0.38 * share : Math.min(0.6, 0.06 + 1.6 * share);
  const [red, green, blue] = (hit ? [42, 116, 190] : [226, 110, 32]).map((tone) =>
    Math.round(255 - (255 - tone) * strength),
  );
  return html`<td${hit && html` class="hit"`} style="background:rgb(${red},${green},${blue})">${grouped(value)}</td>`;
}

const terms = html`<details><summary>What the terms mean</summary><dl class="card">
<dt>Overall accuracy</dt><dd>Share of all reference pixels that the map shows with the right class. Large classes dominate it.</dd>
<dt>Average accuracy</dt><dd>Mean of the classes’ producer’s accuracies: every class counts the same.</dd>
<dt>Producer’s accuracy</dt><dd>Of what really is this class, the share that the map shows as it. The rest was missed (omission).</dd>
<dt>User’s accuracy</dt><dd>Of what the map shows as this class, the share that really is it. The rest is false (commission).</dd>
<dt>F1</dt><dd>Harmonic mean of the two.</dd>
<dt>IoU</dt><dd>Pixels that are the class in both, divided by pixels that are the class in either.</dd>
<dt>Kappa</dt><dd>Agreement beyond what the class shares alone would give by chance: 1 perfect, 0 chance.</dd>
</dl></details>`;
