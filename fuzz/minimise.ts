import type { HostileCase } from './target.ts';

type Files = HostileCase['files'];

/** Attempts at one find: what is left then is small enough to look at. */
const mostAttempts = 300;
const budgetMs = 2000;

/**
 * Makes the file of a find smaller or more like a sound one while `isSame` holds: pieces are cut out, halves first, then bytes are
 * put back as they were.
 * @param sound files of undamaged cases
 * @param isSame whether these files still show the same fault
 */
export async function minimise(
  files: Files,
  sound: readonly Files[],
  isSame: (files: Files) => Promise<boolean>,
): Promise<Files> {
  const [name] = Object.keys(files).filter((one) =>
    sound.every((other) => Buffer.compare(other[one] ?? Buffer.alloc(0), files[one]!) !== 0),
  );
  if (name === undefined) return files;
  const end = performance.now() + budgetMs;
  let best: Buffer = Buffer.from(files[name]!);
  let attempts = 0;
  const holds = async (bytes: Buffer): Promise<boolean> => {
    if (attempts++ > mostAttempts || performance.now() > end) return false;
    const same = await isSame({ ...files, [name]: bytes });
    if (same) best = bytes;
    return same;
  };
  for (let size = best.length >> 1; size >= 1; size >>= 1)
    for (let at = 0; at + size <= best.length; )
      if (!(await holds(Buffer.concat([best.subarray(0, at), best.subarray(at + size)]))))
        at += size;
  const origin = sound.map((one) => one[name]).find((one) => one?.length === best.length);
  for (let at = 0; origin !== undefined && at < best.length; at++) {
    if (best[at] === origin[at]) continue;
    const bytes = Buffer.from(best);
    bytes[at] = origin[at]!;
    await holds(bytes);
  }
  return { ...files, [name]: best };
}
