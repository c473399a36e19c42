import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import {
  accuracyFigures,
  addToConfusion,
  type Confusion,
  confusionRows,
  createConfusion,
} from '../../app/learn/metrics.ts';
import { areaAdjusted } from '../../app/learn/metricsArea.ts';
import { wholeWindow } from '../../app/raster/grid.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { openScene } from '../raster/formats.ts';
import { type ClassReader, openClassReader } from './classReader.ts';
import { defined } from './defined.ts';
import { pixelHectares } from './mapAreas.ts';
import type { TaskContext } from './task.ts';

/** What the report needs beyond the result of the call. */
export type Evaluation = Omit<Output<'evaluate'>, 'report'> & {
  readonly classes: ClassScheme;
  /** Pixels of each class in the whole map. */
  readonly mapped: readonly number[];
  readonly unmapped: number;
};

/** Compares a class map with reference, pixel by pixel. */
export async function evaluate(
  input: Input<'evaluate'>,
  context: TaskContext,
): Promise<Evaluation> {
  const { signal } = context;
  const map = await openMap(input.map, signal);
  const reference = await openClassReader(input.reference, map.grid, { ...input, signal });
  const exclude =
    input.exclude === undefined
      ? undefined
      : await openClassReader(input.exclude, map.grid, { signal });
  const warnings = [...reference.warnings];
  try {
    const classes = commonClasses(map.reader.classes, reference.classes, input, warnings);
    const counted = await countPixels({ map, reference, exclude, classes }, context);
    if (counted.confusion.counts.every((count) => count === 0)) {
      throw new AppError(
        'no-overlap',
        `No pixel of ${input.map} has both a class and a reference of ${input.reference}. Check that both show the same place and that the reference was not all left out.`,
      );
    }
    warnings.forEach((message) => context.emit({ kind: 'warning', message }));
    return present(counted, classes.scheme, map.hectares, warnings);
  } finally {
    await Promise.all([map.reader.close(), reference.close(), exclude?.close()]);
  }
}

type OpenMap = {
  readonly grid: Parameters<typeof openClassReader>[1];
  readonly block: { readonly width: number; readonly height: number };
  readonly reader: ClassReader;
  readonly hectares: number | undefined;
};

/** A class map and what reads its classes. */
export async function openMap(path: string, signal: AbortSignal): Promise<OpenMap> {
  const source = await openScene(path);
  const { grid, block } = source.description;
  await source.close();
  return {
    grid,
    block,
    reader: await openClassReader(path, grid, { signal }),
    hectares: pixelHectares(grid),
  };
}

/** One numbering for both sides: by name where they share names, else by value. */
type CommonClasses = {
  readonly scheme: ClassScheme;
  readonly ofMap: ReadonlyMap<number, number>;
  readonly ofReference: ReadonlyMap<number, number>;
};

/** @throws AppError `bad-labels` where both have no class in common */
export function commonClasses(
  map: ClassScheme,
  reference: ClassScheme,
  input: { readonly map: string; readonly reference: string },
  warnings: string[],
): CommonClasses {
  const key = (name: string): string => name.trim().toLowerCase();
  const names = new Set(map.map((landClass) => key(landClass.name)));
  const shared = reference.some((landClass) => names.has(key(landClass.name)));
  const sameValues = reference.some((landClass) =>
    map.some((other) => other.value === landClass.value),
  );
  if (!shared && !sameValues) {
    const list = (scheme: ClassScheme): string =>
      scheme.map((landClass) => landClass.name).join(', ') || 'none';
    throw new AppError(
      'bad-labels',
      `The map and the reference have no class in common. ${input.map} has: ${list(map)}; ${input.reference} has: ${list(reference)}. Name the field of the class with --class-field.`,
    );
  }
  const scheme = [...map];
  const ofMap = new Map(map.map((landClass, index) => [landClass.value, index + 1]));
  const ofReference = new Map<number, number>();
  for (const landClass of reference) {
    let index = scheme.findIndex((other) =>
      shared ? key(other.name) === key(landClass.name) : other.value === landClass.value,
    );
    if (index < 0) {
      index = scheme.push(landClass) - 1;
      warnings.push(
        `The map has no class "${landClass.name}"; its reference pixels count as errors.`,
      );
    }
    ofReference.set(landClass.value, index + 1);
  }
  if (!shared)
    warnings.push(
      'The classes of map and reference were matched by their numbers, since they share no name.',
    );
  return { scheme, ofMap, ofReference };
}

