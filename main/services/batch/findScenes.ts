import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { listScenes } from '../../workers/sceneFolder.ts';
import { isList, readAddresses, stampOfAddress } from './sceneAddresses.ts';

export type FoundScene = {
  /** Path from the folder of scenes, with `/`. */
  readonly scene: string;
  /** Or its address. */
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

/**
 * Scenes of a folder and of those in it, or of a list of addresses, that the patterns choose, by name.
 * @throws AppError `not-found`, `not-readable` where the folder itself is missing or closed, `usage` for a list that is none
 */
export async function findScenes(
  folder: string,
  { pattern, exclude, out }: SceneChoice,
  warn: (message: string) => void,
): Promise<FoundScene[]> {
  const wanted = (scene: string): boolean | undefined => {
    if (exclude.some((glob) => matches(scene, glob))) return false;
    return pattern.length === 0 ? undefined : pattern.some((glob) => matches(scene, glob));
  };
  if (await isList(folder)) return addressesOf(folder, (scene) => wanted(scene) ?? true);
  const found: FoundScene[] = [];
  for (const { scene, path, beside } of await listScenes(folder, { wanted, except: out, warn }))
    found.push({ scene, path, stamp: await stampOf(path, beside) });
  return found;
}

/** Servers are asked so many questions at a time. */
const questions = 16;

async function addressesOf(
  list: string,
  wanted: (scene: string) => boolean,
): Promise<FoundScene[]> {
  const listed = (await readAddresses(list)).filter(({ scene }) => wanted(scene));
  const waiting = listed.entries();
  const found: FoundScene[] = [];
  const ask = async (): Promise<void> => {
    for (const [i, { scene, address }] of waiting)
      found[i] = { scene, path: address, stamp: await stampOfAddress(address) };
  };
  await Promise.all(Array.from({ length: questions }, ask));
  return found;
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
