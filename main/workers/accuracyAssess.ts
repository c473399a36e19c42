import type { DeskArguments, DeskOutput } from '../../app/contract/deskApi.ts';
import { AppError } from '../../app/error.ts';
import { accuracyFigures, confusionOf } from '../../app/learn/metrics.ts';
import type { AreaAdjusted } from '../../app/learn/metricsArea.ts';
import { toMap } from '../../app/raster/geoTransform.ts';
import { type Grid, wholeWindow } from '../../app/raster/grid.ts';
import { classColor } from '../../app/raster/palette.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { toPixelTransform } from '../../app/raster/tileGrid.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { openScene } from '../raster/formats.ts';
import { createTransform } from '../vector/crs.ts';
import { adjustedOf, areaRows, estimate, inHectares } from './accuracyEstimates.ts';
import { defined } from './defined.ts';
import type { Evaluation } from './evaluate.ts';
import { pixelHectares } from './mapAreas.ts';
import type { TaskContext } from './task.ts';

type Assessment = DeskArguments<'accuracy.assess'>;

/** What the report needs beyond the answer to the window. */
export type PointAssessment = {
  readonly output: Omit<DeskOutput<'accuracy.assess'>, 'report'>;
  readonly evaluation: Evaluation;
  /** Estimates in hectares, where the map has a unit of length. */
  readonly estimates: AreaAdjusted | undefined;
};

const mostClasses = 255;

/** Measures a map at labelled points. @throws AppError `no-overlap` where no point has a class on the map */
export async function accuracyAssess(
  input: Assessment,
  context: TaskContext,
): Promise<PointAssessment> {
  const source = await openScene(input.map);
  try {
    const counts = await countValues(source, context);
    const values = await valuesAt(source, input, context.signal);
    const warnings: string[] = [];
    if (counts.size > mostClasses)
      throw new AppError(
        'bad-labels',
        `${input.map} is no class map: it holds more than ${mostClasses} values. Choose a class map.`,
      );
    const classes = classesOf(source, input, [...counts.keys()]);
    const index = new Map(classes.map(({ value }, i) => [value, i]));
    const points = input.points.flatMap((point, i) =>
      index.has(values[i]!) ? [{ ...point, map: values[i]! }] : [],
    );
    if (points.length === 0)
      throw new AppError(
        'no-overlap',
        `None of the ${input.points.length} points lies on a class of ${input.map}. Choose the map that they belong to.`,
      );
    warnings.push(...lostPoints(input.points.length - points.length));
    const confusion = emptyMatrix(classes.length);
    for (const { map, label } of points) confusion[index.get(label)!]![index.get(map)!]! += 1;
    const mapped = classes.map(({ value }) => counts.get(value) ?? 0);
    const estimated = estimate({ input, points, classes, mapped }, warnings);
    const hectares = pixelHectares(source.description.grid);
    const total = source.description.grid.width * source.description.grid.height;
    const evaluation: Evaluation = {
      ...figuresOf(confusion, classes),
      excludedPixels: 0,
      warnings,
      classes,
      mapped,
      unmapped: total - mapped.reduce((sum, pixels) => sum + pixels, 0),
      ...areaRows(estimated, classes, hectares),
    };
    const { classes: _, mapped: __, unmapped: ___, ...figures } = evaluation;
    const adjusted = adjustedOf(estimated, classes, hectares);
    return {
      evaluation,
      estimates:
        estimated === undefined || hectares === undefined
          ? undefined
          : inHectares(estimated, hectares),
      output: {
        ...figures,
        ...(adjusted === undefined ? {} : { adjusted }),
        disagreements: points
          .filter(({ map, label }) => map !== label)
          .map(({ id, x, y, map, label }) => ({ id, x, y, map, label })),
      },
    };
  } finally {
    await source.close();
  }
}

function lostPoints(lost: number): readonly string[] {
  if (lost === 0) return [];
  const [points, are] = lost === 1 ? ['1 point lies', 'it is'] : [`${lost} points lie`, 'they are'];
  return [`${points} where the map has no class; ${are} in none of the figures.`];
}

