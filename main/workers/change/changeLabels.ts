import { AppError } from '../../../app/error.ts';
import type { Grid, Window } from '../../../app/raster/grid.ts';
import { clip } from '../../../app/raster/grid.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { scanWindows } from '../../../app/raster/tiling.ts';
import { type PlacedRoi, placeRois } from '../../../app/vector/placeRois.ts';
import { fillShape } from '../../../app/vector/rasterise.ts';
import type { RoiSet } from '../../../app/vector/roi.ts';
import { openScene } from '../../raster/formats.ts';
import { createTransform } from '../../vector/crs.ts';
import { readAreas, readRois } from '../../vector/readRois.ts';
import { gridTransform, resampledScene } from '../alignment/resampledScene.ts';
import { isLabelRaster } from '../classReader.ts';

/** What a pixel is: the index of its class, or no label. */
export const changeValues = { unchanged: 0, changed: 1, unlabelled: 255 } as const;

/** Where change is known, over the grid of a pair. */
export type ChangeLabels = {
  /** One of `changeValues` a pixel, row by row; outside the grid nothing is labelled. */
  read(window: Window): Promise<Uint8Array>;
  close(): Promise<void>;
};

export type ChangeLabelOptions = {
  readonly classField?: string | undefined;
  readonly layer?: string | undefined;
  /** Names or values that mean change; where empty, names that say "no change" mean none and all others do. */
  readonly changed: readonly string[];
  /**
   * What unlabelled pixels are. `auto`: of a file that has both kinds, unknown; of polygons that all are change, everything
   * else is unchanged.
   */
  readonly unlabelled: 'auto' | 'unchanged' | 'ignore';
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
};

const unchangedName =
  /^(no|not|non|un)[\s_-]*chang(e|ed)?$|^(stable|same|persistent|no|false|0|none)$/i;

/**
 * Opens change polygons (GeoJSON, GeoPackage, Shapefile) or a change raster over a grid.
 * @throws AppError `bad-labels` values that are not known to be change or none, `no-crs`, `no-overlap`
 */
export async function openChangeLabels(
  path: string,
  grid: Grid,
  options: ChangeLabelOptions,
): Promise<ChangeLabels> {
  const labels = (await isLabelRaster(path))
    ? await rasterLabels(path, grid, options)
    : await polygonLabels(path, grid, options);
  return {
    ...labels,
    // What lies outside the grid has no label, whatever the file says of the rest.
    read: async (window) => {
      const inside = clip(window, grid);
      if (inside?.width === window.width && inside.height === window.height)
        return await labels.read(window);
      const values = new Uint8Array(window.width * window.height).fill(changeValues.unlabelled);
      if (inside === undefined) return values;
      const known = await labels.read(inside);
      for (let row = 0; row < inside.height; row++)
        values.set(
          known.subarray(row * inside.width, (row + 1) * inside.width),
          (inside.y - window.y + row) * window.width + inside.x - window.x,
        );
      return values;
    },
  };
}

async function polygonLabels(
  path: string,
  grid: Grid,
  options: ChangeLabelOptions,
): Promise<ChangeLabels> {
  const { changed, warn } = options;
  const set = await polygonsOf(path, options);
  const isChange = new Map(
    set.classes.map(({ value, name }) => [
      value,
      changed.length === 0 ? !unchangedName.test(name.trim()) : named(changed, name, value),
    ]),
  );
  warnUnknown(changed, set.classes, path, warn);
  const placed = placeRois(set, grid, createTransform);
  for (const warning of placed.warnings) warn(warning);
  const shapes = placed.rois.filter(({ position }) => position !== 'outside');
  const of = ({ classIndex }: PlacedRoi): boolean =>
    isChange.get(set.classes[classIndex]!.value) ?? true;
  const both = [...isChange.values()].includes(false);
  const rest =
    options.unlabelled === 'unchanged' || (options.unlabelled === 'auto' && !both)
      ? changeValues.unchanged
      : changeValues.unlabelled;
  return {
    read: (window) => {
      const values = new Uint8Array(window.width * window.height).fill(rest);
      // Change last: where polygons of both kinds meet, somebody saw change.
      for (const change of [false, true])
        for (const roi of shapes)
          if (of(roi) === change)
            fillShape(roi.shape, window, (row, from, to) => {
              const start = (row - window.y) * window.width - window.x;
              values.fill(
                change ? changeValues.changed : changeValues.unchanged,
                start + from,
                start + to,
              );
            });
      return Promise.resolve(values);
    },
    close: () => Promise.resolve(),
  };
}

/** Polygons with their classes; a file without any field of classes is one of change. */
async function polygonsOf(
  path: string,
  { classField, layer, warn }: ChangeLabelOptions,
): Promise<RoiSet> {
  const choice = layer === undefined ? {} : { layer };
  try {
    return await readRois(path, { ...choice, ...(classField === undefined ? {} : { classField }) });
  } catch (error) {
    if (classField !== undefined || !(error instanceof AppError) || error.code !== 'bad-labels')
      throw error;
    const areas = await readAreas(path, choice);
    warn(`${path} has no field of classes: every polygon is taken to be change.`);
    return areas;
  }
}

