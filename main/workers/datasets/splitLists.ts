import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../app/error.ts';
import { someOf, type TilePart, type TileRecord } from './tileSet.ts';
import { entriesOf, stem } from './walkFolder.ts';

/** Folder and list names for the sides of a split. */
export function partOf(word: string): TilePart | undefined {
  if (/^(train|training)$/i.test(word)) return 'training';
  if (/^(val|valid|validation)$/i.test(word)) return 'validation';
  return /^test(ing)?$/i.test(word) ? 'unused' : undefined;
}

/** A file that names the tiles of one side, one a line; what follows a comma, tab or space is not read. */
type SplitList = { readonly path: string; readonly part: TilePart };

/** Lists beside the tiles, in the folder itself or the one above: `train.txt`, `eurosat_val.txt`, `val.csv` … */
async function findLists(root: string): Promise<readonly SplitList[]> {
  for (const folder of [root, dirname(root)]) {
    const { files } = await entriesOf(folder).catch(() => ({ files: [] as readonly string[] }));
    const lists = files.flatMap((name): SplitList[] => {
      if (!/\.(txt|csv)$/i.test(name)) return [];
      const part = stem(name)
        .split(/[^A-Za-z]+/)
        .map(partOf)
        .find((one) => one !== undefined);
      return part === undefined ? [] : [{ path: join(folder, name), part }];
    });
    const taken = lists.filter(({ part }) => part !== 'unused');
    if (taken.length > 0) return lists;
  }
  return [];
}

/**
 * Tiles with the side that lists beside them give. With a validation list alone, all others are for training.
 * @throws AppError `not-found` where lists name tiles that are not there, `bad-labels` where two sides name the same
 */
export async function applyLists(
  root: string,
  tiles: readonly TileRecord[],
): Promise<{ readonly tiles: readonly TileRecord[]; readonly tables: readonly string[] }> {
  const lists = await findLists(root);
  if (lists.length === 0) return { tiles, tables: [] };
  const parts = await readParts(lists, tiles);
  const rest: TilePart = lists.some(({ part }) => part === 'training') ? 'unused' : 'training';
  const hasValidation = lists.some(({ part }) => part === 'validation');
  return {
    tiles: tiles.map((tile) => ({
      ...tile,
      part: parts.get(tile.name) ?? (hasValidation ? rest : 'validation'),
    })),
    tables: lists.map(({ path }) => path),
  };
}

/** Tiles of which a file names those for validation; all others are for training. */
export async function validationFrom(
  path: string,
  tiles: readonly TileRecord[],
): Promise<readonly TileRecord[]> {
  const parts = await readParts([{ path, part: 'validation' }], tiles);
  return tiles.map((tile) => ({ ...tile, part: parts.get(tile.name) ?? 'training' }));
}

async function readParts(
  lists: readonly SplitList[],
  tiles: readonly TileRecord[],
): Promise<ReadonlyMap<string, TilePart>> {
  const byName = new Map(tiles.map((tile) => [basename(tile.name), tile.name]));
  const parts = new Map<string, TilePart>();
  for (const { path, part } of lists) {
    const missing: string[] = [];
    for (const name of await namesIn(path)) {
      const tile = byName.get(basename(stem(name))) ?? byName.get(basename(name));
      if (tile === undefined) missing.push(name);
      else if ((parts.get(tile) ?? part) !== part)
        throw new AppError(
          'bad-labels',
          `${path} names ${name} for ${part}, another list for ${parts.get(tile)!}. Correct one of them.`,
          { path, tile },
        );
      else parts.set(tile, part);
    }
    if (missing.length > 0)
      throw new AppError(
        'not-found',
        `${path} names ${missing.length} tiles that are not there: ${someOf(missing)}. Copy them, or take the list away.`,
        { path, missing: missing.slice(0, 20), count: missing.length },
      );
  }
  return parts;
}

async function namesIn(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new AppError(
      'not-found',
      `The list ${path} cannot be read (${(error as Error).message}).`,
      { path },
    );
  });
  const names = text
    .split(/\r?\n/)
    .map((line) =>
      line
        .split(/[,;\t]|\s{2,}|(?<=\.\w{2,4})\s/)[0]!
        .replaceAll('"', '')
        .trim(),
    )
    .filter((name) => name !== '');
  return /^(file|name|patch|tile|image|filename|id)$/i.test(names[0] ?? '')
    ? names.slice(1)
    : names;
}