type Counted = {
  readonly confusion: Confusion;
  readonly mapped: Float64Array;
  readonly unmapped: number;
  readonly excluded: number;
};

type CountTask = {
  readonly map: OpenMap;
  readonly reference: ClassReader;
  readonly exclude: ClassReader | undefined;
  readonly classes: CommonClasses;
};

async function countPixels(
  { map, reference, exclude, classes }: CountTask,
  context: TaskContext,
): Promise<Counted> {
  const confusion = createConfusion(classes.scheme.length);
  const mapped = new Float64Array(classes.scheme.length + 1);
  let excluded = 0;
  const windows = scanWindows(wholeWindow(map.grid), map.block);
  for (const [index, window] of windows.entries()) {
    context.signal.throwIfAborted();
    const mapValues = renumber(await map.reader.read(window), classes.ofMap);
    const referenceValues = renumber(await reference.read(window), classes.ofReference);
    for (const value of mapValues) mapped[value]! += 1;
    const left = exclude === undefined ? undefined : await exclude.read(window);
    for (let i = 0; left !== undefined && i < left.length; i++) {
      if (left[i] === 0 || referenceValues[i] === 0) continue;
      referenceValues[i] = 0;
      excluded += 1;
    }
    addToConfusion(confusion, referenceValues, mapValues);
    context.emit({ kind: 'progress', stage: 'comparing', done: index + 1, total: windows.length });
  }
  return { confusion, mapped: mapped.slice(1), unmapped: mapped[0]!, excluded };
}

/** Values in the common numbering, in place; 0 where a value is no class. */
export function renumber(values: Int32Array, numbers: ReadonlyMap<number, number>): Int32Array {
  let from = 0;
  let to = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== from) {
      from = value;
      to = numbers.get(value) ?? 0;
    }
    values[i] = to;
  }
  return values;
}

function present(
  counted: Counted,
  classes: ClassScheme,
  hectares: number | undefined,
  warnings: string[],
): Evaluation {
  const figures = accuracyFigures(counted.confusion);
  const names = classes.map((landClass) => landClass.name);
  if (figures.unmapped > 0)
    warnings.push(
      `${figures.unmapped} reference pixels lie where the map has no class; they are in none of the figures.`,
    );
  const adjusted =
    hectares === undefined
      ? undefined
      : areaAdjusted(
          counted.confusion,
          [...counted.mapped].map((pixels) => pixels * hectares),
        );
  return {
    confusion: {
      classes: names,
      rows: 'reference',
      columns: 'map',
      matrix: confusionRows(counted.confusion).map((row) => [...row]),
    },
    ...defined({
      oa: figures.oa,
      aa: figures.aa,
      kappa: figures.kappa,
      miou: figures.miou,
      f1: figures.f1,
    }),
    perClass: figures.perClass.map(({ producers, users, f1, iou, support }, index) => ({
      name: names[index]!,
      support,
      ...defined({ producers, users, f1, iou }),
    })),
    ...(adjusted === undefined || adjusted.perClass.some(({ area }) => area.margin === undefined)
      ? {}
      : {
          areaAdjusted: adjusted.perClass.map(({ area }, index) => ({
            class: names[index]!,
            hectares: area.value,
            confidence95: area.margin!,
          })),
        }),
    excludedPixels: counted.excluded,
    warnings,
    classes,
    mapped: [...counted.mapped],
    unmapped: counted.unmapped,
  };
}
