import { basename, join } from 'node:path';
import { AppError } from '../../../app/error.ts';
import { publishedClasses } from './publishedClasses.ts';
import { applyLists } from './splitLists.ts';
import { someOf, type TileSet } from './tileSet.ts';
import { entriesOf, isTileFile, stem } from './walkFolder.ts';

/** Order of the bands in the published files: B8A last (Helber et al. 2019; the mean of channel 9 is that of cirrus). */
const publishedOrder = 'B01 B02 B03 B04 B05 B06 B07 B08 B09 B10 B11 B12 B8A'.split(' ');

/** The folder with the class folders: the one given, or the `tif` in it, or in its only folder. */
export async function eurosatFolder(root: string): Promise<string | undefined> {
  const { classes } = await publishedClasses('eurosat');
  const names = new Set(classes.map(({ name }) => name));
  const search = async (folder: string, depth: number): Promise<string | undefined> => {
    const { folders } = await entriesOf(folder);
    if (folders.filter((name) => names.has(name)).length >= 2) return folder;
    if (depth === 0) return undefined;
    for (const name of folders) {
      const found = await search(join(folder, name), depth - 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return await search(root, 2);
}

/** EuroSAT as published: a folder a class, 64 × 64 × 13 TIFFs. @throws AppError `not-found`, `bad-labels` */
export async function openEurosat(root: string): Promise<TileSet> {
  const { classes } = await publishedClasses('eurosat');
  const folder = await eurosatFolder(root);
  if (folder === undefined)
    throw new AppError(
      'not-found',
      `${root} has no folders named as the classes of EuroSAT (${classes[0]!.name}, ${classes[1]!.name} …). Give the folder of EuroSAT_MS, or use --layout folder.`,
      { path: root },
    );
  const { folders } = await entriesOf(folder);
  const strange = folders.filter((name) => !classes.some((one) => one.name === name));
  if (strange.length > 0)
    throw new AppError(
      'bad-labels',
      `${folder} has ${strange.length} folders that are no class of EuroSAT: ${someOf(strange)}. Take them away, or use --layout folder.`,
      { path: folder, found: strange.slice(0, 20) },
    );
  const tiles: TileSet['tiles'][number][] = [];
  for (const [index, { name }] of classes.entries()) {
    if (!folders.includes(name)) continue;
    const { files } = await entriesOf(join(folder, name));
    for (const file of files.filter(isTileFile))
      tiles.push({
        name: `${name}/${stem(file)}`,
        files: [join(folder, name, file)],
        labels: [index],
      });
  }
  const above = basename(folder) === 'tif' ? join(folder, '..') : folder;
  const listed = await applyLists(above, tiles);
  const absent = classes.filter(({ name }) => !folders.includes(name)).map(({ name }) => name);
  return {
    layout: 'eurosat',
    root,
    task: 'scene',
    classes,
    ...listed,
    sentinel2Bands: publishedOrder,
    warnings:
      absent.length === 0
        ? []
        : [`${folder} has no tiles of ${absent.length} classes: ${someOf(absent, 10)}.`],
  };
}