const named = (list: readonly string[], name: string, value: number): boolean =>
  list.some((one) => one.toLowerCase() === name.trim().toLowerCase() || one === String(value));

function warnUnknown(
  changed: readonly string[],
  classes: readonly { readonly name: string; readonly value: number }[],
  path: string,
  warn: (message: string) => void,
): void {
  for (const one of changed)
    if (!classes.some(({ name, value }) => named([one], name, value)))
      warn(
        `${path} has no class "${one}". It has: ${classes.map(({ name }) => name).join(', ') || 'none'}.`,
      );
}

async function rasterLabels(
  path: string,
  grid: Grid,
  options: ChangeLabelOptions,
): Promise<ChangeLabels> {
  const source = onGrid(await openScene(path), grid);
  try {
    const values = await distinctValues(source, options.signal);
    const meaning = meaningOf(values, source, options);
    const rest =
      options.unlabelled === 'unchanged' ? changeValues.unchanged : changeValues.unlabelled;
    return {
      read: async (window) => {
        const { bands, masks } = await source.read({ window, bands: [0] });
        return Uint8Array.from(bands[0]! as Uint8Array, (value, i) =>
          masks[0]?.[i] === 0 ? rest : (meaning.get(Number(value)) ?? rest),
        );
      },
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Labels without a place of their own are those of the first date's pixels where the sizes agree. */
function onGrid(source: SceneSource, grid: Grid): SceneSource {
  const own = source.description.grid;
  const sameSize = own.width === grid.width && own.height === grid.height;
  if (own.transform === undefined && sameSize) return source;
  const locate = gridTransform(grid, own, source.description.uri);
  const [[left, top], [right, bottom]] = [locate(0, 0), locate(grid.width, grid.height)];
  const off = Math.hypot(left, top) + Math.hypot(right - own.width, bottom - own.height);
  return sameSize && off < 1e-3 ? source : resampledScene(source, grid, 'nearest');
}

/** Most values that labels of change are told apart by. */
const mostValues = 256;

async function distinctValues(source: SceneSource, signal: AbortSignal): Promise<Set<number>> {
  const { grid, block, uri } = source.description;
  const values = new Set<number>();
  for (const window of scanWindows({ x: 0, y: 0, ...grid }, block)) {
    signal.throwIfAborted();
    const { bands, masks } = await source.read({ window, bands: [0], signal });
    let last = Number.NaN;
    for (const [i, sample] of (bands[0]! as Uint8Array).entries()) {
      const value = Number(sample);
      if (value === last || masks[0]?.[i] === 0) continue;
      last = value;
      values.add(value);
    }
    if (values.size > mostValues)
      throw new AppError(
        'bad-labels',
        `${uri} has more than ${mostValues} different values: it is no raster of changes. Give one of changed and unchanged pixels, or polygons.`,
        { uri },
      );
  }
  return values;
}

/** Sets of values without names whose meaning is clear: 0 or 1, a mask of 255, and the 1 or 2 of OSCD. */
const clear: readonly (readonly [unchanged: number, changed: number])[] = [
  [0, 1],
  [0, 255],
  [1, 2],
];

/** What each value means. @throws AppError `bad-labels` where that is not known */
function meaningOf(
  values: ReadonlySet<number>,
  { description: { uri, classNames } }: SceneSource,
  { changed, warn }: ChangeLabelOptions,
): ReadonlyMap<number, number> {
  const { changed: yes, unchanged: no } = changeValues;
  const nameOf = (value: number): string => classNames?.get(value) ?? String(value);
  const list = [...values].sort((a, b) => a - b);
  if (changed.length > 0) {
    const classes = list.map((value) => ({ value, name: nameOf(value) }));
    warnUnknown(changed, classes, uri, warn);
    return new Map(
      classes.map(({ value, name }) => [value, named(changed, name, value) ? yes : no]),
    );
  }
  const unnamed = list.filter((value) => classNames?.has(value) !== true);
  if (classNames !== undefined && unnamed.length === 0)
    return new Map(list.map((value) => [value, unchangedName.test(nameOf(value)) ? no : yes]));
  // 255 beside 0 and 1 is the usual "unknown".
  const known = list.includes(0) && list.includes(1) ? list.filter((value) => value !== 255) : list;
  for (const [unchanged, change] of clear)
    if (known.every((value) => value === unchanged || value === change))
      return new Map([
        [unchanged, no],
        [change, yes],
      ]);
  throw new AppError(
    'bad-labels',
    `${uri} has the values ${list.slice(0, 12).join(', ')}${list.length > 12 ? ' …' : ''}, of which ${classNames === undefined ? 'none has a name' : `${unnamed.slice(0, 12).join(', ')} has no name`}. Labels of change are 0 and 1, 0 and 255, or 1 and 2 (unchanged, changed); or say with --changed which values mean change.`,
    { uri, values: list },
  );
}
