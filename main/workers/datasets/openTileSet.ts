import type { Input } from '../../../app/contract/api.ts';
import { AppError } from '../../../app/error.ts';
import { hasPatches, openBigEarthNet } from './bigearthnetLayout.ts';
import { eurosatFolder, openEurosat } from './eurosatLayout.ts';
import { folderTask, openLabelledFolder } from './folderLayout.ts';
import { findMaskFolders, namesSegMunich, openMaskFolders } from './maskFolders.ts';
import type { TileSet, TileSetTask } from './tileSet.ts';
import { entriesOf } from './walkFolder.ts';

type Layout = Exclude<Input<'train'>['layout'], 'auto'>;

/** What lies in the folder of a data set, and what it can be used for. */
export async function recogniseDataset(
  root: string,
  asked: Input<'train'>['layout'],
): Promise<{ readonly layout: Layout; readonly task: TileSetTask | 'change' }> {
  const layout = asked === 'auto' ? await recogniseLayout(root) : asked;
  switch (layout) {
    case 'eurosat':
      return { layout, task: 'scene' };
    case 'bigearthnet':
      return { layout, task: 'multilabel' };
    case 'segmunich':
      return { layout, task: 'segmentation' };
    case 'oscd':
      return { layout, task: 'change' };
    case 'folder':
      return { layout, task: await folderTask(root) };
  }
}

async function recogniseLayout(root: string): Promise<Layout> {
  const { folders, files } = await entriesOf(root);
  // A table of labels is the user's own word.
  if (files.some((name) => /^labels\.(csv|json)$/i.test(name))) return 'folder';
  if (await isOscd(root, folders)) return 'oscd';
  if (await hasPatches(root)) return 'bigearthnet';
  if ((await findMaskFolders(root)) !== undefined)
    return namesSegMunich(root) ? 'segmunich' : 'folder';
  return (await eurosatFolder(root)) === undefined ? 'folder' : 'eurosat';
}

/** A folder a city with `imgs_1` and `imgs_2`, or the archives of images beside those of labels. */
async function isOscd(root: string, folders: readonly string[]): Promise<boolean> {
  for (const name of folders.slice(0, 4)) {
    const { folders: inner } = await entriesOf(`${root}/${name}`);
    if (inner.some((one) => /^imgs_1(_rect)?$/.test(one))) return true;
    for (const city of inner.slice(0, 2))
      if (
        (await entriesOf(`${root}/${name}/${city}`)).folders.some((one) =>
          /^imgs_1(_rect)?$/.test(one),
        )
      )
        return true;
  }
  return false;
}

/**
 * Opens the index of a data set for a task.
 * @throws AppError `not-found`, `bad-labels`, `usage` where it is labelled for another task
 */
export async function openTileSet(
  root: string,
  asked: Input<'train'>['layout'],
  task: TileSetTask,
): Promise<TileSet> {
  const { layout, task: has } = await recogniseDataset(root, asked);
  if (has !== task)
    throw new AppError(
      'usage',
      `${root} is labelled for ${has} (layout ${layout}), not for ${task}. Use --task ${has}, or another data set.`,
      { layout, found: has, needed: task },
    );
  const set = await open(root, layout, task);
  if (set.tiles.length > 0) return set;
  throw new AppError(
    'not-found',
    `${root} holds no tiles in the layout "${layout}". Choose another folder or --layout.`,
    { path: root, layout },
  );
}

async function open(root: string, layout: Layout, task: TileSetTask): Promise<TileSet> {
  if (layout === 'eurosat') return await openEurosat(root);
  if (layout === 'bigearthnet') return await openBigEarthNet(root);
  return task === 'segmentation'
    ? await openMaskFolders(root, layout === 'segmunich' ? 'segmunich' : 'folder')
    : await openLabelledFolder(root);
}