/** Pixels of each class value of the map; 0 and nodata are no class. */
async function countValues(
  source: SceneSource,
  context: TaskContext,
): Promise<ReadonlyMap<number, number>> {
  const { grid, block } = source.description;
  const counts = new Map<number, number>();
  const windows = scanWindows(wholeWindow(grid), block);
  for (const [done, window] of windows.entries()) {
    context.signal.throwIfAborted();
    const read = await source.read({ window, bands: [0], signal: context.signal });
    const [values, mask] = [read.bands[0]!, read.masks[0]];
    let [last, run] = [0, 0];
    const flush = (): void => {
      if (last !== 0) counts.set(last, (counts.get(last) ?? 0) + run);
    };
    for (let i = 0; i < values.length; i++) {
      const value = mask?.[i] === 0 ? 0 : Number(values[i]);
      if (value === last) run += 1;
      else {
        flush();
        [last, run] = [value, 1];
      }
    }
    flush();
    context.emit({ kind: 'progress', stage: 'counting', done: done + 1, total: windows.length });
  }
  return counts;
}

/** The map's value at each point; 0 where it has none. Points are visited block by block, so that each is decoded once. */
async function valuesAt(
  source: SceneSource,
  { points, crs }: Assessment,
  signal: AbortSignal,
): Promise<Float64Array> {
  const { grid, block } = source.description;
  const place = placer(grid, crs);
  const pixels = points.map(({ x, y }, index) => {
    const [column, row] = place(x, y).map(Math.floor) as [number, number];
    return { index, column, row };
  });
  const blockOf = ({ column, row }: { column: number; row: number }): number =>
    Math.floor(row / block.height) * 2 ** 24 + Math.floor(column / block.width);
  const values = new Float64Array(points.length);
  for (const { index, column, row } of pixels.sort((a, b) => blockOf(a) - blockOf(b))) {
    if (!(column >= 0 && row >= 0 && column < grid.width && row < grid.height)) continue;
    const window = { x: column, y: row, width: 1, height: 1 };
    const read = await source.read({ window, bands: [0], signal });
    values[index] = read.masks[0]?.[0] === 0 ? 0 : Number(read.bands[0]![0]);
  }
  return values;
}

function placer(grid: Grid, crs: string | undefined) {
  const toPixel = toPixelTransform(grid);
  if (toPixel === undefined)
    throw new AppError('corrupt', 'The map has a georeference without area (pixel size 0).');
  const change =
    crs === undefined || grid.crs === undefined || grid.transform === undefined
      ? undefined
      : createTransform(crs, grid.crs);
  return (x: number, y: number): readonly [number, number] => {
    const [mapX, mapY] = change === undefined ? [x, y] : change(x, y);
    return toMap(toPixel, mapX, mapY);
  };
}

/** The classes of the project, then those that the map or the labels have beside them. */
function classesOf(source: SceneSource, input: Assessment, mapped: readonly number[]): ClassScheme {
  const { palette, classNames } = source.description;
  const names = new Map(input.classes.map(({ value, name }) => [value, name]));
  const found = [...mapped, ...input.points.map(({ label }) => label)];
  const others = [...new Set(found)].filter((value) => !names.has(value)).sort((a, b) => a - b);
  for (const value of others) names.set(value, classNames?.get(value) ?? `Class ${value}`);
  return [...names].map(([value, name]) => {
    const [red, green, blue] = palette?.get(value) ?? classColor(Math.max(0, value - 1));
    return { value, name, color: [red, green, blue] };
  });
}

const emptyMatrix = (size: number): number[][] =>
  Array.from({ length: size }, () => Array.from({ length: size }, () => 0));

function figuresOf(
  matrix: number[][],
  classes: ClassScheme,
): Pick<Evaluation, 'confusion' | 'oa' | 'aa' | 'kappa' | 'miou' | 'f1' | 'perClass'> {
  const names = classes.map(({ name }) => name);
  const { oa, aa, kappa, miou, f1, perClass } = accuracyFigures(confusionOf(matrix));
  return {
    confusion: { classes: names, rows: 'reference', columns: 'map', matrix },
    ...defined({ oa, aa, kappa, miou, f1 }),
    perClass: perClass.map(({ support, ...figures }, k) => ({
      name: names[k]!,
      support,
      ...defined({
        producers: figures.producers,
        users: figures.users,
        f1: figures.f1,
        iou: figures.iou,
      }),
    })),
  };
}
