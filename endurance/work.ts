// What is interrupted: a job that a user gives the program, in a process of its own.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.ts';

/** A job whose process may be ended at any moment, and that goes on when it is started again. */
export type Work = {
  readonly name: string;
  /** Makes the inputs, once. */
  prepare(inputs: string): Promise<void> | void;
  /** Words for Node: a program and its arguments. Results go into `folder`; what a killed start left is taken up. */
  words(inputs: string, folder: string): readonly string[];
  /** What the finished job leaves, by name; equal runs give equal words. */
  results(folder: string): Record<string, string>;
  /** Whether a process that ended well said that not all is done, and why in coded words. */
  admits?(said: string): boolean;
  /**
   * Looks at what an interruption left.
   * @param said All that the process wrote to its standard output before
   * @param whole Results of a run that nobody disturbed
   * @returns in words what is torn or lost; nothing where all is well
   */
  faults(folder: string, said: string, whole: Readonly<Record<string, string>>): string[];
};

/** What became of a work that was interrupted. */
export type Report = {
  readonly work: string;
  /** Interruptions. */
  readonly tried: number;
  /** Runs that came to their end all the same. */
  readonly finished: number;
  /** What was torn, lost or badly said, and when. */
  readonly faults: readonly string[];
  readonly seconds: number;
};

export const root = fileURLToPath(new URL('..', import.meta.url));
export const cli = join(root, 'main/cli.ts');

export const hashOf = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

/** Hashes of all files below a folder whose path, with `/`, is wanted. */
export function hashesBelow(folder: string, wanted: RegExp): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
      .filter((name) => wanted.test(name))
      .sort()
      .map((name) => [name, hashOf(join(folder, name))]),
  );
}

/** Files under their final names that are not what an undisturbed run writes. */
export function tornFiles(
  folder: string,
  wanted: RegExp,
  whole: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(hashesBelow(folder, wanted))
    .filter(([name, hash]) => whole[name] !== hash)
    .map(([name]) => `${name} is torn, or not what it should be`);
}

/** Names whose results differ. */
export function differences(
  whole: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): string {
  const names = new Set([...Object.keys(whole), ...Object.keys(found)]);
  const differing = [...names].filter((name) => whole[name] !== found[name]);
  return `the results are not those of an undisturbed run: ${differing.join(', ')}`;
}

/** Prepares a work and runs it once in peace. @throws Error where it does not run at all */
export async function undisturbed(
  work: Work,
  folder: string,
  environment: Record<string, string> = {},
): Promise<{ inputs: string; whole: Record<string, string>; milliseconds: number }> {
  const [inputs, place] = [join(folder, 'inputs'), join(folder, 'whole')];
  for (const path of [inputs, place]) mkdirSync(path, { recursive: true });
  await work.prepare(inputs);
  const started = performance.now();
  const { code, complaint } = await run(work.words(inputs, place), { environment });
  if (code !== 0) throw new Error(`${work.name} does not run at all: ${complaint}`);
  return { inputs, whole: work.results(place), milliseconds: performance.now() - started };
}
