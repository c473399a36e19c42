import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../../../app/error.ts';
import { colorsFor } from '../../../app/raster/palette.ts';
import { readColor } from '../../../app/vector/classScheme.ts';
import type { ClassScheme, LandClass } from '../../../app/vector/roi.ts';
import { tableRows } from '../../vector/csv.ts';
import { publishedClasses } from './publishedClasses.ts';
import { applyLists, partOf } from './splitLists.ts';
import { someOf, type TileRecord, type TileSet } from './tileSet.ts';
import { entriesOf, stem, tilesBelow } from './walkFolder.ts';

const imageFolder = /^(images?|img|imgs|img_dir)$/i;
const maskFolder = /^(labels?|masks?|ann_dir|annotations?|gt)$/i;

/** Bands of SegMunich's tiles; the two channels of means that the released code adds are no bands. */
const segMunichBands = 'B02 B03 B04 B05 B06 B07 B08 B8A B11 B12'.split(' ');

/** The folder of tiles and the folder of label rasters. */
export async function findMaskFolders(
  root: string,
): Promise<{ readonly images: string; readonly masks: string } | undefined> {
  const { folders } = await entriesOf(root);
  const images = folders.find((name) => imageFolder.test(name));
  const masks = folders.find((name) => maskFolder.test(name));
  if (images === undefined || masks === undefined) return undefined;
  return { images: join(root, images), masks: join(root, masks) };
}

/**
 * Tiles with a label raster each: `images/` and `labels/` (or `img_dir/` and `ann_dir/`), paired by path without extension,
 * perhaps with `train`, `val` and `test` inside. Classes from `classes.csv` (value, name, colour) where there is one.
 * @throws AppError `not-found`
 */
export async function openMaskFolders(
  root: string,
  layout: 'folder' | 'segmunich',
): Promise<TileSet> {
  const folders = await findMaskFolders(root);
  if (folders === undefined)
    throw new AppError(
      'not-found',
      `${root} has no folder of tiles beside a folder of label rasters. Name them images and labels, or img_dir and ann_dir.`,
      { path: root },
    );
  const listed = await applyLists(root, await pairs(folders));
  const fixed = listed.tiles.some(({ part }) => part !== undefined);
  const tiles = fixed
    ? listed.tiles
    : listed.tiles.map((tile) => {
        const part = partOf(tile.name.split('/')[0]!);
        return part === undefined ? tile : { ...tile, part };
      });
  const known = layout === 'segmunich' ? await segMunich() : await listedClasses(root);
  return {
    layout,
    root,
    task: 'segmentation',
    ...known,
    tiles,
    tables: listed.tables,
    ...(layout === 'segmunich' ? { sentinel2Bands: segMunichBands } : {}),
    warnings: [],
  };
}

async function pairs(folders: {
  readonly images: string;
  readonly masks: string;
}): Promise<readonly TileRecord[]> {
  const masks = new Map((await tilesBelow(folders.masks)).map((name) => [pairName(name), name]));
  const missing: string[] = [];
  const tiles: TileRecord[] = [];
  for (const name of await tilesBelow(folders.images)) {
    const mask = masks.get(pairName(name));
    if (mask === undefined) missing.push(name);
    else
      tiles.push({
        name: stem(name),
        files: [join(folders.images, name)],
        labels: [],
        mask: join(folders.masks, mask),
      });
  }
  if (missing.length > 0)
    throw new AppError(
      'not-found',
      `${missing.length} tiles have no label raster of the same name in ${folders.masks}: ${someOf(missing)}. Add them, or take the tiles away.`,
      { missing: missing.slice(0, 20), count: missing.length },
    );
  if (tiles.length === 0)
    throw new AppError(
      'not-found',
      `${folders.images} holds no tiles: no GeoTIFF, JPEG 2000 or PNG. Choose the folder that holds them.`,
      { path: folders.images },
    );
  return tiles;
}

/** Some pairs differ by a word at the end: `a_image.tif` and `a_label.tif`. */
const pairName = (name: string): string =>
  stem(name).replace(/_(image|img|label|labels|mask|gt)$/i, '');

async function segMunich(): Promise<Pick<TileSet, 'classes' | 'codes'>> {
  const { classes, codes } = await publishedClasses('segmunich');
  return { classes, codes: new Map([[255, -1], ...codes]) };
}

/** Classes of `classes.csv`; none where the label rasters are to say. */
async function listedClasses(root: string): Promise<Pick<TileSet, 'classes' | 'codes'>> {
  const path = join(root, 'classes.csv');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { classes: [] };
  const [header = [], ...rows] = tableRows(text.replace(/^\uFEFF/, ''), path);
  const column = (pattern: RegExp): number => header.findIndex((name) => pattern.test(name.trim()));
  const [value, name, color] = [
    column(/^(value|code|id)$/i),
    column(/^(name|class|label)$/i),
    column(/^colou?r$/i),
  ];
  const values = rows.map((row) => Number(row[value]?.trim() || Number.NaN));
  if (name < 0 || rows.length < 2 || values.some((one) => !Number.isInteger(one)))
    throw new AppError(
      'bad-labels',
      `${path} is no class list. It needs the columns value (whole numbers) and name, and at least two rows; color may follow.`,
      { path },
    );
  return schemeOf(
    rows.map((row, i) => {
      const given = readColor(row[color] ?? '');
      return {
        value: values[i]!,
        name: row[name]!.trim(),
        ...(given === undefined ? {} : { color: given }),
      };
    }),
  );
}

/**
 * Classes from the values of label rasters. Values from 1 to 255 stay what they are; with others (a class 0, codes above
 * 255) classes are numbered from 1 in their order. 0 and 255 mean "no label" where they are not listed.
 */
export function schemeOf(
  rows: readonly {
    readonly value: number;
    readonly name: string;
    readonly color?: LandClass['color'];
  }[],
): { readonly classes: ClassScheme; readonly codes: ReadonlyMap<number, number> } {
  const keep = rows.every(({ value }) => value >= 1 && value <= 255);
  const colors = colorsFor(rows.map(({ name }) => name));
  const unlabelled = [0, 255].map((value) => [value, -1] as const);
  return {
    classes: rows.map(({ value, name, color }, i) => ({
      value: keep ? value : i + 1,
      name,
      color: color ?? colors[i]!,
    })),
    codes: new Map([...unlabelled, ...rows.map(({ value }, i) => [value, i] as const)]),
  };
}

/** Whether the name of a folder says that it is SegMunich's. */
export const namesSegMunich = (root: string): boolean => /segmunich|tum_?128/i.test(basename(root));
