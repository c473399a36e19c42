import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../../../app/error.ts';
import { openScene } from '../../raster/formats.ts';
import { type PublishedClasses, publishedClasses } from './publishedClasses.ts';
import { applyLists } from './splitLists.ts';
import { someOf, type TileRecord, type TileSet } from './tileSet.ts';
import { entriesOf, isTileFile, stem } from './walkFolder.ts';

/** Bands of a patch, in the order of the published stacks and of the network; B10 is not in Level 2. */
const bands = 'B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12'.split(' ');

const labelFile = /_labels_metadata\.json$/;

/** Whether a folder, or one below it, holds a patch: a folder with its labels. */
export async function hasPatches(root: string, depth = 3): Promise<boolean> {
  const { folders, files } = await entriesOf(root);
  if (files.some((name) => labelFile.test(name))) return true;
  if (depth === 0) return false;
  // Of the many patches of a folder the first few say enough.
  for (const name of folders.slice(0, 4))
    if (await hasPatches(join(root, name), depth - 1)) return true;
  return false;
}

/**
 * BigEarthNet-S2 as published (a folder a patch: a TIFF a band at 10, 20 or 60 m, and the labels), or its patches stacked
 * (twelve bands in a TIFF whose `labels` item names them, apart by `; `). Labels are the 43 of CORINE or the 19 made of them.
 * @throws AppError `not-found`, `bad-labels`
 */
export async function openBigEarthNet(root: string): Promise<TileSet> {
  const published = await publishedClasses('bigearthnet');
  const patches = await findPatches(root, '');
  const radar = patches.filter(({ radar: is }) => is);
  const optical = patches.filter(({ radar: is }) => !is);
  const labelled =
    patches.length === 0 ? await stackedTiles(root) : await patchTiles(root, optical);
  if (labelled.length === 0)
    throw new AppError(
      'not-found',
      `${root} holds no Sentinel-2 patches of BigEarthNet${radar.length === 0 ? '' : `, only ${radar.length} of Sentinel-1`}: neither folders with one TIFF a band and NAME_labels_metadata.json, nor TIFFs with a "labels" item. Give the folder of BigEarthNet-S2.`,
      { path: root },
    );
  const { tiles, without } = mergeLabels(labelled, published);
  const listed = await applyLists(root, tiles);
  return {
    layout: 'bigearthnet',
    root,
    task: 'multilabel',
    classes: published.classes,
    ...listed,
    sentinel2Bands: bands,
    warnings: [
      ...(radar.length === 0 ? [] : [`${radar.length} patches of Sentinel-1 are left out.`]),
      ...(without === 0
        ? []
        : [`${without} patches with none of the 19 classes are left out, as the data set says.`]),
    ],
  };
}

type Patch = { readonly name: string; readonly files: readonly string[]; readonly radar: boolean };
type NamedLabels = Omit<TileRecord, 'labels'> & { readonly words: readonly string[] };

async function findPatches(root: string, prefix: string): Promise<readonly Patch[]> {
  const { folders, files } = await entriesOf(join(root, prefix));
  if (files.some((name) => labelFile.test(name)))
    return [{ name: prefix, files, radar: files.some((name) => /_V[VH]\.tiff?$/i.test(name)) }];
  const patches: Patch[] = [];
  for (const name of folders)
    patches.push(...(await findPatches(root, prefix === '' ? name : `${prefix}/${name}`)));
  return patches;
}

async function patchTiles(
  root: string,
  patches: readonly Patch[],
): Promise<readonly NamedLabels[]> {
  const missing: string[] = [];
  const tiles: NamedLabels[] = [];
  for (const { name, files } of patches) {
    const found = bands.map((band) => files.find((one) => one.endsWith(`_${band}.tif`)));
    for (const [i, file] of found.entries())
      if (file === undefined) missing.push(`${name}/${basename(name)}_${bands[i]!}.tif`);
    const labels = files.find((one) => labelFile.test(one))!;
    tiles.push({
      name,
      files: found.map((file) => join(root, name, file ?? '')),
      words: await labelsIn(join(root, name, labels)),
    });
  }
  if (missing.length > 0)
    throw new AppError(
      'not-found',
      `${missing.length} files of patches are missing: ${someOf(missing)}. Copy or unpack them again.`,
      { missing: missing.slice(0, 20), count: missing.length },
    );
  return tiles;
}

async function labelsIn(path: string): Promise<readonly string[]> {
  try {
    const { labels } = JSON.parse(await readFile(path, 'utf8')) as { labels?: unknown };
    if (Array.isArray(labels) && labels.every((one) => typeof one === 'string')) return labels;
  } catch (error) {
    throw new AppError(
      'corrupt',
      `${path} is no JSON (${(error as Error).message}). Unpack the patch again.`,
      { path },
    );
  }
  throw new AppError('bad-labels', `${path} has no list "labels" of names. Unpack it again.`, {
    path,
  });
}

async function stackedTiles(root: string): Promise<readonly NamedLabels[]> {
  const { files } = await entriesOf(root);
  const tiles: NamedLabels[] = [];
  for (const file of files.filter(isTileFile)) {
    const path = join(root, file);
    const source = await openScene(path);
    const { metadata } = source.description;
    await source.close();
    const text = metadata['labels'];
    if (text === undefined)
      throw new AppError(
        'bad-labels',
        `${path} has no "labels" item in its metadata. Write the names of its labels there, apart by "; ", or use --layout folder with a table of labels.`,
        { path },
      );
    const words = text.split(';').map((word) => word.trim());
    tiles.push({ name: stem(file), files: [path], words: words.filter((word) => word !== '') });
  }
  return tiles;
}

/** @throws AppError `bad-labels` naming labels that neither list has */
function mergeLabels(
  labelled: readonly NamedLabels[],
  { names }: PublishedClasses,
): { readonly tiles: readonly TileRecord[]; readonly without: number } {
  const strange = new Set(labelled.flatMap(({ words }) => words.filter((one) => !names.has(one))));
  if (strange.size > 0)
    throw new AppError(
      'bad-labels',
      `${strange.size} labels are of neither list of BigEarthNet (43 or 19 classes): ${someOf([...strange])}. Correct them, or use --layout folder.`,
      { found: [...strange].slice(0, 20) },
    );
  const tiles = labelled.map(({ words, ...tile }) => ({
    ...tile,
    labels: [...new Set(words.map((word) => names.get(word)!))]
      .filter((index) => index >= 0)
      .sort((a, b) => a - b),
  }));
  const kept = tiles.filter(({ labels }) => labels.length > 0);
  return { tiles: kept, without: tiles.length - kept.length };
}
