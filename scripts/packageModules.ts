import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

/** Dependencies that are named by a package and never loaded by the program, with why. */
const unused: ReadonlySet<string> = new Set([
  // tfjs-node-gpu loads these to find or fetch a binding; ours is given to it.
  '@mapbox/node-pre-gyp',
  'adm-zip',
  'https-proxy-agent',
  'progress',
  'rimraf',
  'tar',
  // The command line of tfjs.
  'argparse',
  'chalk',
  'yargs',
  // Polyfills for browsers.
  'core-js',
  'regenerator-runtime',
]);

/** Files of packages that only people, compilers and browsers read, and fonts that no sheet is set in. */
const unread =
  /\.(map|ts|mts|cts|md|markdown|flow|tsbuildinfo|cc|h)$|^@tensorflow\/[^/]+\/(src|src_test|deps|binding|scripts|wasm-src)\/|^@tensorflow\/[^/]+\/dist\/.*(_test\.js|\.min\.js|\.(es2017|fesm)\.js)$|^@tensorflow\/tfjs\/dist\/tf\.(?!node\.js$)|^dejavu-fonts-ttf\/(ttf\/(?!DejaVuSansCondensed(-Bold)?\.)|.*\.txt$|NEWS$)/;

/** Packages that source text imports by name: those of `node_modules`, whatever part of them is meant. */
export function importedPackages(source: string): readonly string[] {
  const names = source.matchAll(
    /(?:from|import|import\(|require\(|resolve\()\s*["'`]((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[^"'`]*)?["'`]/g,
  );
  return [...names].map(([, name]) => name!).filter((name) => !name.startsWith('node:'));
}

/**
 * Names of the packages that the program loads itself: the dependencies of the project but those that the window alone imports, which
 * are bundled into its files. A package whose name is made at run time is among them, for the window does not name it.
 */
export function programPackages(
  dependencies: readonly string[],
  program: Iterable<string>,
  window: Iterable<string>,
): readonly string[] {
  const inProgram = new Set([...program].flatMap(importedPackages));
  const inWindow = new Set([...window].flatMap(importedPackages));
  return dependencies.filter((name) => inProgram.has(name) || !inWindow.has(name));
}

/** Folders, relative to `root`, of the packages and of all that they depend on. */
export function packageFolders(root: string, names: Iterable<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string, from: string): void => {
    const folder = findPackage(root, name, from);
    if (folder === undefined || found.has(relative(root, folder))) return;
    found.add(relative(root, folder));
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    const needed = { ...manifest.dependencies, ...manifest.optionalDependencies };
    for (const dependency of Object.keys(needed))
      if (!unused.has(dependency) && !dependency.startsWith('@types/')) visit(dependency, folder);
  };
  for (const name of names) visit(name, root);
  return found;
}

/** As Node looks for it: in the `node_modules` of each folder upwards. An optional one may be absent. */
function findPackage(root: string, name: string, from: string): string | undefined {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
  }
  return undefined;
}

/** Files of a package folder that the program may load, relative to it; packages inside it have folders of their own. */
export function packageFiles(folder: string, name: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !path.includes('node_modules/') && !unread.test(`${name}/${path}`));
}
