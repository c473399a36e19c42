import type { Reference } from './accuracyTasks.ts';

/** Mean and standard deviation over seeds. */
type Spread = { readonly mean: number; readonly spread: number };

/** One method on one task. OA and AA in per cent. */
export type Row = {
  readonly task: string;
  readonly method: string;
  readonly oa: Spread;
  readonly aa: Spread;
  readonly kappa: Spread;
  readonly runs: number;
  readonly reference?: Reference;
};

/** Figures of several seeds together. */
export function summary(
  runs: readonly { readonly oa: number; readonly aa: number; readonly kappa: number }[],
): Pick<Row, 'oa' | 'aa' | 'kappa' | 'runs'> {
  return {
    oa: spreadOf(runs.map((run) => run.oa)),
    aa: spreadOf(runs.map((run) => run.aa)),
    kappa: spreadOf(runs.map((run) => run.kappa)),
    runs: runs.length,
  };
}

function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}

/**
 * Whether a row agrees with its reference: mean ± spread of the two overlap, for OA, AA and kappa where the reference has
 * them (its spread of OA stands for all three).
 */
export function withinSpread({ oa, aa, kappa, reference }: Row): boolean | undefined {
  if (reference === undefined) return undefined;
  const spread = reference.spread ?? 0.5;
  const overlaps = (ours: Spread, theirs: number | undefined, width: number): boolean =>
    theirs === undefined || Math.abs(ours.mean - theirs) <= ours.spread + width;
  return (
    overlaps(oa, reference.oa, spread) &&
    overlaps(aa, reference.aa, spread) &&
    overlaps(kappa, reference.kappa, spread / 100 + 0.0005)
  );
}

/** The table as text. */
export function printTable(rows: readonly Row[]): string {
  const head = [
    'set and split',
    'method',
    'OA',
    'AA',
    'kappa',
    'reference OA / AA / kappa',
    'within',
  ];
  const cell = ({ mean, spread }: Spread, digits: number): string =>
    `${mean.toFixed(digits)} ± ${spread.toFixed(digits)}`;
  const lines = rows.map((row, i) => {
    const { reference } = row;
    const within = withinSpread(row);
    return [
      rows[i - 1]?.task === row.task ? '' : row.task,
      row.method,
      cell(row.oa, 2),
      cell(row.aa, 2),
      cell(row.kappa, 3),
      reference === undefined ? '' : referenceText(reference),
      within === undefined ? '' : within ? 'yes' : 'no',
    ];
  });
  const widths = head.map((_, k) => Math.max(...[head, ...lines].map((line) => line[k]!.length)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((text, k) => text.padEnd(widths[k]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function referenceText({ oa, aa, kappa, spread }: Reference): string {
  const first = spread === undefined ? oa.toFixed(2) : `${oa.toFixed(2)} ± ${spread.toFixed(2)}`;
  return [first, aa?.toFixed(2) ?? '–', kappa?.toFixed(3) ?? '–'].join(' / ');
}
