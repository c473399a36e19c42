import { existsSync } from 'node:fs';
import { AppError } from '../../app/error.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { type RoiFormat, writeRoisAs } from '../vector/writeRois.ts';
import type { TaskContext } from './task.ts';

type ExportInput = {
  readonly path: string;
  readonly format: RoiFormat;
  readonly overwrite: boolean;
  readonly set: RoiSet;
};

/** Writes ROIs in a form that other programs read. @throws AppError `not-writable`, `disk-full`, `unknown-crs` */
export async function exportRois(
  { path, format, overwrite, set }: ExportInput,
  { signal }: TaskContext,
): Promise<{ path: string; rois: number }> {
  if (existsSync(path) && !overwrite)
    throw new AppError(
      'not-writable',
      `${path} exists already. Choose another name, or replace it.`,
      { path, exists: true },
    );
  await writeRoisAs(format, path, set, signal);
  return { path, rois: set.rois.length };
}
