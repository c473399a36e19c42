import { type AccuracyFigures, accuracyFigures } from '../../../app/learn/metrics.ts';
import { accuracySection } from './accuracySection.ts';
import { decimal, grouped, percent } from './format.ts';
import { type Html, html, name } from './html.ts';
import { mapSection } from './maps.ts';
import { section } from './parts.ts';
import type { ReportData, ReportScene } from './reportData.ts';
import { manifestSection, modelSection, signatureSection, trainingSection } from './runSections.ts';
import { metresPerPixel } from './scaleBar.ts';
import { style } from './style.ts';
import { summaryText } from './summary.ts';

/** The page loads nothing and runs nothing, whatever the names in it say. */
const policy =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** One self-contained HTML page: how far to trust a map, the map itself, its accuracy, how it was made. Every text is escaped. */
export function renderReport(data: ReportData): string {
  const figures = data.accuracy && accuracyFigures(data.accuracy.confusion);
  const baseline = data.baseline && accuracyFigures(data.baseline.confusion);
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${{ markup: policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${data.title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header><h1>${name(data.title)}</h1><p class="lead">${sceneLine(data.scene)}</p></header>
<main>
${figures !== undefined && section('summary', 'How far to trust this map', facts(figures, baseline), summaryText(data, figures, baseline))}
${warnings(data.warnings ?? [])}
${mapSection(data)}
${figures !== undefined && accuracySection(data, figures, baseline)}
${data.training !== undefined && data.training.epochs.length > 0 && trainingSection(data.training)}
${data.signatures !== undefined && signatureSection(data, data.signatures)}
${data.model !== undefined && modelSection(data.model)}
${data.manifest !== undefined && manifestSection(data.manifest)}
</main>
<footer><p>Made by Prismap on ${data.created
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
    .replace(
      /Z$/,
      ' UTC',
    )}. This page is complete in itself: it loads nothing from elsewhere.</p></footer>
</body>
</html>
`;
  return `<!doctype html>\n${page.markup}`;
}

function sceneLine(scene: ReportScene): Html {
  const { grid } = scene;
  const metres = metresPerPixel(grid);
  const pieces = [
    `${grouped(grid.width)} × ${grouped(grid.height)} pixels${metres === undefined ? '' : ` of ${Number(metres.toPrecision(3))} m`}`,
    `${scene.bandCount} bands`,
    ...(grid.crs === undefined ? ['no coordinate system'] : [shortCrs(grid.crs)]),
    ...(scene.sensor === undefined ? [] : [scene.sensor]),
    ...(scene.acquired === undefined ? [] : [`taken ${scene.acquired}`]),
  ];
  return html`Scene ${name(scene.name)} · ${pieces.join(' · ')}`;
}

/** A code as it is; of a WKT its name. */
function shortCrs(crs: string): string {
  return crs.length <= 40 ? crs : (/"([^"]{1,80})"/.exec(crs)?.[1] ?? `${crs.slice(0, 40)}…`);
}

function facts(figures: AccuracyFigures, baseline: AccuracyFigures | undefined): Html {
  const fact = (term: string, value: string, note: string, other?: string) =>
    html`<div class="fact"><dt>${term}</dt><dd>${value}<small>${note}${other !== undefined && html`<br>baseline ${other}`}</small></dd></div>`;
  const beside = (of: (f: AccuracyFigures) => string) =>
    baseline === undefined ? undefined : of(baseline);
  return html`<dl class="facts">
${fact(
  'Overall accuracy',
  percent(figures.oa),
  'right of all pixels',
  beside((f) => percent(f.oa)),
)}
${fact(
  'Average accuracy',
  percent(figures.aa),
  'mean over classes',
  beside((f) => percent(f.aa)),
)}
${fact(
  'Kappa',
  decimal(figures.kappa),
  'beyond chance',
  beside((f) => decimal(f.kappa)),
)}
${fact(
  'Mean IoU',
  percent(figures.miou),
  'overlap by class',
  beside((f) => percent(f.miou)),
)}
${fact('Reference pixels', grouped(figures.n), `${figures.perClass.filter(({ support }) => support > 0).length} classes`)}
</dl>`;
}

function warnings(texts: readonly string[]): Html | undefined {
  if (texts.length === 0) return undefined;
  return html`<section class="warnings" aria-labelledby="warnings"><h2 id="warnings">${texts.length === 1 ? 'One thing' : `${texts.length} things`} to know first</h2><ul>${texts.map((text) => html`<li>${name(text)}</li>`)}</ul></section>`;
}
