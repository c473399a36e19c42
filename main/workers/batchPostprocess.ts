import type { Postprocess } from '../../app/contract/batchRecipe.ts';
import { AppError } from '../../app/error.ts';
import { MajorityFilter } from '../../app/raster/majority.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { Sieve } from '../../app/raster/sieve.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import type { Compression } from '../raster/cog/plan.ts';
import { createCogWriter } from '../raster/cog/writeCog.ts';
import { rowWindows } from './change/thresholdMap.ts';
import { pixelHectares } from './mapAreas.ts';
import { classMapOptions } from './mapWriters.ts';
import type { TaskContext } from './task.ts';

/** Whole rows of class values, from the top. */
type Rows = { readonly y: number; readonly values: Uint8Array };

type Processing = {
  readonly source: SceneSource;
  readonly out: string;
  readonly wanted: Postprocess;
};

type MapContent = {
  readonly classes: ClassScheme;
  readonly metadata: Readonly<Record<string, string>>;
  readonly compression: Compression;
};

export const isWanted = ({ majority, sieve, minimumArea }: Postprocess): boolean =>
  majority !== undefined || sieve !== undefined || minimumArea !== undefined;

/**
 * Writes a class map anew after the majority filter and the sieve, in this order, in passes over its rows.
 * @throws AppError `no-crs` where an area is asked for and the map has none, `unsupported` above class 255
 */
export async function postprocessMap(
  { source, out, wanted }: Processing,
  content: MapContent,
  context: TaskContext,
): Promise<void> {
  const { grid, bands } = source.description;
  const { signal } = context;
  if (bands.length > 1 || bands[0]!.type !== 'uint8')
    throw new AppError(
      'unsupported',
      'Post-processing needs a map of one class a pixel, with values up to 255; the model of this recipe makes another kind. Take "postprocess" out of the recipe.',
    );
  const rows = (): AsyncGenerator<Rows> => majorityRows(source, wanted.majority, signal);
  const sieve = await sieveFor(source, wanted, rows);
  const writer = await createCogWriter(out, {
    grid,
    compression: content.compression,
    metadata: content.metadata,
    signal,
    ...classMapOptions(content.classes),
  });
  try {
    for await (const { y, values } of rows()) {
      sieve?.apply(values);
      const height = values.length / grid.width;
      await writer.write({ window: { x: 0, y, width: grid.width, height }, bands: [values] });
      context.emit({
        kind: 'progress',
        stage: 'writing the map',
        done: y + height,
        total: grid.height,
      });
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function sieveFor(
  { description: { grid } }: SceneSource,
  wanted: Postprocess,
  rows: () => AsyncGenerator<Rows>,
): Promise<Sieve | undefined> {
  const fewest = Math.max(wanted.sieve ?? 0, leastPixels(wanted.minimumArea, pixelHectares(grid)));
  if (fewest < 2) return undefined;
  const sieve = new Sieve(grid.width, fewest);
  for await (const { values } of rows()) sieve.count(values);
  sieve.join();
  for await (const { values } of rows()) sieve.compare(values);
  sieve.resolve();
  return sieve;
}

function leastPixels(hectares: number | undefined, pixel: number | undefined): number {
  if (hectares === undefined) return 0;
  if (pixel !== undefined) return Math.ceil(hectares / pixel - 1e-9);
  throw new AppError(
    'no-crs',
    'The recipe asks for a minimum area in hectares, but the scene names no coordinate system. Give "sieve" in pixels instead.',
  );
}

/** Bands of rows after the majority filter; before it where none is wanted. */
async function* majorityRows(
  source: SceneSource,
  side: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Rows> {
  const { grid } = source.description;
  const filter = side === undefined ? undefined : new MajorityFilter(grid.width, side);
  let next = 0;
  const together = (rows: readonly Uint8Array[]): Rows => {
    const values = new Uint8Array(rows.length * grid.width);
    for (const [i, row] of rows.entries()) values.set(row, i * grid.width);
    const y = next;
    next += rows.length;
    return { y, values };
  };
  for (const window of rowWindows(grid)) {
    signal.throwIfAborted();
    const read = await source.read({ window, bands: [0], signal });
    const values = Uint8Array.from(read.bands[0]! as Uint8Array);
    if (filter === undefined) {
      yield { y: window.y, values };
      continue;
    }
    const done: Uint8Array[] = [];
    for (let at = 0; at < values.length; at += grid.width) {
      const row = filter.push(values.subarray(at, at + grid.width));
      if (row !== undefined) done.push(row);
    }
    if (done.length > 0) yield together(done);
  }
  const rest = filter === undefined ? [] : [...filter.end()];
  if (rest.length > 0) yield together(rest);
}
