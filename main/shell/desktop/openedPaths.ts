import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Files that the system gave to open, by double click or as arguments: held until a window is there to take them. */
export type OpenedPaths = {
  /** Words of a command line; those that name no file or folder are options of Electron. */
  addArguments(words: readonly string[], folder: string): void;
  add(path: string): void;
  /** A window has come: gives it what waited. */
  flush(): void;
};

/**
 * @param program paths of the program itself, which a command line begins with in a checkout
 * @param deliver gives a path to the windows, false where there is none
 */
export function createOpenedPaths(
  program: readonly string[],
  deliver: (path: string) => boolean,
): OpenedPaths {
  let waiting: string[] = [];
  const add = (path: string): void => {
    if (!deliver(path)) waiting.push(path);
  };
  return {
    add,
    addArguments: (words, folder) => {
      for (const word of words) {
        const path = resolve(folder, word);
        if (!word.startsWith('-') && existsSync(path) && !program.includes(path)) add(path);
      }
    },
    flush: () => {
      waiting = waiting.filter((path) => !deliver(path));
    },
  };
}
