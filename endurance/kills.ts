import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createRandom } from '../app/random.ts';
import { type Ended, run, victims } from './process.ts';
import { differences, type Report, undisturbed, type Work } from './work.ts';

export type KillsOptions = {
  /** A folder of its own, made where it is missing. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  readonly tell?: (text: string) => void;
};

/**
 * Starts a work again and again and kills it at random moments until it has had so many kills; after each looks at what lies
 * there. Whenever it comes to its end, its results have to be those of a run that nobody disturbed.
 */
export async function killAtRandom(
  work: Work,
  { folder, kills, seed, tell }: KillsOptions,
): Promise<Report> {
  const started = performance.now();
  const { inputs, whole, milliseconds } = await undisturbed(work, folder);
  const random = createRandom(seed, `endurance-${work.name}`);
  const faults: string[] = [];
  let [killed, finished] = [0, 0];
  while (killed < kills) {
    const place = join(folder, 'run');
    mkdirSync(place);
    for (let ended = false; !ended && killed < kills; ) {
      const victim = victims[random.integer(victims.length)]!;
      const kill = { after: random.uniform() * milliseconds, victim };
      const end = await run(work.words(inputs, place), { kill });
      if (end.killed) killed += 1;
      ended = end.code === 0;
      const found = [...work.faults(place, end.said, whole), ...badEnd(end)];
      if (ended) {
        finished += 1;
        const results = work.results(place);
        if (!isDeepStrictEqual(results, whole)) found.push(differences(whole, results));
      }
      faults.push(...found.map((text) => `kill ${killed} (${victim}): ${text}`));
      tell?.(`${killed} of ${kills} kills, ${finished} ends, ${faults.length} faults`);
    }
    rmSync(place, { recursive: true, force: true });
  }
  const seconds = (performance.now() - started) / 1000;
  return { work: work.name, tried: killed, finished, faults, seconds };
}

/** Whoever was not killed has to end well; a host whose child was killed may end with a coded error. */
function badEnd({ code, killed, complaint }: Ended): string[] {
  if (/error \(internal\)|code: 'internal'/.test(complaint)) return [complaint.slice(-500)];
  return code === 0 || killed ? [] : [`ended with ${code}: ${complaint.slice(-500)}`];
}
