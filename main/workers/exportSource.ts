import type { DeskArguments } from '../../app/contract/deskApi.ts';
import { AppError } from '../../app/error.ts';
import type { Grid } from '../../app/raster/grid.ts';
import { classColor } from '../../app/raster/palette.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { Sieve } from '../../app/raster/sieve.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import type { RunManifest } from './manifest.ts';
import type { TaskContext } from './task.ts';

/** Whole rows of a map: class values, 0 where there is none. */
export type RowBand = { readonly y: number; readonly height: number; readonly values: Uint8Array };

/** A class map that is written in another form: its rows after the sieve, as often as wanted, from the top. */
export type ExportedMap = {
  readonly grid: Grid;
  /** Every class that the map holds, with the names and colours that were asked for. */
  readonly classes: ClassScheme;
  bands(): AsyncGenerator<RowBand>;
};

export type ExportRequest = DeskArguments<'export.map'>;

/** Writes a map in one form under a name; gives all files that it wrote. */
export type Exporter = (
  map: ExportedMap & { readonly manifest: RunManifest },
  path: string,
  request: ExportRequest,
  context: TaskContext,
) => Promise<readonly string[]>;

/** Pixels that are held at once. */
const bandPixels = 2 ** 22;

/**
 * Makes a map ready for export: finds its classes and small patches, which takes two passes over it where it is sieved, else one.
 * @throws AppError `bad-labels` where the raster is no class map of values up to 255; of reading
 */
export async function exportedMap(
  source: SceneSource,
  { map, sieve: threshold, classes }: ExportRequest,
  context: TaskContext,
): Promise<ExportedMap> {
  const { grid } = source.description;
  const sieve = threshold > 1 ? new Sieve(grid.width, threshold) : undefined;
  const found = new Uint8Array(256);
  for await (const { values } of readBands(source, map, context, 'reading')) {
    for (const value of values) found[value] = 1;
    sieve?.count(values);
  }
  if (sieve !== undefined) {
    sieve.join();
    for await (const { values } of readBands(source, map, context, 'sieving'))
      sieve.compare(values);
  }
  const passes = { first: true };
  return {
    grid,
    classes: classesOf(source, found, classes ?? []),
    async *bands() {
      if (passes.first) sieve?.resolve();
      else sieve?.again();
      passes.first = false;
      for await (const band of readBands(source, map, context, 'writing')) {
        sieve?.apply(band.values);
        yield band;
      }
    },
  };
}

async function* readBands(
  source: SceneSource,
  map: string,
  context: TaskContext,
  stage: string,
): AsyncGenerator<RowBand> {
  const { grid, block } = source.description;
  const fitting = Math.max(1, Math.floor(bandPixels / grid.width));
  const rows = fitting < block.height ? fitting : fitting - (fitting % block.height);
  for (let y = 0; y < grid.height; y += rows) {
    context.signal.throwIfAborted();
    const height = Math.min(rows, grid.height - y);
    const window = { x: 0, y, width: grid.width, height };
    const read = await source.read({ window, bands: [0], signal: context.signal });
    const [samples, mask] = [read.bands[0]!, read.masks[0]];
    const values = new Uint8Array(samples.length);
    for (let i = 0; i < values.length; i++) {
      if (mask?.[i] === 0) continue;
      const value = Number(samples[i]);
      if (!(value >= 0 && value <= 255 && Number.isInteger(value))) throw noClasses(map, value);
      values[i] = value;
    }
    yield { y, height, values };
    context.emit({ kind: 'progress', stage, done: y + height, total: grid.height });
  }
}

function noClasses(map: string, value: number): AppError {
  return new AppError(
    'bad-labels',
    `${map} holds the value ${value}, so it is no class map: class values are whole numbers up to 255. Choose a class map.`,
    { map },
  );
}

function classesOf(
  { description: { palette, classNames } }: SceneSource,
  found: Uint8Array,
  chosen: NonNullable<ExportRequest['classes']>,
): ClassScheme {
  const byValue = new Map(chosen.map((landClass) => [landClass.value, landClass]));
  const values = [...found.keys()].filter((value) => value > 0 && found[value] === 1);
  return values.map((value) => {
    const own = byValue.get(value);
    const [red, green, blue] = own?.color ?? palette?.get(value) ?? classColor(value - 1);
    return {
      value,
      name: own?.name ?? classNames?.get(value) ?? `Class ${value}`,
      color: [red, green, blue],
    };
  });
}
