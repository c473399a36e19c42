import {
  type AccuracyFigures,
  accuracyFigures,
  type Confusion,
  confusionRows,
} from '../../../app/learn/metrics.ts';
import type { AreaAdjusted } from '../../../app/learn/metricsArea.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';

/** Name of a class value: from the scheme, else `class 7`. */
export function className(classes: ClassScheme, value: number): string {
  return classes.find((landClass) => landClass.value === value)?.name ?? `class ${value}`;
}

/** The confusion matrix as CSV (RFC 4180) with its axes named in the first cell. */
export function confusionCsv(confusion: Confusion, classes: ClassScheme): string {
  const names = confusion.values.map((value) => className(classes, value));
  const lines = [
    ['rows: reference, columns: map', ...names, 'no class on the map'],
    ...confusionRows(confusion).map((row, i) => [
      names[i]!,
      ...row.map(String),
      String(confusion.unmapped[i]),
    ]),
  ];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/** A cell in quotes where needed; text that a spreadsheet would take for a formula gets an apostrophe before it. */
function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Accuracy as JSON for scripts, with the axes of the matrix written on it. Undefined figures are absent. */
export function figuresJson(
  confusion: Confusion,
  classes: ClassScheme,
  areaAdjusted?: AreaAdjusted,
): Readonly<Record<string, unknown>> {
  const { perClass, f1, ...overall } = accuracyFigures(confusion);
  return {
    confusion: {
      classes: confusion.values.map((value) => className(classes, value)),
      rows: 'reference',
      columns: 'map',
      matrix: confusionRows(confusion),
    },
    ...overall,
    f1,
    perClass: perClass.map((figures) => ({ name: className(classes, figures.value), ...figures })),
    ...(areaAdjusted === undefined ? {} : { areaAdjusted }),
  };
}

/** One column of figures of the terminal's table. */
export type ConsoleColumn = { readonly name: string; readonly figures: AccuracyFigures };

/** A table for the terminal: overall figures, then per class producer's and user's accuracy, of one or more classifiers side by side. */
export function consoleTable(columns: readonly ConsoleColumn[], classes: ClassScheme): string {
  const first = columns[0];
  if (first === undefined) return '';
  const overall = [
    ['', ...columns.map(({ name }) => name)],
    ['overall accuracy', ...columns.map(({ figures }) => share(figures.oa))],
    ['average accuracy', ...columns.map(({ figures }) => share(figures.aa))],
    ['kappa', ...columns.map(({ figures }) => figures.kappa?.toFixed(4) ?? '-')],
    ['mean IoU', ...columns.map(({ figures }) => share(figures.miou))],
    ['reference pixels', ...columns.map(({ figures }) => String(figures.n))],
  ];
  const perClass = [
    ["class (producer's / user's)", ...columns.map(({ name }) => name), 'pixels'],
    ...first.figures.perClass.map(({ value, support }, i) => [
      printable(className(classes, value)),
      ...columns.map(({ figures }) => {
        const row = figures.perClass[i];
        return `${share(row?.producers)} / ${share(row?.users)}`;
      }),
      String(support),
    ]),
  ];
  return `${aligned(overall)}\n\n${aligned(perClass)}`;
}

function share(value: number | undefined): string {
  return value === undefined ? '-' : `${(100 * value).toFixed(1)} %`;
}

/** A name without characters that steer a terminal. */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  );
}

/** Columns aligned: the first to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => [...row[column]!].length)),
  );
  const pad = (text: string, width: number) => ' '.repeat(width - [...text].length);
  return rows
    .map((row) =>
      row
        .map((text, i) => (i === 0 ? text + pad(text, widths[i]!) : pad(text, widths[i]!) + text))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
