import { AppError } from '../../app/error.ts';
import { writeError } from '../atomicFile.ts';

/** SQLite's own errors as a person should read them; an `AppError` passes unchanged. */
export function storeError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  const make = makers[resultCode(error)];
  if (make === undefined) return writeError(error, path);
  return make(path, (error as Error).message);
}

/** Primary result code of SQLite (sqlite.org/rescode.html); 0 for other errors. */
export function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

type Maker = (path: string, message: string) => AppError;

const busy: Maker = (path) =>
  new AppError(
    'in-use',
    `${path} is being written by another program. Close it there, then try again.`,
    { path },
  );

const notWritable: Maker = (path, message) =>
  new AppError(
    'not-writable',
    `${path} cannot be written (${message}). Open it read-only, or save the project in another folder.`,
    { path },
  );

export const damaged: Maker = (path, message) =>
  new AppError(
    'corrupt',
    `${path} is damaged (${message}). It was left as it is: restore it from a copy, or begin a new project.`,
    { path },
  );

const makers: Readonly<Record<number, Maker>> = {
  // Our statements are right for the tables that we made: these are others.
  1: damaged,
  5: busy,
  6: busy,
  8: notWritable,
  10: notWritable,
  11: damaged,
  13: (path) =>
    new AppError(
      'disk-full',
      `Cannot write ${path}: the disk is full. Free some space there, then try again; what was saved before is safe.`,
      { path },
    ),
  14: notWritable,
  26: damaged,
};
