import { AppError } from '../../../app/error.ts';
import { createRandom } from '../../../app/random.ts';
import type { Place } from './inspectTiles.ts';
import { validationFrom } from './splitLists.ts';
import type { TileRecord } from './tileSet.ts';

/** Which tiles are learned from and which measure; indices, ascending. */
export type TileSplit = {
  readonly kind: 'lists' | 'file' | 'block' | 'random';
  readonly training: readonly number[];
  readonly validation: readonly number[];
  readonly settings: Readonly<Record<string, number | string>>;
  readonly warnings: readonly string[];
};

/** Tiles a side of a block: neighbours lie on one side of the split. */
const tilesABlock = 4;

type SplitOptions = {
  /** `block`, `random`, or a file that names the tiles for validation. */
  readonly how: string;
  /** Share held back. */
  readonly validation: number;
  readonly seed: number;
};

/**
 * Divides tiles: as the data set's folders or lists say, else as a file says, else by blocks of neighbouring tiles where they
 * are georeferenced, else at random. Classes are shared out evenly (tiles with several labels by their rarest).
 * @throws AppError `no-samples` where a side stays empty
 */
export async function splitTiles(
  tiles: readonly TileRecord[],
  places: readonly (Place | undefined)[],
  { how, validation, seed }: SplitOptions,
): Promise<TileSplit> {
  const file = how !== 'block' && how !== 'random';
  const fixed = file
    ? await validationFrom(how, tiles)
    : tiles.some(({ part }) => part === 'validation')
      ? tiles
      : undefined;
  if (fixed !== undefined) {
    const unused = fixed.filter(({ part }) => part === 'unused').length;
    return checked({
      kind: file ? 'file' : 'lists',
      training: indices(fixed, ({ part }) => part === 'training'),
      validation: indices(fixed, ({ part }) => part === 'validation'),
      settings: file ? { file: how } : {},
      warnings: unused === 0 ? [] : [`${unused} tiles are on neither side of the split: not used.`],
    });
  }
  const usable = indices(tiles, ({ part }) => part !== 'unused');
  const blocks = how === 'block' ? blocksOf(usable, places) : undefined;
  const warnings =
    how === 'block' && blocks === undefined
      ? [
          'The tiles have no georeference, so they were divided at random: neighbours may lie on both sides, and figures may be too good.',
        ]
      : [];
  const groups = blocks ?? usable.map((tile) => [tile]);
  const held = new Set(holdBack(groups, strataOf(tiles), { validation, seed }));
  return checked({
    kind: blocks === undefined ? 'random' : 'block',
    training: usable.filter((tile) => !held.has(tile)),
    validation: usable.filter((tile) => held.has(tile)),
    settings: { share: validation, seed, ...(blocks === undefined ? {} : { tilesABlock }) },
    warnings,
  });
}

function checked(split: TileSplit): TileSplit {
  const { training, validation } = split;
  if (training.length > 0 && validation.length > 0) return split;
  throw new AppError(
    'no-samples',
    `The split leaves ${training.length} tiles for training and ${validation.length} for validation; both need some. Add tiles, or use --split random.`,
    { training: training.length, validation: validation.length },
  );
}

function indices(
  tiles: readonly TileRecord[],
  wanted: (tile: TileRecord) => boolean,
): readonly number[] {
  return [...tiles.keys()].filter((i) => wanted(tiles[i]!));
}

/** Tiles of one cell of a coarse grid belong together; undefined where not all have a place, or all lie in one cell. */
function blocksOf(
  usable: readonly number[],
  places: readonly (Place | undefined)[],
): readonly (readonly number[])[] | undefined {
  const blocks = new Map<string, number[]>();
  for (const tile of usable) {
    const place = places[tile];
    if (place === undefined) return undefined;
    const size = place.extent * tilesABlock;
    const key = `${place.crs} ${Math.floor(place.x / size)} ${Math.floor(place.y / size)}`;
    blocks.set(key, [...(blocks.get(key) ?? []), tile]);
  }
  return blocks.size < 2 ? undefined : [...blocks.values()];
}

/** Stratum of each tile: the rarest of its labels. */
function strataOf(tiles: readonly TileRecord[]): readonly number[] {
  const counts = new Map<number, number>();
  for (const { labels } of tiles)
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return tiles.map(({ labels }) =>
    labels.reduce(
      (rarest, label) => (rarest < 0 || counts.get(label)! < counts.get(rarest)! ? label : rarest),
      -1,
    ),
  );
}

/**
 * Takes groups in a random order, each that brings the share held back of its strata nearer to what is wanted. A stratum of
 * one tile stays in training, unless all are: then they are taken together.
 */
function holdBack(
  groups: readonly (readonly number[])[],
  strata: readonly number[],
  { validation, seed }: { readonly validation: number; readonly seed: number },
): readonly number[] {
  const missing = new Map<number, number>();
  for (const group of groups)
    for (const tile of group) missing.set(strata[tile]!, (missing.get(strata[tile]!) ?? 0) + 1);
  for (const [stratum, count] of missing)
    missing.set(stratum, count === 1 ? 0 : Math.max(1, Math.round(count * validation)));
  if (groups.length > 1 && [...missing.values()].every((count) => count === 0))
    return holdBack(
      groups,
      strata.map(() => 0),
      { validation, seed },
    );
  const order = createRandom(seed, 'tile split').shuffle([...groups.keys()]);
  const held: number[] = [];
  for (const at of order) {
    const group = groups[at]!;
    const counts = new Map<number, number>();
    for (const tile of group) counts.set(strata[tile]!, (counts.get(strata[tile]!) ?? 0) + 1);
    // Σ (m − c)² < Σ m², for what is missing m and what the group brings c.
    const gain = [...counts].reduce(
      (sum, [stratum, count]) => sum + count * (2 * missing.get(stratum)! - count),
      0,
    );
    if (gain <= 0) continue;
    held.push(...group);
    for (const [stratum, count] of counts) missing.set(stratum, missing.get(stratum)! - count);
  }
  return held;
}
