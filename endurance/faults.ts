import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createRandom } from '../app/random.ts';
import { counterIn, diskErrors, type Fault, watchedDisk } from './disk.ts';
import { run } from './process.ts';
import { differences, type Report, undisturbed, type Work } from './work.ts';

export type FaultsOptions = {
  readonly folder: string;
  /** Operations that fail, drawn at random; all of them where absent. */
  readonly faults?: number;
  readonly seed: number;
  readonly tell?: (text: string) => void;
};

/**
 * Lets operations on files fail, one a run, once or from there on, with each error that disks have (the procedure of SQLite's
 * I/O error tests, https://www.sqlite.org/testing.html, 3.2). After each: what has its name is whole; the error has a code and
 * names a path; and the same job, started again on a sound disk, ends with the results of an undisturbed run.
 */
export async function failEach(
  work: Work,
  { folder, faults: wanted, seed, tell }: FaultsOptions,
): Promise<Report> {
  const started = performance.now();
  mkdirSync(folder, { recursive: true });
  const disk = watchedDisk(folder);
  const { inputs, whole } = await undisturbed(work, folder, disk(join(folder, 'whole')));
  const operations = Number(readFileSync(counterIn(folder)).readBigInt64LE());
  const place = join(folder, 'run');
  const words = work.words(inputs, place);
  const faults: string[] = [];
  let [tried, finished] = [0, 0];
  for (const fault of choose(operations, wanted, seed)) {
    mkdirSync(place);
    const end = await run(words, { environment: disk(place, { fault }) });
    const found = work.faults(place, end.said, whole);
    if (end.code === 0) {
      finished += 1;
      if (!isDeepStrictEqual(work.results(place), whole) && work.admits?.(end.said) !== true)
        found.push(`said to be done: ${differences(whole, work.results(place))}`);
    } else if (end.code === null) found.push(`it crashed: ${end.complaint.slice(-500)}`);
    else if (!isClear(end.said + end.complaint, place))
      found.push(`unclear: ${(end.said + end.complaint).slice(-700)}`);
    const again = await run(words);
    if (again.code !== 0) found.push(`cannot go on: ${again.complaint.slice(-500)}`);
    else if (!isDeepStrictEqual(work.results(place), whole))
      found.push(`afterwards ${differences(whole, work.results(place))}`);
    tried += 1;
    const { at, error, ever } = fault;
    faults.push(...found.map((text) => `operation ${at} ${error}${ever ? ' ever' : ''}: ${text}`));
    tell?.(`${tried} operations of ${operations} failed, ${faults.length} faults`);
    rmSync(place, { recursive: true, force: true });
  }
  return {
    work: work.name,
    tried,
    finished,
    faults,
    seconds: (performance.now() - started) / 1000,
  };
}

/** A coded error that is not the program's own fault, with the name of a file or folder. */
const isClear = (complaint: string, place: string): boolean =>
  /error \((?!internal)[\w-]+\)|code: '(?!internal)[a-z-]+'|"code":"(?!internal)[a-z-]+"/.test(
    complaint,
  ) && complaint.includes(place);

function choose(operations: number, wanted: number | undefined, seed: number): Fault[] {
  const all = Array.from({ length: operations }, (_, i) => i + 1).flatMap((at) =>
    diskErrors.flatMap((error) => [false, true].map((ever) => ({ at, error, ever }))),
  );
  if (wanted === undefined || wanted >= all.length) return all;
  const random = createRandom(seed, 'endurance-faults');
  for (let i = 0; i < wanted; i++) {
    const other = i + random.integer(all.length - i);
    [all[i], all[other]] = [all[other]!, all[i]!];
  }
  return all.slice(0, wanted);
}
