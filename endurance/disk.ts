import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root } from './work.ts';

/** What a system says of a full disk, a broken one, a spent quota, too many open files, and missing permission. */
export const diskErrors = ['ENOSPC', 'EIO', 'EDQUOT', 'EMFILE', 'EACCES'] as const;

/** An operation on files, counted from 1, that fails; with `ever` all from there on. */
export type Fault = {
  readonly at: number;
  readonly error: (typeof diskErrors)[number];
  readonly ever: boolean;
};

/** Whether files can be watched here. */
export const canWatchDisk =
  process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

/** Builds the library that stands between programs and files, in a folder. Gives the environment of a program below it. */
export function watchedDisk(
  folder: string,
): (
  watched: string,
  more?: { readonly fault?: Fault; readonly journal?: string },
) => Record<string, string> {
  const library = join(folder, 'disk.so');
  const words = ['-shared', '-fPIC', '-O1', '-o', library, join(root, 'endurance/disk.c'), '-ldl'];
  execFileSync('cc', words);
  return (watched, { fault, journal } = {}) => {
    writeFileSync(counterIn(folder), Buffer.alloc(8));
    return {
      ...{ LD_PRELOAD: library, FAULT_FOLDER: watched, FAULT_COUNTER: counterIn(folder) },
      ...{ FAULT_AT: String(fault?.at ?? 0), FAULT_EVER: fault?.ever === true ? '1' : '0' },
      FAULT_ERRNO: String(constants.errno[fault?.error ?? 'EIO']),
      ...(journal === undefined ? {} : { FAULT_JOURNAL: journal }),
    };
  };
}

/** Where the operations of the last program are counted. */
export const counterIn = (folder: string): string => join(folder, 'counter');
