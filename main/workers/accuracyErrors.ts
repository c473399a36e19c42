import type { DeskArguments, DeskOutput } from '../../app/contract/deskApi.ts';
import { AppError } from '../../app/error.ts';
import { wholeWindow } from '../../app/raster/grid.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { createCogWriter } from '../raster/cog/writeCog.ts';
import { openClassReader } from './classReader.ts';
import { commonClasses, openMap, renumber } from './evaluate.ts';
import type { TaskContext } from './task.ts';

const agrees = 1;
const differs = 2;

/** 0 where one of both has no class. */
function agreement(mapped: number, truth: number): number {
  if (mapped === 0 || truth === 0) return 0;
  return mapped === truth ? agrees : differs;
}

/** Writes where a map agrees with a reference, as a COG. @throws AppError as `evaluate`; `not-writable`, `disk-full` */
export async function accuracyErrors(
  input: DeskArguments<'accuracy.errors'>,
  context: TaskContext,
): Promise<DeskOutput<'accuracy.errors'>> {
  const { signal } = context;
  const map = await openMap(input.map, signal);
  const { classField } = input;
  const reference = await openClassReader(input.reference, map.grid, { classField, signal });
  try {
    const classes = commonClasses(map.reader.classes, reference.classes, input, []);
    const writer = await createCogWriter(input.out, {
      grid: map.grid,
      bands: [{ name: 'agreement', type: 'uint8', nodata: 0 }],
      classNames: new Map([
        [agrees, 'agrees'],
        [differs, 'differs'],
      ]),
      // told apart by colour-blind eyes and in grey
      palette: new Map([
        [0, [0, 0, 0, 0]],
        [agrees, [222, 235, 247, 255]],
        [differs, [179, 0, 30, 255]],
      ]),
      signal,
    });
    const counts = [0, 0, 0];
    try {
      const windows = scanWindows(wholeWindow(map.grid), { width: 512, height: 512 });
      for (const [done, window] of windows.entries()) {
        signal.throwIfAborted();
        const mapped = renumber(await map.reader.read(window), classes.ofMap);
        const truth = renumber(await reference.read(window), classes.ofReference);
        const result = Uint8Array.from(mapped, (value, i) => agreement(value, truth[i]!));
        for (const value of result) counts[value]! += 1;
        await writer.write({ window, bands: [result] });
        context.emit({
          kind: 'progress',
          stage: 'comparing',
          done: done + 1,
          total: windows.length,
        });
      }
      if (counts[agrees] === 0 && counts[differs] === 0)
        throw new AppError(
          'no-overlap',
          `No pixel of ${input.map} has both a class and a reference of ${input.reference}. Check that both show the same place.`,
        );
      await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return { raster: input.out, agrees: counts[agrees]!, differs: counts[differs]! };
  } finally {
    await Promise.all([map.reader.close(), reference.close()]);
  }
}
