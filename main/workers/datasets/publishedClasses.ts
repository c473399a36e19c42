import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../app/error.ts';
import type { ClassScheme, LandClass } from '../../../app/vector/roi.ts';

const folder = join(import.meta.dirname, '../../../resources/classes');

type ClassRow = LandClass & { readonly code?: number; readonly from?: readonly string[] };

/** The class list of a published data set. */
export type PublishedClasses = {
  readonly classes: ClassScheme;
  /** Index of a class by its value in label files. */
  readonly codes: ReadonlyMap<number, number>;
  /** Index of a class by any name that the labels use for it; −1 for names that belong to none. */
  readonly names: ReadonlyMap<string, number>;
};

/** Reads a list of `resources/classes`. @throws AppError `internal` where the installation lacks it */
export async function publishedClasses(
  name: 'eurosat' | 'bigearthnet' | 'segmunich',
): Promise<PublishedClasses> {
  const path = join(folder, `${name}.json`);
  let file: { readonly classes: readonly ClassRow[]; readonly ignored?: readonly string[] };
  try {
    file = JSON.parse(await readFile(path, 'utf8')) as typeof file;
  } catch {
    throw new AppError('internal', `The class list ${path} is missing. Install Prismap again.`, {
      path,
    });
  }
  const { classes, ignored = [] } = file;
  return {
    classes: classes.map(({ value, name: label, color }) => ({ value, name: label, color })),
    codes: new Map(
      classes.flatMap(({ code }, i) => (code === undefined ? [] : [[code, i] as const])),
    ),
    names: new Map([
      ...ignored.map((label) => [label, -1] as const),
      ...classes.flatMap(({ name: label, from = [] }, i) =>
        [label, ...from].map((one) => [one, i] as const),
      ),
    ]),
  };
}
