import { AppError } from '../../../app/error.ts';
import { wholeWindow } from '../../../app/raster/grid.ts';
import type { Palette } from '../../../app/raster/scene.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import { openScene } from '../../raster/formats.ts';
import type { TaskContext } from '../task.ts';
import { schemeOf } from './maskFolders.ts';
import { someOf, type TileRecord, type TileSet } from './tileSet.ts';

/** Class indices of a tile's pixels; 255 = not labelled. */
export type Mask = {
  readonly width: number;
  readonly height: number;
  readonly labels: Uint8Array;
};

const unlabelled = 255;

/** The label rasters of a set, read once: a byte a pixel. */
export type MaskStore = {
  readonly classes: ClassScheme;
  readonly masks: readonly Mask[];
};

type RawMask = {
  readonly width: number;
  readonly height: number;
  readonly values: Int32Array;
  readonly palette: Palette | undefined;
  readonly names: ReadonlyMap<number, string> | undefined;
};

/**
 * Reads all label rasters: their values must be of the class list, or make it where there is none (0 and 255 are then "no
 * label"; names and colours from the first file that has them).
 * @throws AppError `bad-labels` naming values outside the list, and masks of another size than their tiles' first
 */
export async function readMasks(set: TileSet, context: TaskContext): Promise<MaskStore> {
  const raws: RawMask[] = [];
  for (const [i, tile] of set.tiles.entries()) {
    context.signal.throwIfAborted();
    raws.push(await readRaw(tile, context.signal));
    if (i % 32 === 31)
      context.emit({ kind: 'progress', stage: 'labels', done: i + 1, total: set.tiles.length });
  }
  const { classes, codes } =
    set.codes === undefined ? foundClasses(raws) : { classes: set.classes, codes: set.codes };
  if (classes.length < 2)
    throw new AppError(
      'no-samples',
      `The label rasters of ${set.root} hold ${classes.length === 0 ? 'no class' : 'one class'} (0 and 255 mean "no label"); two are needed. List them in classes.csv with the columns value and name.`,
      { path: set.root },
    );
  const strange = new Map<number, string>();
  const masks = raws.map(({ width, height, values }, i) => {
    const labels = new Uint8Array(values.length).fill(unlabelled);
    for (const [at, value] of values.entries()) {
      const code = codes.get(value);
      if (code === undefined) strange.set(value, set.tiles[i]!.name);
      else if (code >= 0) labels[at] = code;
    }
    return { width, height, labels };
  });
  if (strange.size > 0)
    throw new AppError(
      'bad-labels',
      `The label rasters hold ${strange.size} values that are no class: ${someOf([...strange].map(([value, name]) => `${value} (in ${name})`))}. Known are ${[...codes.keys()].sort((a, b) => a - b).join(', ')}. Correct them or the class list.`,
      { values: [...strange.keys()].slice(0, 50) },
    );
  return { classes, masks };
}

async function readRaw({ mask, name }: TileRecord, signal: AbortSignal): Promise<RawMask> {
  const source = await openScene(mask!);
  try {
    const { grid, palette, classNames, bands } = source.description;
    if (bands.length !== 1)
      throw new AppError(
        'bad-labels',
        `The label raster of ${name} has ${bands.length} bands; one with class numbers is needed. Convert it.`,
        { path: mask },
      );
    const block = await source.read({ window: wholeWindow(grid), signal });
    const values = Int32Array.from(block.bands[0] as ArrayLike<number | bigint>, Number);
    const valid = block.masks[0];
    if (valid !== undefined)
      for (let i = 0; i < values.length; i++) if (valid[i] === 0) values[i] = 255;
    return { width: grid.width, height: grid.height, values, palette, names: classNames };
  } finally {
    await source.close();
  }
}

function foundClasses(raws: readonly RawMask[]): ReturnType<typeof schemeOf> {
  const values = new Set<number>();
  for (const raw of raws) for (const value of raw.values) values.add(value);
  values.delete(0);
  values.delete(255);
  if (values.size > 254)
    throw new AppError(
      'bad-labels',
      `The label rasters hold ${values.size} different values; at most 254 classes are possible. Are they images?`,
      { values: values.size },
    );
  const names = raws.find((raw) => raw.names !== undefined)?.names;
  const palette = raws.find((raw) => raw.palette !== undefined)?.palette;
  return schemeOf(
    [...values]
      .sort((a, b) => a - b)
      .map((value) => {
        const [red, green, blue] = palette?.get(value) ?? [];
        return {
          value,
          name: names?.get(value) ?? String(value),
          ...(blue === undefined ? {} : { color: [red!, green!, blue] as const }),
        };
      }),
  );
}

/** A square of a mask as (side · side) class indices, −1 = not labelled or outside. */
export function cutMask(
  { width, height, labels }: Mask,
  { x, y, side }: { readonly x: number; readonly y: number; readonly side: number },
): Int32Array {
  const cut = new Int32Array(side * side).fill(-1);
  for (let row = Math.max(0, -y); row < Math.min(side, height - y); row++)
    for (let column = Math.max(0, -x); column < Math.min(side, width - x); column++) {
      const label = labels[(y + row) * width + x + column]!;
      if (label !== unlabelled) cut[row * side + column] = label;
    }
  return cut;
}
