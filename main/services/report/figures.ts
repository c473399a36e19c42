import { type Confusion, confusionRows } from '../../../app/learn/metrics.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';

/** Name of a class value: from the scheme, else `class 7`. */
function className(classes: ClassScheme, value: number): string {
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
  return csvText(lines);
}

/** Rows of cells as CSV (RFC 4180). */
export const csvText = (rows: readonly (readonly string[])[]): string =>
  rows.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');

/** A cell in quotes where needed; text that a spreadsheet would take for a formula gets an apostrophe before it. */
function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
