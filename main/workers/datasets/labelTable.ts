import { readFile } from 'node:fs/promises';
import { AppError } from '../../../app/error.ts';
import { refuseSpecialFile } from '../../specialFile.ts';
import { tableRows } from '../../vector/csv.ts';

/** What a table of labels says. */
export type LabelTable = {
  readonly path: string;
  /** Whether a tile may have several labels. */
  readonly several: boolean;
  /** Labels by the tile's name as the table has it. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
};

const fileColumn = /^(file|filename|file_name|name|tile|image|patch|path)$/i;

/**
 * Labels of tiles from a file:
 * - CSV with a column `file` and one `label`, or one `labels` with names apart by `;` or `|`, or a column a class with 0 and 1;
 * - JSON `{"a.tif": "label" | ["label", …]}`.
 * @throws AppError `bad-labels` the file is of neither form, `corrupt`
 */
export async function readLabelTable(path: string): Promise<LabelTable> {
  await refuseSpecialFile(path);
  const text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  return /\.json$/i.test(path) ? parseJson(text, path) : parseCsv(text, path);
}

function parseJson(text: string, path: string): LabelTable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new AppError('corrupt', `${path} is no JSON (${(error as Error).message}). Correct it.`, {
      path,
    });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw refused(path, 'it is not {"tile.tif": "label" or ["label", …], …}');
  let several = false;
  const labels = Object.entries(json).map(
    ([file, value]: [string, unknown]): [string, string[]] => {
      if (typeof value === 'string') return [file, [value]];
      if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
        throw refused(path, `the labels of "${file}" are no names`);
      several = true;
      return [file, value as string[]];
    },
  );
  return { path, several, labels: new Map(labels) };
}

function parseCsv(text: string, path: string): LabelTable {
  const [header = [], ...rows] = tableRows(text, path);
  const names = header.map((name) => name.trim());
  const file = names.findIndex((name) => fileColumn.test(name));
  if (file < 0)
    throw refused(
      path,
      `it has no column "file"; its columns: ${names.slice(0, 20).join(', ').slice(0, 500)}`,
    );
  const one = names.findIndex((name) => /^(label|class)$/i.test(name));
  const list = names.findIndex((name) => /^(labels|classes)$/i.test(name));
  const cell = (row: readonly string[], column: number): string => row[column]?.trim() ?? '';
  const read = (row: readonly string[]): readonly string[] => {
    if (list >= 0)
      return cell(row, list)
        .split(/[;|]/)
        .map((label) => label.trim())
        .filter((label) => label !== '');
    if (one >= 0) return [cell(row, one)];
    return names.flatMap((name, column) => {
      const value = column === file ? '0' : cell(row, column);
      if (value === '1') return [name];
      if (value === '0' || value === '') return [];
      throw refused(path, `column "${name}" of "${cell(row, file)}" has "${value}", not 0 or 1`);
    });
  };
  return {
    path,
    several: list >= 0 || one < 0,
    labels: new Map(rows.map((row) => [cell(row, file), read(row)])),
  };
}

const refused = (path: string, why: string): AppError =>
  new AppError(
    'bad-labels',
    `${path} cannot be read as a table of labels: ${why}. A CSV with the columns file and label, file and labels (names apart by ";"), or file and one column of 0 and 1 a class is needed.`,
    { path },
  );
