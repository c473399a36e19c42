import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const folders = ['app', 'main', 'native'];
/** Sources, as they lie in the repository (.ts) or in a package (.js). */
const source = /(?<!\.test|\.d)\.(ts|js|cjs|mjs|cc|cu|h)$/;
const notProgram = /(^|\/)(testing|goldens|build|node_modules)(\/|$)/;

let known: string | undefined;

/**
 * SHA-256, in hexadecimal, of the program's own sources: of each, sorted by path, the path, its length in bytes and the bytes.
 * Sources that are changed while the program runs are not noticed, as they are not run either.
 */
export function programCode(): string {
  known ??= hashOf(folders.flatMap(sourcesOf).sort());
  return known;
}

function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && source.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !notProgram.test(path));
}

function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path}\n${bytes.byteLength}\n`).update(bytes);
  }
  return hash.digest('hex');
}
