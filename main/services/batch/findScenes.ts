import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { AppError } from '../../../app/error.ts';
import { ownNames } from './outputNames.ts';

export type FoundScene = {
  /** Path from the folder of scenes, with `/`. */
  readonly scene: string;
  readonly path: string;
  /** Changes whenever its files do. */
  readonly stamp: string;
};

export type SceneChoice = {
  readonly pattern: readonly string[];
  readonly exclude: readonly string[];
  /** Folder of the results: never looked into. */
  readonly out: string;
};

/** Names of files that may be scenes where no pattern is given; their content decides later. */
const sceneFile = /\.(tiff?|jp2|hdr|mat|img)$/i;
const product = /\.SAFE$/i;

/**
 * Scenes of a folder and of those in it, by name. Links are followed, each folder is visited once. Folders of results, also of
 * other batches, are left out.
 * @throws AppError `not-found`, `not-readable` where the folder itself is missing or closed
 */
export async function findScenes(
  folder: string,
  choice: SceneChoice,
  warn: (message: string) => void,
): Promise<FoundScene[]> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new AppError('not-found', `There is no folder ${folder}. Check the name.`, {
      path: folder,
    });
  const results = await realpath(choice.out).catch(() => choice.out);
  const walk = new Walk(choice, warn, new Set([results]));
  await walk.into(folder, '');
  return walk.scenes.toSorted((a, b) => (a.scene < b.scene ? -1 : a.scene > b.scene ? 1 : 0));
}

class Walk {
  readonly scenes: FoundScene[] = [];
  readonly #choice: SceneChoice;
  readonly #warn: (message: string) => void;
  /** Folders that are not gone into (again). */
  readonly #visited: Set<string>;

  constructor(choice: SceneChoice, warn: (message: string) => void, visited: Set<string>) {
    this.#choice = choice;
    this.#warn = warn;
    this.#visited = visited;
  }

  async into(folder: string, prefix: string): Promise<void> {
    const real = await realpath(folder);
    if (this.#visited.has(real)) return;
    this.#visited.add(real);
    const entries = await this.#entries(folder, prefix);
    const names = new Set(entries.map(({ name }) => name));
    if (names.has(ownNames.state)) return; // results of a batch
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      const scene = prefix + entry.name;
      const isFolder = entry.isSymbolicLink()
        ? ((await stat(path).catch(() => undefined))?.isDirectory() ?? false)
        : entry.isDirectory();
      if (isFolder && !product.test(entry.name)) await this.into(path, `${scene}/`);
      else if (this.#wanted(scene, names))
        this.scenes.push({ scene, path, stamp: await stampOf(path, names) });
    }
  }

  async #entries(folder: string, prefix: string): Promise<Dirent[]> {
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (prefix === '')
        throw new AppError('not-readable', `The folder ${folder} cannot be read (${code}).`, {
          path: folder,
        });
      this.#warn(`The folder ${folder} cannot be read (${code}) and is left out.`);
      return [];
    }
  }

  #wanted(scene: string, names: ReadonlySet<string>): boolean {
    const { pattern, exclude } = this.#choice;
    if (exclude.some((glob) => matches(scene, glob))) return false;
    if (pattern.length > 0) return pattern.some((glob) => matches(scene, glob));
    const name = posix.basename(scene);
    // the data of an ENVI header: the header is the scene
    const { name: stem } = posix.parse(name);
    const isData = /\.img$/i.test(name) && (names.has(`${stem}.hdr`) || names.has(`${name}.hdr`));
    if (isData) return false;
    return product.test(name) || sceneFile.test(name);
  }
}

/** A pattern without `/` is about the name, wherever the file lies; another about the path from the folder of scenes. */
export function matches(scene: string, glob: string): boolean {
  return posix.matchesGlob(glob.includes('/') ? scene : posix.basename(scene), glob);
}

/** Sizes and times of the files of a scene: a product's own, those beside an ENVI header, else the one. */
async function stampOf(path: string, beside: ReadonlySet<string>): Promise<string> {
  const own = await stat(path).catch(() => undefined);
  if (own === undefined) return 'missing';
  if (own.isDirectory()) return stampOfFolder(path);
  if (!/\.hdr$/i.test(path)) return stampText([own]);
  const { dir, name } = posix.parse(path);
  const others = [...beside].filter((one) => posix.parse(one).name === name || one === name);
  const stats = await Promise.all(
    others.toSorted().map((one) => stat(join(dir, one)).catch(() => own)),
  );
  return stampText(stats);
}

async function stampOfFolder(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return stampText(
    await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name)))),
  );
}

const stampText = (stats: readonly Stats[]): string =>
  [
    stats.length,
    stats.reduce((sum, { size }) => sum + size, 0),
    Math.max(0, ...stats.map(({ mtimeMs }) => mtimeMs)),
  ].join(' ');
