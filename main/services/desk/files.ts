import type { Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileKind, fileCalls } from '../../../app/contract/desk/files.ts';
import type { DeskHandlers, DeskOutput } from '../../../app/contract/deskApi.ts';
import { AppError } from '../../../app/error.ts';
import { logFolder } from '../../dataFolder.ts';
import { diagnose } from '../diagnostics.ts';
import { isInside } from './confine.ts';
import type { DeskDependencies } from './deskDependencies.ts';

type Listing = DeskOutput<'files.list'>;
type Entry = Listing['entries'][number];

/** More is not a list that a person reads. */
const mostEntries = 5000;
const headBytes = 2 ** 16;

const kinds: readonly (readonly [FileKind, RegExp])[] = [
  ['scene', /\.(tiff?|vrt|hdr|mat|jp2|j2k|png|jpe?g)$/i],
  ['weights', /\.(pth|pt|bin|ckpt|safetensors)$/i],
  ['vector', /\.(geojson|json|gpkg|shp|kml|csv)$/i],
];

/** Shows the folders that the user allowed, and nothing outside them: links that lead out are left out. */
export function createFileHandlers(
  dependencies: Pick<DeskDependencies, 'folders' | 'dataFolder' | 'runTask'>,
): Pick<DeskHandlers, keyof typeof fileCalls> {
  return {
    'diagnostics.write': async (_, signal) => {
      const { dataFolder, runTask } = dependencies;
      const day = new Date().toISOString().slice(0, 10);
      const path = join(dataFolder, `prismap-diagnostics-${day}.zip`);
      return await diagnose(path, logFolder(dataFolder), { runTask, signal });
    },
    'files.list': async ({ folder }) =>
      folder === undefined
        ? listRoots(dependencies.folders)
        : listFolder(folder, dependencies.folders),
  };
}

async function listRoots(folders: readonly string[]): Promise<Listing> {
  const entries = await Promise.all(
    folders.map(async (path): Promise<Entry | undefined> => {
      const found = await stat(path).catch(() => undefined);
      if (found?.isDirectory() !== true) return undefined;
      return { name: basename(path) || path, path, kind: 'folder' };
    }),
  );
  return { entries: entries.filter((entry) => entry !== undefined) };
}

async function listFolder(folder: string, folders: readonly string[]): Promise<Listing> {
  const roots = await realFolders(folders);
  const path = await realpath(folder).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  if (!roots.some((root) => isInside(path, root)))
    throw new AppError(
      'not-readable',
      `${folder} is outside the folders that this window may show. Start Prismap with "--folder ${folder}" to allow it.`,
      { path: folder },
    );
  const names = await readdir(path).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  const shown = names.filter((name) => !name.startsWith('.')).sort(byName);
  const entries = await describeAll(path, shown.slice(0, mostEntries), roots);
  return {
    folder: path,
    ...(roots.includes(path) ? {} : { parent: dirname(path) }),
    entries: [...entries.filter(isFolder), ...entries.filter((entry) => !isFolder(entry))],
    ...(shown.length > mostEntries ? { truncated: true } : {}),
  };
}

const byName = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
const isFolder = (entry: Entry): boolean => entry.kind === 'folder';

async function realFolders(folders: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(folders.map((path) => realpath(path).catch(() => undefined)));
  return real.filter((path) => path !== undefined);
}

async function describeAll(
  folder: string,
  names: readonly string[],
  roots: readonly string[],
): Promise<Entry[]> {
  const entries: Entry[] = [];
  // In parts, so that a folder of thousands does not hold thousands of open requests.
  for (let start = 0; start < names.length; start += 64) {
    const part = names.slice(start, start + 64);
    const described = await Promise.all(part.map((name) => describe(join(folder, name), roots)));
    entries.push(...described.filter((entry) => entry !== undefined));
  }
  return entries;
}

async function describe(path: string, roots: readonly string[]): Promise<Entry | undefined> {
  // What vanished meanwhile, may not be read, or leads out of the allowed folders is not shown.
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined || !roots.some((root) => isInside(real, root))) return undefined;
  const found = await stat(real).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isDirectory())
    return { name: basename(path), path, kind: await folderKind(path), ...modified(found) };
  if (!found.isFile()) return undefined;
  const name = basename(path);
  return { name, path, kind: await fileKind(real), bytes: found.size, ...modified(found) };
}

async function fileKind(path: string): Promise<FileKind> {
  if (/\.gpkg$/i.test(path) && (await isProject(path))) return 'project';
  return kinds.find(([, pattern]) => pattern.test(path))?.[0] ?? 'other';
}

/** A GeoPackage with the table that only projects have: its definition stands among the first pages. */
async function isProject(path: string): Promise<boolean> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead).includes('prismap_project');
  } catch {
    // Unreadable: opening it will say why.
    return false;
  } finally {
    await handle.close();
  }
}

/** A SAFE product and a trained model are folders to the file system and one thing to the user. */
async function folderKind(path: string): Promise<FileKind> {
  if (/\.SAFE$/i.test(path)) return 'scene';
  const isModel = await stat(join(path, 'model.json')).then(
    (found) => found.isFile(),
    () => false,
  );
  return isModel ? 'model' : 'folder';
}

function modified(found: Stats): { readonly modified: string } {
  return { modified: found.mtime.toISOString() };
}

function unreadable(path: string, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT')
    return new AppError('not-found', `${path} is not there any more. Choose another folder.`, {
      path,
    });
  if (code === 'ENOTDIR')
    return new AppError('not-found', `${path} is not a folder. Choose a folder.`, { path });
  return new AppError('not-readable', `${path} may not be read. Choose another folder.`, { path });
}
