import { type Campaign, findLine } from './campaign.ts';
import type { Find } from './target.ts';

/** Finds of one cause are shown a few times only. */
const shownEach = 3;

/** Finds by kind and place, the most frequent first. */
export function groupedFinds(finds: readonly Find[]): string {
  const groups = new Map<string, Find[]>();
  for (const find of finds) {
    const cause = `${find.kind} ${find.message.replaceAll(/\d+/g, 'N').replaceAll(/"[^"]*"/g, '"…"')}`;
    const key = find.kind === 'other pixels' ? find.kind : cause.slice(0, 400);
    groups.set(key, [...(groups.get(key) ?? []), find]);
  }
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map((group) => {
      const lines = group.slice(0, shownEach).map((find) => `  ${findLine(find)}`);
      return [`${group.length} × ${group[0]!.kind}`, ...lines].join('\n');
    })
    .join('\n');
}

/** A row a target, and what GDAL refused by reason. */
export function reportTable(campaigns: readonly Campaign[]): string {
  const head = [
    'target',
    'seed',
    'cases',
    'read',
    'refused',
    'bad',
    'once',
    'ms/case',
    'slowest ms',
    'peak MB',
    'processes',
  ];
  const rows = campaigns.map((campaign) => {
    const { target, seed, cases, read, refused, finds, slowest, peakBytes, processes } = campaign;
    const bad = finds.filter(({ repeated }) => repeated).length;
    return [
      target,
      seed,
      cases,
      read,
      Object.values(refused).reduce((sum, times) => sum + times, 0),
      bad,
      finds.length - bad,
      ((campaign.seconds * 1000) / cases).toFixed(2),
      slowest.milliseconds.toFixed(0),
      (peakBytes / 1e6).toFixed(0),
      processes,
    ].map(String);
  });
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ');
  return [line(head), ...rows.map(line), ...campaigns.flatMap(verdictLines)].join('\n');
}

function verdictLines({ target, verdicts }: Campaign): string[] {
  if (verdicts === undefined) return [];
  const { compared, same, refused, examples, known, lost } = verdicts;
  const rows = Object.entries(refused).sort((a, b) => b[1] - a[1]);
  const times = rows.reduce((sum, [, count]) => sum + count, 0);
  const share = ((100 * times) / Math.max(1, compared)).toFixed(2);
  return [
    `${target} beside GDAL: ${compared} compared, ${same} equal, ${times} (${share} %) refused by GDAL, ${lost} lost by GDAL`,
    ...Object.entries(known).map(([reason, count]) => `  ${count} × other pixels: ${reason}`),
    ...rows.map(([reason, count]) => `  ${count} × ${reason} (first: case ${examples[reason]})`),
  ];
}
