import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { AppError } from '../../app/error.ts';

/** Something in a folder that may be a scene; its content decides later. */
export type SceneEntry = {
  /** Path from the folder, with `/`. */
  readonly scene: string;
  readonly path: string;
  /** Names of all that lies beside it. */
  readonly beside: ReadonlySet<string>;
};

type Choice = {
  /** Whether what is so named, by its path from the folder, is wanted; undefined = where it looks like a scene. */
  readonly wanted?: (scene: string) => boolean | undefined;
  /** A folder that is not looked into. */
  readonly except?: string;
  readonly warn: (message: string) => void;
};

/** What a folder of results of a batch is known by. */
export const resultsMark = '.batch';

const sceneFile = /\.(tiff?|jp2|hdr|mat|img)$/i;
const product = /\.SAFE$/i;

/** Whether a folder is one scene. */
export const isProduct = (name: string): boolean => product.test(name);

/**
 * Scenes of a folder and of those in it, by name: rasters and SAFE products. Links are followed, each folder is visited once.
 * Hidden files, results of batches, insides of products and the data of ENVI headers are left out.
 * @throws AppError `not-found`, `not-readable` where the folder itself is missing or closed
 */
export async function listScenes(folder: string, choice: Choice): Promise<SceneEntry[]> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new AppError('not-found', `There is no folder ${folder}. Check the name.`, {
      path: folder,
    });
  const { except } = choice;
  const visited = except === undefined ? [] : [await realpath(except).catch(() => except)];
  const walk = new Walk(choice, new Set(visited));
  await walk.into(folder, '');
  return walk.scenes.toSorted((a, b) => (a.scene < b.scene ? -1 : a.scene > b.scene ? 1 : 0));
}

class Walk {
  readonly scenes: SceneEntry[] = [];
  readonly #choice: Choice;
  /** Folders that are not gone into (again). */
  readonly #visited: Set<string>;

  constructor(choice: Choice, visited: Set<string>) {
    this.#choice = choice;
    this.#visited = visited;
  }

  async into(folder: string, prefix: string): Promise<void> {
    const real = await realpath(folder);
    if (this.#visited.has(real)) return;
    this.#visited.add(real);
    const entries = await this.#entries(folder, prefix);
    const beside = new Set(entries.map(({ name }) => name));
    if (beside.has(resultsMark)) return;
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      const scene = prefix + entry.name;
      const isFolder = entry.isSymbolicLink()
        ? ((await stat(path).catch(() => undefined))?.isDirectory() ?? false)
        : entry.isDirectory();
      if (isFolder && !isProduct(entry.name)) await this.into(path, `${scene}/`);
      else if (this.#choice.wanted?.(scene) ?? looksLikeScene(entry.name, beside))
        this.scenes.push({ scene, path, beside });
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
      this.#choice.warn(`The folder ${folder} cannot be read (${code}) and is left out.`);
      return [];
    }
  }
}

function looksLikeScene(name: string, beside: ReadonlySet<string>): boolean {
  // the data of an ENVI header: the header is the scene
  const { name: stem } = posix.parse(name);
  const isData = /\.img$/i.test(name) && (beside.has(`${stem}.hdr`) || beside.has(`${name}.hdr`));
  return !isData && (isProduct(name) || sceneFile.test(name));
}
