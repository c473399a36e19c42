import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../app/random.ts';
import { findLine } from './campaign.ts';
import type { Attacked, Find, Target } from './target.ts';

/** Finds of a target beyond these are only counted. */
const mostSaved = 50;

/**
 * A function that writes the files of a find, and what was found, into `folder/TARGET-SEED-INDEX`.
 * @param root folder for what the target itself keeps
 */
export function saveFind(target: Target, folder: string, root: string): (find: Find) => void {
  let saved = 0;
  let attacked: Promise<Attacked> | undefined;
  return (find) => {
    if (saved++ >= mostSaved) return;
    attacked ??= target.open(mkdtempSync(join(root, 'own-')));
    void attacked.then(({ make }) => {
      const { files } = make(createRandom(find.seed, find.target, find.index), find.index);
      const place = join(folder, `${find.target}-${find.seed}-${find.index}`);
      mkdirSync(place, { recursive: true });
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(place, name), bytes);
      for (const [name, bytes] of Object.entries(find.smallest ?? {}))
        writeFileSync(join(place, `smallest-${name}`), bytes);
      writeFileSync(join(place, 'find.txt'), `${findLine(find)}\n`);
    });
  };
}
