import { AppError } from '../../../app/error.ts';
import { createRandom } from '../../../app/random.ts';
import type { Grid, Window } from '../../../app/raster/grid.ts';
import { type ChangeLabels, changeValues } from './changeLabels.ts';

/** Labelled pixels of one pair, counted by square cells: memory is one number a cell and kind, whatever the scene. */
export type ChangeCells = {
  /** Pixels a side. */
  readonly size: number;
  readonly columns: number;
  readonly rows: number;
  readonly changed: Int32Array;
  readonly unchanged: Int32Array;
};

/** What the pixels of a cell are for. */
export const cellUse = { training: 0, validation: 1 } as const;

/** Counts the labels of a pair, a row of cells at a time. */
export async function countCells(
  labels: Pick<ChangeLabels, 'read'>,
  grid: Grid,
  size: number,
  signal: AbortSignal,
): Promise<ChangeCells> {
  const [columns, rows] = [Math.ceil(grid.width / size), Math.ceil(grid.height / size)];
  const changed = new Int32Array(columns * rows);
  const unchanged = new Int32Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    signal.throwIfAborted();
    const height = Math.min(size, grid.height - row * size);
    const values = await labels.read({ x: 0, y: row * size, width: grid.width, height });
    for (let i = 0; i < values.length; i++) {
      const cell = row * columns + Math.floor((i % grid.width) / size);
      if (values[i] === changeValues.changed) changed[cell]! += 1;
      else if (values[i] === changeValues.unchanged) unchanged[cell]! += 1;
    }
  }
  return { size, columns, rows, changed, unchanged };
}

/** How the cells of several pairs are divided: the use of each, by pair. */
export type CellSplit = {
  readonly uses: readonly Uint8Array[];
  readonly settings: Readonly<Record<string, unknown>>;
};

export type CellSplitOptions = {
  /** Share held back for validation. */
  readonly fraction: number;
  readonly seed: number;
};

type Unit = { readonly pair: number; readonly cells: number[]; changed: number; labelled: number };

/** Fewest units with change that a choice is made among. */
const fewestUnits = 4;

/**
 * Divides by blocks of cells: those of validation are drawn until they hold their share of the changed pixels, then of the
 * others. Blocks are as large as leaves enough of them with change in them.
 * @throws AppError `no-samples` where there is no change, or all of it lies in one cell
 */
export function splitBlocks(pairs: readonly ChangeCells[], options: CellSplitOptions): CellSplit {
  requireChange(pairs);
  const total = pairs.reduce((sum, { columns, rows }) => sum + columns * rows, 0);
  let side = Math.max(1, Math.floor(Math.sqrt(total / 36)));
  let units = blocksOf(pairs, side);
  while (side > 1 && units.filter(({ changed }) => changed > 0).length < 3 * fewestUnits) {
    side--;
    units = blocksOf(pairs, side);
  }
  const blockPixels = side * pairs[0]!.size;
  return { uses: choose(pairs, units, options), settings: { ...options, blockPixels } };
}

/**
 * Divides by whole pairs: what is measured was never looked at.
 * @param chosen numbers of the pairs held back, from 1; drawn where absent
 * @throws AppError `usage` naming numbers that are not there, or where none would be left to learn from; `no-samples`
 */
export function splitPairs(
  pairs: readonly ChangeCells[],
  options: CellSplitOptions,
  chosen: readonly number[] = [],
): CellSplit {
  requireChange(pairs);
  const uses = chosen.length === 0 ? choose(pairs, unitsOf(pairs), options) : held(pairs, chosen);
  const validationPairs = uses.flatMap((use, pair) =>
    use[0] === cellUse.validation ? [pair] : [],
  );
  return { uses, settings: { ...options, validationPairs } };
}

const unitsOf = (pairs: readonly ChangeCells[]): Unit[] =>
  pairs.map(({ changed, unchanged }, pair) => {
    const all = sum(changed);
    return { pair, cells: [...changed.keys()], changed: all, labelled: all + sum(unchanged) };
  });

function held(pairs: readonly ChangeCells[], chosen: readonly number[]): Uint8Array[] {
  const missing = chosen.filter((number) => number < 1 || number > pairs.length);
  if (missing.length > 0)
    throw new AppError(
      'usage',
      `There is no pair ${missing.join(', ')} to hold back: ${pairs.length} were given. Count them from 1.`,
      { pairs: pairs.length, missing },
    );
  const uses = pairs.map(({ changed }, pair) =>
    new Uint8Array(changed.length).fill(
      chosen.includes(pair + 1) ? cellUse.validation : cellUse.training,
    ),
  );
  if (uses.some((use) => use[0] === cellUse.training)) return uses;
  throw new AppError('usage', 'All pairs are held back: leave one to learn from.');
}

