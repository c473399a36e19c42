import { AppError } from '../error.ts';
import type { LabelledPixels } from '../vector/labelledPixels.ts';
import { Side, type Split, sortByPosition, splitOf } from './split.ts';

export type FixedSplitOptions = {
  /** Width of the scene: needed where a file counts all pixels of the scene, not the labelled ones only. */
  readonly width?: number;
};

/**
 * A published split from a file:
 * - JSON `{"train": […], "validation": […], "test": […], "n"?, "index"?}`: lists count labelled pixels from 0 in row-major
 *   order, or with `"index": "pixel"` (or an `order` text that begins with "row-major pixel index") all pixels of the scene;
 * - CSV with the columns `x`, `y` (or `column`, `row`) or `index`, and `set` (train, validation or val, test).
 * Pixels in no list belong to the test side where the file has no test list, else to none.
 * @throws AppError `bad-labels` the file is of neither form, or names pixels that are not labelled
 */
export function fixedSplit(
  pixels: LabelledPixels,
  text: string,
  name: string,
  options: FixedSplitOptions = {},
): Split {
  const file = /^\s*\{/.test(text) ? parseJson(text, name) : parseTable(text, name);
  const n = pixels.x.length;
  if (file.count !== undefined && file.count !== n)
    throw bad(name, `it was made for ${file.count} labelled pixels, but here are ${n}`);
  const sides = new Uint8Array(n).fill(file.sets.has('test') ? Side.dropped : Side.test);
  const assigned = new Uint8Array(n);
  const find = finder(pixels, file.by, options.width);
  for (const [set, positions] of file.sets)
    for (const position of positions) {
      const index = find(position);
      if (index === undefined)
        throw bad(name, `its ${set} list names ${describe(position)}, which is no labelled pixel`);
      if (assigned[index] === 1) throw bad(name, `it names ${describe(position)} more than once`);
      assigned[index] = 1;
      sides[index] = Side[set];
    }
  const split = splitOf(pixels, sides, { kind: 'fixed', settings: { file: name }, warnings: [] });
  if (split.train.length === 0) throw bad(name, 'its train list is empty');
  return split;
}

type Set = 'train' | 'validation' | 'test';
type Position = number | readonly [x: number, y: number];

type SplitFile = {
  readonly sets: ReadonlyMap<Set, readonly Position[]>;
  /** What a number counts. */
  readonly by: 'labelled' | 'pixel';
  /** Labelled pixels that the file was made for. */
  readonly count?: number;
};

const setNames: Readonly<Record<string, Set>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  val: 'validation',
  valid: 'validation',
  test: 'test',
  testing: 'test',
};

function parseJson(text: string, name: string): SplitFile {
  let root: Readonly<Record<string, unknown>>;
  try {
    root = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw bad(name, `it is not valid JSON (${(error as Error).message})`);
  }
  const sets = new Map<Set, number[]>();
  for (const [key, value] of Object.entries(root)) {
    const set = setOf(key);
    if (set === undefined) continue;
    const whole = (entry: unknown): boolean =>
      Number.isSafeInteger(entry) && (entry as number) >= 0;
    if (!Array.isArray(value) || !value.every(whole))
      throw bad(name, `its list "${key}" does not hold whole numbers from 0 only`);
    sets.set(set, value as number[]);
  }
  if (!sets.has('train')) throw bad(name, 'it has no list "train"');
  const order = typeof root['order'] === 'string' ? root['order'] : '';
  const byPixel = root['index'] === 'pixel' || /^row-major pixel index/i.test(order);
  const count = root['n'];
  return {
    sets,
    by: byPixel ? 'pixel' : 'labelled',
    ...(typeof count === 'number' ? { count } : {}),
  };
}

function parseTable(text: string, name: string): SplitFile {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const separator = [';', '\t', ','].find((mark) => lines[0]?.includes(mark)) ?? ',';
  const cells = (line: string): string[] =>
    line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const header = cells(lines[0] ?? '').map((title) => title.toLowerCase());
  const column = (...titles: string[]): number =>
    header.findIndex((title) => titles.includes(title));
  const [x, y] = [column('x', 'column', 'col'), column('y', 'row')];
  const [index, set] = [column('index'), column('set', 'split', 'part')];
  if (set < 0 || (index < 0 && (x < 0 || y < 0)))
    throw bad(name, 'a table needs the columns x, y, set or index, set');
  const sets = new Map<Set, Position[]>();
  for (const [number, line] of lines.slice(1).entries()) {
    const row = cells(line);
    const target = setOf(row[set] ?? '');
    const values = (index >= 0 ? [index] : [x, y]).map((at) => wholeNumber(row[at]));
    if (target === undefined || values.some((value) => value === undefined))
      throw bad(name, `line ${number + 2} is not a position and train, validation or test`);
    const position = index >= 0 ? values[0]! : ([values[0]!, values[1]!] as const);
    sets.set(target, sets.get(target) ?? []);
    sets.get(target)!.push(position);
  }
  if (!sets.has('train')) throw bad(name, 'no line is for training');
  return { sets, by: 'labelled' };
}

const setOf = (word: string): Set | undefined =>
  Object.hasOwn(setNames, word.toLowerCase()) ? setNames[word.toLowerCase()] : undefined;

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

/** Finds the index of a labelled pixel. */
function finder(
  pixels: LabelledPixels,
  by: SplitFile['by'],
  width: number | undefined,
): (position: Position) => number | undefined {
  const ordered = [...pixels.x.keys()];
  sortByPosition(pixels, ordered);
  const places = new Map<string, number>();
  for (const index of ordered) places.set(`${pixels.x[index]} ${pixels.y[index]}`, index);
  return (position) => {
    if (typeof position !== 'number') return places.get(position.join(' '));
    if (by === 'labelled' || width === undefined) return ordered[position];
    return places.get(`${position % width} ${Math.floor(position / width)}`);
  };
}

const describe = (position: Position): string =>
  typeof position === 'number' ? `pixel number ${position}` : `pixel ${position.join(', ')}`;

function bad(name: string, reason: string): AppError {
  return new AppError(
    'bad-labels',
    `The split ${name} cannot be used: ${reason}. Correct the file or choose "block" or "random".`,
    { split: name },
  );
}
