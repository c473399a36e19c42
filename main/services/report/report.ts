import { type AccuracyFigures, accuracyFigures } from '../../../app/learn/metrics.ts';
import { accuracySection } from './accuracySection.ts';
import { decimal, grouped, percent } from './format.ts';
import { type Html, html, name } from './html.ts';
import { mapSection } from './maps.ts';
import { page, warningSection } from './page.ts';
import { section } from './parts.ts';
import type { ReportData, ReportScene } from './reportData.ts';
import { manifestSection, modelSection, signatureSection, trainingSection } from './runSections.ts';
import { metresPerPixel } from './scaleBar.ts';
import { summaryText } from './summary.ts';

/** One self-contained HTML page: how far to trust a map, the map itself, its accuracy, how it was made. Every text is escaped. */
export function renderReport(data: ReportData): string {
  const figures = data.accuracy && accuracyFigures(data.accuracy.confusion);
  const baseline = data.baseline && accuracyFigures(data.baseline.confusion);
  const { title, created, scene } = data;
  return page(
    { title, lead: sceneLine(scene), created },
    figures !== undefined &&
      section(
        'summary',
        'How far to trust this map',
        facts(figures, baseline),
        summaryText(data, figures, baseline),
      ),
    warningSection(data.warnings ?? []),
    mapSection(data),
    figures !== undefined && accuracySection(data, figures, baseline),
    data.training !== undefined &&
      data.training.epochs.length > 0 &&
      trainingSection(data.training),
    data.signatures !== undefined && signatureSection(data, data.signatures),
    data.model !== undefined && modelSection(data.model),
    data.manifest !== undefined && manifestSection(data.manifest),
  );
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