function blocksOf(pairs: readonly ChangeCells[], side: number): Unit[] {
  return pairs.flatMap(({ columns, changed, unchanged }, pair) => {
    const blocks = new Map<string, Unit>();
    for (const cell of changed.keys()) {
      const labelled = changed[cell]! + unchanged[cell]!;
      if (labelled === 0) continue;
      const [column, row] = [cell % columns, Math.floor(cell / columns)];
      const key = `${Math.floor(column / side)} ${Math.floor(row / side)}`;
      const block = blocks.get(key) ?? { pair, cells: [], changed: 0, labelled: 0 };
      block.cells.push(cell);
      block.changed += changed[cell]!;
      block.labelled += labelled;
      blocks.set(key, block);
    }
    return [...blocks.values()];
  });
}

function choose(
  pairs: readonly ChangeCells[],
  units: readonly Unit[],
  { fraction, seed }: CellSplitOptions,
): Uint8Array[] {
  const uses = pairs.map(({ changed }) => new Uint8Array(changed.length));
  const draw = (some: readonly Unit[], of: (unit: Unit) => number, already: number): void => {
    const random = createRandom(seed, 'split', 'change', some.length);
    const order = random.shuffle([...some.keys()]).map((i) => some[i]!);
    const wanted = fraction * units.reduce((all, unit) => all + of(unit), 0);
    let taken = already;
    let left = order.length;
    for (const unit of order) {
      // A unit that brings it farther from its share than it is stays; one is always left to learn from.
      if (left < 2 || Math.abs(taken + of(unit) - wanted) > Math.abs(taken - wanted)) continue;
      taken += of(unit);
      left--;
      for (const cell of unit.cells) uses[unit.pair]![cell] = cellUse.validation;
    }
  };
  const withChange = units.filter(({ changed }) => changed > 0);
  if (withChange.length < 2)
    throw new AppError(
      'no-samples',
      'All change lies in one place: there is nothing else to measure on. Mark change in at least two places apart from each other.',
    );
  draw(withChange, ({ changed }) => changed, 0);
  if (!withChange.some(isHeld(uses))) hold(uses, smallest(withChange));
  const labelled = units.filter(isHeld(uses)).reduce((all, unit) => all + unit.labelled, 0);
  draw(
    units.filter(({ changed }) => changed === 0),
    (unit) => unit.labelled,
    labelled,
  );
  return uses;
}

const isHeld =
  (uses: readonly Uint8Array[]) =>
  ({ pair, cells }: Unit): boolean =>
    uses[pair]![cells[0]!] === cellUse.validation;

function hold(uses: readonly Uint8Array[], { pair, cells }: Unit): void {
  for (const cell of cells) uses[pair]![cell] = cellUse.validation;
}

const smallest = (units: readonly Unit[]): Unit =>
  units.reduce((least, unit) => (unit.changed < least.changed ? unit : least));

function requireChange(pairs: readonly ChangeCells[]): void {
  const changed = pairs.reduce((all, pair) => all + sum(pair.changed), 0);
  const unchanged = pairs.reduce((all, pair) => all + sum(pair.unchanged), 0);
  if (changed > 0 && unchanged > 0) return;
  throw new AppError(
    'no-samples',
    `The labels show ${changed === 0 ? 'no changed' : 'no unchanged'} pixel over the two dates. ${changed === 0 ? 'Check that they lie where the scenes do.' : 'Mark unchanged places too, or say --unlabelled unchanged.'}`,
    { changed, unchanged },
  );
}

const sum = (values: Int32Array): number => values.reduce((all, one) => all + one, 0);

/** Pixels about a validation cell whose labels are not learned: what is change there goes on here. */
const buffer = 8;

/** Labels of one use alone: others, and training ones beside validation cells, become unlabelled, in place. */
export function maskUse(
  values: Uint8Array,
  window: Window,
  { size, columns, rows }: ChangeCells,
  uses: Uint8Array,
  use: number,
): void {
  const useAt = (x: number, y: number): number | undefined => {
    const [column, row] = [Math.floor(x / size), Math.floor(y / size)];
    if (column < 0 || row < 0 || column >= columns || row >= rows) return undefined;
    return uses[row * columns + column];
  };
  for (let i = 0; i < values.length; i++) {
    if (values[i] === changeValues.unlabelled) continue;
    const [x, y] = [window.x + (i % window.width), window.y + Math.floor(i / window.width)];
    const own = useAt(x, y) === use;
    const near =
      use === cellUse.training &&
      [-buffer, buffer].some((dx) =>
        [-buffer, buffer].some((dy) => useAt(x + dx, y + dy) === cellUse.validation),
      );
    if (!own || near) values[i] = changeValues.unlabelled;
  }
}
