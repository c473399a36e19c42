import { type Window, wholeWindow } from '../../../app/raster/grid.ts';
import { Sieve } from '../../../app/raster/sieve.ts';
import { createCogWriter } from '../../raster/cog/writeCog.ts';
import { openScene } from '../../raster/formats.ts';
import { pixelHectares } from '../mapAreas.ts';
import { classMapOptions } from '../mapWriters.ts';
import type { TaskContext } from '../task.ts';
import { SeamMeter } from '../tiles/seamMeter.ts';
import { changeClasses } from './validateChange.ts';

/** Rows that are held at a time. */
const rowsAtATime = 256;

/** Windows of whole rows, from the top. */
export function rowWindows(grid: { readonly width: number; readonly height: number }): Window[] {
  const whole = wholeWindow(grid);
  return Array.from({ length: Math.ceil(grid.height / rowsAtATime) }, (_, i) => ({
    ...whole,
    y: i * rowsAtATime,
    height: Math.min(rowsAtATime, grid.height - i * rowsAtATime),
  }));
}

export type ThresholdOptions = {
  readonly threshold: number;
  /** Hectares, or pixels where the map has no place. */
  readonly minimumArea: number;
  /** Pixels between the joins of the tiles that the probabilities were made of. */
  readonly spacing: number;
  readonly compression: 'deflate' | 'zstd' | 'none';
  readonly metadata: Readonly<Record<string, string>>;
};

export type ThresholdResult = {
  readonly changed: number;
  readonly unchanged: number;
  readonly nodata: number;
  readonly seam: number | undefined;
};

/**
 * Makes the map of changes from the raster of probabilities, row by row: 1 unchanged, 2 changed, 0 no data. Patches below
 * the least area take the value around them.
 */
export async function thresholdMap(
  probability: string,
  out: string,
  options: ThresholdOptions,
  context: TaskContext,
): Promise<ThresholdResult> {
  const { signal } = context;
  const source = await openScene(probability);
  try {
    const { grid } = source.description;
    const windows = rowWindows(grid);
    const hectares = pixelHectares(grid) ?? 1;
    const fewest = Math.ceil(options.minimumArea / hectares - 1e-9);
    const seam = new SeamMeter(options.spacing);
    const rows = async (window: Window, meter?: SeamMeter): Promise<Uint8Array> => {
      signal.throwIfAborted();
      const { bands } = await source.read({ window, bands: [0], signal });
      const values = bands[0]! as Float32Array;
      meter?.add([values], window);
      return Uint8Array.from(values, (value) =>
        Number.isNaN(value) ? 0 : value >= options.threshold ? 2 : 1,
      );
    };
    const sieve = fewest > 1 ? await sieved(grid.width, fewest, windows, rows) : undefined;
    const writer = await createCogWriter(out, {
      grid,
      compression: options.compression,
      metadata: options.metadata,
      signal,
      ...classMapOptions(changeClasses),
    });
    const counts = [0, 0, 0];
    try {
      for (const [i, window] of windows.entries()) {
        const values = await rows(window, seam);
        sieve?.apply(values);
        for (const value of values) counts[value]! += 1;
        await writer.write({ window, bands: [values] });
        context.emit({
          kind: 'progress',
          stage: 'writing the map',
          done: i + 1,
          total: windows.length,
        });
      }
      await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return { nodata: counts[0]!, unchanged: counts[1]!, changed: counts[2]!, seam: seam.ratio() };
  } finally {
    await source.close();
  }
}

/** A sieve that has seen the map and is ready for its last pass. */
async function sieved(
  width: number,
  fewest: number,
  windows: readonly Window[],
  rows: (window: Window) => Promise<Uint8Array>,
): Promise<Sieve> {
  const sieve = new Sieve(width, fewest);
  for (const window of windows) sieve.count(await rows(window));
  sieve.join();
  for (const window of windows) sieve.compare(await rows(window));
  sieve.resolve();
  return sieve;
}
