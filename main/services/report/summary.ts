import type { AccuracyFigures, ClassFigures } from '../../../app/learn/metrics.ts';
import { confusionRows } from '../../../app/learn/metrics.ts';
import { grouped, percent } from './format.ts';
import { type Html, html, name } from './html.ts';
import { classOf } from './parts.ts';
import type { ReferenceKind, ReportData } from './reportData.ts';

/** What the reader must know of the reference before the figures mean anything. */
const aboutReference: Readonly<Record<ReferenceKind, string>> = {
  'held-out': 'None of these pixels was used in training.',
  block:
    'They lie in blocks of land of which nothing was used in training, so the figures hold for new places in this scene.',
  random:
    'They were drawn at random from the same areas as the training pixels. Neighbouring pixels are alike, so these figures are better than what to expect elsewhere in the scene.',
  fixed: 'They are those of a fixed, published split.',
  unknown:
    'Whether some of them were used in training is not known; if so, these figures are better than the map is.',
  same: 'Some or all of them were used in training, so these figures are better than the map is.',
};

/** How far to trust the map, in sentences that a person who does not know the terms can follow. */
export function summaryText(
  data: ReportData,
  figures: AccuracyFigures,
  baseline?: AccuracyFigures,
): Html {
  const accuracy = data.accuracy!;
  if (figures.oa === undefined) {
    return html`<p>The map shares no pixel with the reference, so nothing can be said about its accuracy.</p>`;
  }
  return html`<p><strong>Of every 100 reference pixels, the map shows about ${Math.round(100 * figures.oa)} with the right class.</strong>
This was measured on ${grouped(figures.n)} pixels of ${name(accuracy.reference)}. ${aboutReference[accuracy.kind]}</p>
${figures.unmapped > 0 ? html`<p>Another ${grouped(figures.unmapped)} reference pixels have no class on the map; they are in none of the figures.</p>` : undefined}
${worst(data, figures)}
${baseline?.oa === undefined ? undefined : comparison(data.baseline!.name, figures.oa, baseline.oa)}
${verdicts(data, figures)}`;
}

/** The class that is mapped least reliably, and what it is taken for. */
function worst(data: ReportData, figures: AccuracyFigures): Html | undefined {
  const known = figures.perClass.filter((row) => row.f1 !== undefined && row.support > 0);
  const row = known.reduce<ClassFigures | undefined>(
    (least, next) => (least === undefined || next.f1! < least.f1! ? next : least),
    undefined,
  );
  if (row === undefined || row.f1 === 1 || row.producers === undefined) return undefined;
  const { confusion } = data.accuracy!;
  const index = confusion.values.indexOf(row.value);
  const missed = confusionRows(confusion)[index]!.map((count, i) => (i === index ? 0 : count));
  const most = Math.max(...missed);
  const instead =
    most > 0 ? classOf(data.classes, confusion.values[missed.indexOf(most)]!).name : undefined;
  return html`<p>The weakest class is ${name(classOf(data.classes, row.value).name)}: the map finds ${percent(row.producers)} of it${
    instead === undefined ? undefined : html` (what it misses is mostly shown as ${name(instead)})`
  }, and ${percent(row.users)} of what the map shows as it is right.</p>`;
}

function comparison(other: string, ours: number, theirs: number): Html {
  const points = 100 * (ours - theirs);
  const amount = Math.abs(points).toFixed(1);
  if (amount === '0.0')
    return html`<p>A ${other} trained on the same pixels does equally well (${percent(theirs)}).</p>`;
  return html`<p>A ${other} trained on the same pixels gets ${percent(theirs)} right: the network is ${amount} percentage points ${points > 0 ? 'better' : 'worse'}.</p>`;
}

const limits = { good: 0.85, fair: 0.7 } as const;

/** Classes by the lower of their user's and producer's accuracy. */
function verdicts(data: ReportData, figures: AccuracyFigures): Html {
  const groups = { good: [] as Html[], fair: [] as Html[], poor: [] as Html[] };
  const unknown: Html[] = [];
  for (const row of figures.perClass) {
    const label = name(classOf(data.classes, row.value).name);
    if (row.support === 0) unknown.push(label);
    else {
      const least = Math.min(row.producers ?? 0, row.users ?? 0);
      groups[least >= limits.good ? 'good' : least >= limits.fair ? 'fair' : 'poor'].push(label);
    }
  }
  const item = (kind: string, lead: string, rule: string, names: readonly Html[]) =>
    names.length > 0 &&
    html`<li class="${kind}"><strong>${lead}</strong> ${listed(names)} <span class="soft">(${rule})</span></li>`;
  return html`<ul class="verdicts">
${item('good', 'Can be relied on:', 'user’s and producer’s accuracy at least 85 %', groups.good)}
${item('fair', 'To be used with care:', 'the lower of the two is 70 to 85 %', groups.fair)}
${item('poor', 'Not to be relied on:', 'the lower of the two is below 70 %', groups.poor)}
${item('', 'Not measured:', 'the reference has no pixel of it', unknown)}
</ul>`;
}

function listed(names: readonly Html[]): Html {
  return html`${names.map((item, i) => html`${i === 0 ? '' : i === names.length - 1 ? ' and ' : ', '}${item}`)}`;
}
