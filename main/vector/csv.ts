import { AppError } from '../../app/error.ts';
import type { Geometry } from '../../app/vector/geometry.ts';
import { normaliseCrs } from './crs.ts';
import type { Feature, Layer, LayerChoice } from './features.ts';
import { Budget, corrupt, limits, readBounded } from './limits.ts';
import { geometryOf, Skipped } from './rings.ts';
import type { WkbContext } from './wkb.ts';
import { readWkt } from './wkt.ts';

/**
 * Reads a table of comma-, semicolon- or tab-separated values (RFC 4180, UTF-8) whose first row names its columns: geometry
 * as well-known text, or points as two columns of coordinates. A column `crs` names the coordinate system; columns of
 * longitude and latitude say it by their names.
 * @throws AppError `corrupt`, `bad-labels` no column of geometries, `too-large`, `not-found`, `not-readable`
 */
export async function readCsv(path: string, choice: LayerChoice = {}): Promise<Layer> {
  const bytes = await readBounded(path, limits.textBytes);
  return parseCsv(bytes.toString('utf8').replace(/^\uFEFF/, ''), path, choice.signal);
}

export function parseCsv(text: string, uri: string, signal?: AbortSignal): Layer {
  const separator = separatorOf(text);
  const rows = rowsOf(text, separator, uri);
  const first = rows.next();
  const names = first.done === true ? [] : first.value;
  const header = names.slice(0, limits.fields).map((name) => name.trim());
  const columns = geometryColumns(header, uri);
  const others = [...header.keys()].filter((column) => !columns.used.includes(column));
  const skipped = new Skipped();
  const budget = new Budget(uri, signal);
  const context: WkbContext = { skipped, budget, damaged: (what) => corrupt(uri, what) };
  const systems = new Set<string>();
  const features: Feature[] = [];
  for (const row of rows) {
    budget.feature();
    const geometry = columns.geometry(row, context, separator);
    if (geometry === undefined) continue;
    if (columns.crs !== undefined) systems.add(row[columns.crs]?.trim() ?? '');
    const values = others.map((column) => {
      const value = row[column]?.trim() ?? '';
      return value === '' ? undefined : value.slice(0, limits.valueLength);
    });
    features.push({ id: String(features.length + 1), geometry, values });
  }
  const crs = columns.system ?? oneSystem(systems, uri);
  return {
    name: 'csv',
    ...(crs === undefined ? {} : { crs }),
    fields: others.map((column) => ({ name: header[column]!, text: true })),
    features,
    skipped: skipped.counts,
  };
}

type Columns = {
  /** Columns that are not fields of the objects. */
  readonly used: readonly number[];
  readonly crs: number | undefined;
  /** CRS that the names of the columns say. */
  readonly system: string | undefined;
  geometry(row: readonly string[], context: WkbContext, separator: string): Geometry | undefined;
};

const pairs: readonly (readonly [x: RegExp, y: RegExp, system: string | undefined])[] = [
  [/^(lon|long|longitude)$/i, /^(lat|latitude)$/i, 'EPSG:4326'],
  [/^(x|easting|east|x_?coord)$/i, /^(y|northing|north|y_?coord)$/i, undefined],
];

function geometryColumns(header: readonly string[], uri: string): Columns {
  const find = (pattern: RegExp): number => header.findIndex((name) => pattern.test(name));
  const crsColumn = find(/^crs$/i);
  const crs = crsColumn < 0 ? undefined : crsColumn;
  const wkt = find(/^(wkt|geometry|geom|the_geom|_?wkt_?geom)$/i);
  if (wkt >= 0)
    return {
      used: crs === undefined ? [wkt] : [wkt, crs],
      crs,
      system: undefined,
      geometry: (row, context) => {
        const text = row[wkt]?.trim() ?? '';
        if (text !== '') return readWkt(text, context);
        context.skipped.add('objects without geometry');
        return undefined;
      },
    };
  for (const [x, y, system] of pairs) {
    const [left, right] = [find(x), find(y)];
    if (left < 0 || right < 0) continue;
    return {
      used: crs === undefined ? [left, right] : [left, right, crs],
      crs,
      system: crs === undefined ? system : undefined,
      geometry: (row, context, separator) => {
        const point = [row[left], row[right]].map((value) => coordinate(value, separator));
        return geometryOf([], [[point[0]!, point[1]!]], context.skipped);
      },
    };
  }
  throw new AppError(
    'bad-labels',
    `${uri} has no column of geometries. Name one WKT (well-known text), or two of them x and y, or longitude and latitude. Its columns: ${header.slice(0, 20).join(', ') || 'none'}.`,
    { uri, columns: header.slice(0, 50) },
  );
}

/** A number; with a decimal comma where commas do not separate columns. NaN where it is none. */
function coordinate(text: string | undefined, separator: string): number {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return Number.NaN;
  return Number(separator === ',' ? trimmed : trimmed.replace(',', '.'));
}

function oneSystem(systems: ReadonlySet<string>, uri: string): string | undefined {
  const named = [...systems].filter((system) => system !== '');
  if (named.length > 1)
    throw new AppError(
      'unknown-crs',
      `${uri} names ${named.length} coordinate systems. Convert its rows to one.`,
      { uri, found: named.slice(0, 10) },
    );
  return named[0] === undefined ? undefined : normaliseCrs(named[0]);
}

/** All rows of a table of text, the names of its columns first. @throws AppError `corrupt` */
export const tableRows = (text: string, uri: string): readonly (readonly string[])[] => [
  ...rowsOf(text, separatorOf(text), uri),
];

/** The sign that occurs most in the first line, outside quotes. */
function separatorOf(text: string): string {
  const line = (/^[^\r\n]*/.exec(text)?.[0] ?? '').replace(/"[^"]*"/g, '');
  const count = (sign: string): number => line.split(sign).length;
  return [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

/** Rows of cells; empty lines are passed over. @throws AppError `corrupt` for a quote that is never closed */
function* rowsOf(text: string, separator: string, uri: string): Generator<string[]> {
  let row: string[] = [];
  let cell = '';
  // Kept beside the cell: to look at a growing text at every quote takes the square of its length.
  let blank = true;
  for (let at = 0; at <= text.length; at++) {
    const sign = text[at];
    if (sign === '"' && blank) {
      const { value, next } = quotedCell(text, at, uri);
      cell = value;
      blank = value.trim() === '';
      at = next - 1;
    } else if (sign === separator) {
      row.push(cell);
      [cell, blank] = ['', true];
    } else if (sign === '\n' || sign === '\r' || sign === undefined) {
      if (row.length > 0 || !blank) yield [...row, cell];
      [row, cell, blank] = [[], '', true];
    } else {
      cell += sign;
      blank &&= sign.trim() === '';
    }
  }
}

/** The cell whose opening quote is at `start`, and the position behind its closing one; two quotes stand for one. */
function quotedCell(text: string, start: number, uri: string): { value: string; next: number } {
  let value = '';
  for (let at = start + 1; ; ) {
    const end = text.indexOf('"', at);
    if (end < 0) throw corrupt(uri, 'a quote is never closed');
    value += text.slice(at, end);
    if (text[end + 1] !== '"') return { value, next: end + 1 };
    value += '"';
    at = end + 2;
  }
}
