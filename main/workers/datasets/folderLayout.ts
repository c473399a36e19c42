import { basename, join } from 'node:path';
import { AppError } from '../../../app/error.ts';
import { buildScheme } from '../../../app/vector/classScheme.ts';
import { readLabelTable } from './labelTable.ts';
import { findMaskFolders } from './maskFolders.ts';
import { applyLists, partOf } from './splitLists.ts';
import { someOf, type TileRecord, type TileSet, type TileSetTask } from './tileSet.ts';
import { entriesOf, isTileFile, stem, tilesBelow } from './walkFolder.ts';

const tableFile = /^labels\.(csv|json)$/i;

/** What the tiles of a folder are labelled for, from names alone. */
export async function folderTask(root: string): Promise<TileSetTask> {
  if ((await findMaskFolders(root)) !== undefined) return 'segmentation';
  const table = await findTable(root);
  if (table === undefined) return 'scene';
  return (await readLabelTable(table)).several ? 'multilabel' : 'scene';
}

async function findTable(root: string): Promise<string | undefined> {
  const { files } = await entriesOf(root);
  const name = files.find((one) => tableFile.test(one));
  return name === undefined ? undefined : join(root, name);
}

/**
 * A user's own tiles with a label or several: `labels.csv` or `labels.json` beside them (see `readLabelTable`), else a folder
 * a class; `train`, `val` and `test` above the classes, or lists of those names, fix the split.
 * @throws AppError `not-found`, `bad-labels`
 */
export async function openLabelledFolder(root: string): Promise<TileSet> {
  const table = await findTable(root);
  const { tiles, several, tables } =
    table === undefined ? await byFolders(root) : await byTable(root, table);
  const names = [...new Set(tiles.flatMap(({ words }) => words))];
  const classes = buildScheme(names.map((name) => ({ name })));
  if (classes.length < 2)
    throw new AppError(
      'no-samples',
      `${root} has tiles of ${classes.length === 0 ? 'no class' : `one class, "${classes[0]!.name}"`}; at least two are needed. Put the tiles into a folder a class, or write labels.csv with the columns file and label.`,
      { path: root },
    );
  const index = new Map(classes.map(({ name }, i) => [name, i]));
  const indexed = tiles.map(({ words, ...tile }) => ({
    ...tile,
    labels: words.map((word) => index.get(word)!).sort((a, b) => a - b),
  }));
  const fixed = indexed.some(({ part }) => part !== undefined);
  const listed = fixed ? { tiles: indexed, tables: [] } : await applyLists(root, indexed);
  return {
    layout: 'folder',
    root,
    task: several ? 'multilabel' : 'scene',
    classes,
    tiles: listed.tiles,
    tables: [...tables, ...listed.tables],
    warnings: [],
  };
}

type Named = Omit<TileRecord, 'labels'> & { readonly words: readonly string[] };
type Found = {
  readonly tiles: readonly Named[];
  readonly several: boolean;
  readonly tables: readonly string[];
};

async function byFolders(root: string): Promise<Found> {
  const { folders } = await entriesOf(root);
  const sides = folders.filter((name) => partOf(name) !== undefined);
  const tiles: Named[] = [];
  for (const side of sides.length > 0 ? sides : ['']) {
    const part = partOf(side);
    for (const name of (await entriesOf(join(root, side))).folders) {
      const folder = join(root, side, name);
      for (const file of (await entriesOf(folder)).files.filter(isTileFile))
        tiles.push({
          name: `${side === '' ? '' : `${side}/`}${name}/${stem(file)}`,
          files: [join(folder, file)],
          words: [name],
          ...(part === undefined ? {} : { part }),
        });
    }
  }
  return { tiles, several: false, tables: [] };
}

async function byTable(root: string, path: string): Promise<Found> {
  const { labels, several } = await readLabelTable(path);
  const files = await tilesBelow(root);
  const exact = new Map(files.map((file) => [file, file]));
  const loose = new Map(files.map((file) => [stem(basename(file)), file]));
  const missing: string[] = [];
  const without: string[] = [];
  const tiles: Named[] = [];
  for (const [name, words] of labels) {
    const file = exact.get(name) ?? loose.get(stem(basename(name))) ?? loose.get(basename(name));
    if (file === undefined) missing.push(name);
    else if (!several && (words[0] ?? '') === '') without.push(name);
    else tiles.push({ name: stem(file), files: [join(root, file)], words });
  }
  if (missing.length > 0)
    throw new AppError(
      'not-found',
      `${path} names ${missing.length} tiles that are not there: ${someOf(missing)}. Copy them, or take their rows away.`,
      { path, missing: missing.slice(0, 20), count: missing.length },
    );
  if (without.length > 0)
    throw new AppError(
      'bad-labels',
      `${path} gives ${without.length} tiles no label: ${someOf(without)}. Give them one, or take their rows away.`,
      { path, found: without.slice(0, 20), count: without.length },
    );
  return { tiles, several, tables: [path] };
}
