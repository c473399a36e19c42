import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { transformSync } from 'esbuild';
import { packageFiles, packageFolders, programPackages } from './packageModules.ts';

const root = resolve(import.meta.dirname, '..');
/** Folders of the program; their TypeScript becomes JavaScript of the same shape. */
const programFolders = ['app', 'main', 'native'];
const programFiles = /(?<!\.test)\.(ts|cjs|mjs|json|wasm)$/;
const notProgram =
  /(^|\/)(testing|goldens|build|node_modules)(\/|$)|tsconfig.*\.json$|setup\.mjs$|toolchain\.mjs$/;
const nativePrograms = ['quietly', 'tfjs_binding', 'prismap_operations', 'codecs'];
const engineLibraries = /^libtensorflow_(cc|framework)\.(so\.2|2\.dylib)$/;

export type StageOptions = {
  /** Built renderer. */
  readonly renderer: string;
  /** Leaves TensorFlow's 850 MB of libraries out. */
  readonly withoutLibraries?: boolean;
};

/** Lays the program out as it lies in a package: JavaScript, resources, the window, the engine beside its libraries. */
export function stagePackage(
  target: string,
  { renderer, withoutLibraries = false }: StageOptions,
): void {
  rmSync(target, { recursive: true, force: true });
  for (const folder of programFolders)
    for (const file of filesOf(join(root, folder))) stageFile(file, target);
  cpSync(join(root, 'resources'), join(target, 'resources'), { recursive: true });
  cpSync(renderer, join(target, 'renderer'), { recursive: true });
  copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  copyFileSync(join(root, 'package.json'), join(target, 'package.json'));
  stageModules(target);
  stageEngine(join(target, 'native', 'build'), withoutLibraries);
}

/** The packages that the staged program loads, and theirs. */
function stageModules(target: string): void {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const program = programFolders.flatMap((folder) => sourcesOf(join(target, folder)));
  const names = programPackages(
    Object.keys(dependencies),
    program,
    sourcesOf(join(root, 'renderer')),
  );
  for (const folder of packageFolders(root, names)) {
    const name = folder.replaceAll('\\', '/').split('node_modules/').at(-1)!;
    for (const file of packageFiles(join(root, folder), name)) {
      const place = join(target, folder, file);
      mkdirSync(dirname(place), { recursive: true });
      link(join(root, folder, file), place);
    }
  }
}

/** Texts of the sources in a folder, tests left out. */
function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?<!\.test)\.(js|cjs|mjs|ts|tsx)$/.test(path))
    .map((path) => readFileSync(join(folder, path), 'utf8'));
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => programFiles.test(path) && !notProgram.test(relative(root, path)));
}

function stageFile(path: string, target: string): void {
  const place = join(target, relative(root, path));
  mkdirSync(dirname(place), { recursive: true });
  if (extname(path) !== '.ts') copyFileSync(path, place);
  else writeFileSync(place.replace(/\.ts$/, '.js'), toJavaScript(readFileSync(path, 'utf8')));
}

/** Types away; what names a file of the program by a relative path (imports, workers, processes) names the JavaScript. */
export function toJavaScript(source: string): string {
  const { code } = transformSync(source, { loader: 'ts', format: 'esm', target: 'node24' });
  return code.replace(/(["'`])(\.{1,2}\/[^"'`\n]*)\.ts\1/g, '$1$2.js$1');
}

/** The native programs look for TensorFlow's libraries where this machine keeps them; in a package, beside themselves. */
function stageEngine(target: string, withoutLibraries: boolean): void {
  const built = join(root, 'native', 'build');
  mkdirSync(target, { recursive: true });
  const record = readRecord(join(built, 'build.json'));
  writeFileSync(join(target, 'build.json'), JSON.stringify({ ...record, tensorflow: undefined }));
  const libraries =
    record.tensorflow === undefined ? undefined : join(record.tensorflow, 'tensorflow');
  for (const name of readdirSync(built).filter((file) =>
    nativePrograms.includes(file.replace(/\.node$/, '')),
  )) {
    const program = readFileSync(join(built, name));
    writeFileSync(
      join(target, name),
      libraries === undefined ? program : besideItself(program, libraries),
    );
  }
  if (libraries === undefined || withoutLibraries) return;
  mkdirSync(join(target, basename(libraries)));
  for (const name of readdirSync(libraries).filter((file) => engineLibraries.test(file)))
    link(join(libraries, name), join(target, basename(libraries), name));
}

type BuildRecord = { readonly tensorflow?: string };

function readRecord(path: string): BuildRecord {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as BuildRecord;
  } catch {
    return {};
  }
}

/**
 * Writes another search path over the one in a linked program, of the same length and with the same end: the linker may have put other
 * names on the end of that text.
 */
export function besideItself(program: Buffer, libraries: string): Buffer {
  const at = program.indexOf(`${libraries}\0`);
  if (at < 0) return program;
  const start = process.platform === 'darwin' ? '@loader_path' : '$ORIGIN';
  const name = basename(libraries);
  const slashes = libraries.length - start.length - name.length;
  if (slashes < 1) throw new Error(`No room for ${start}/${name} in place of ${libraries}.`);
  const changed = Buffer.from(program);
  changed.write(start + '/'.repeat(slashes) + name, at);
  return changed;
}

/** Without a second copy on the disk where the file system can. */
function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
