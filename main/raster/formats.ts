import { basename, join } from 'node:path';
import { AppError } from '../../app/error.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { starts, unreadFiles } from './formatsUnread.ts';
import { throwIfCancelled } from './scenes/cancelled.ts';
import { exists, fileSize, listFolder, pathKind, readHead } from './scenes/files.ts';

/** How a scene is opened. */
export type OpenOptions = {
  readonly signal?: AbortSignal;
  /** Bytes of decoded tiles that are kept; shared out where a scene is several files. By default what a scan needs. */
  readonly cacheBytes?: number;
};

/** A scene argument that names one file or folder. */
type Target = {
  /** As the user wrote it. */
  readonly uri: string;
  readonly path: string;
  /** What follows `#`: a variable, a tile, an image. */
  readonly choice: string;
};

/** One format. Add one: write `matches` and `open`, add a row to `formats`. */
type Format = {
  readonly name: string;
  /** By content: the first bytes of a file (4 KiB, fewer in a small file). */
  readonly matches: (head: Buffer) => boolean;
  readonly open: (target: Target, options: OpenOptions) => Promise<SceneSource>;
};

const formats: readonly Format[] = [
  {
    name: 'GeoTIFF',
    matches: (head) => starts(head, 'II*\0', 'MM\0*', 'II+\0', 'MM\0+'),
    open: async ({ path }, options) => (await import('./tiff/openTiff.ts')).openTiff(path, options),
  },
  {
    name: 'JPEG 2000',
    matches: (head) => starts(head, '\0\0\0\x0cjP  \r\n\x87\n', '\xffO\xffQ'),
    open: async ({ path }, options) =>
      (await import('./jpeg2000/openJpeg2000.ts')).openJpeg2000(path, options),
  },
  {
    name: 'PNG',
    matches: (head) => starts(head, '\x89PNG\r\n\x1a\n'),
    open: async ({ path }) => (await import('./image/openImage.ts')).openPng(path),
  },
  {
    name: 'JPEG',
    matches: (head) => starts(head, '\xff\xd8\xff'),
    open: async ({ path }) => (await import('./image/openImage.ts')).openJpeg(path),
  },
  {
    name: 'MAT-file 7.3',
    matches: (head) =>
      starts(head, 'MATLAB 7.3') && starts(head.subarray(512), '\x89HDF\r\n\x1a\n'),
    open: async ({ uri, path, choice }) =>
      (await import('./mat/openMat73.ts')).openMat73(uri, path, choice),
  },
  {
    name: 'MAT-file 5',
    matches: (head) => starts(head.subarray(124), '\0\x01IM', '\x01\0MI'),
    open: async ({ uri, path, choice }) =>
      (await import('./mat/openMat.ts')).openMat5(uri, path, choice),
  },
  {
    name: 'Sentinel-2 SAFE',
    matches: (head) => /<(\w+:)?Level-[12][ABC]\w*_User_Product[\s>]/.test(head.toString('latin1')),
    open: (target, options) => openSafeTarget(target, options),
  },
  {
    name: 'ENVI',
    matches: (head) => /^(\xef\xbb\xbf)?ENVI\s/.test(head.toString('latin1', 0, 12)),
    open: async ({ path }) => (await import('./envi/openEnvi.ts')).openEnvi(path),
  },
];

const headBytes = 4096;
const readable = 'GeoTIFF, JPEG 2000, Sentinel-2 SAFE, ENVI, MAT-file, PNG or JPEG';

/**
 * Opens a scene: a file, a Sentinel-2 product folder, a folder of single-band files, an http(s) address of a GeoTIFF, or
 * several files joined by commas. `#` chooses within a file: a variable of a MAT-file, a tile or an image of a product.
 * Files are told by their content, whatever their extension.
 * @throws AppError `not-found`, `not-readable`, `unknown-format`, `corrupt`, `unsupported`, `too-large`, `network`
 */
export async function openScene(uri: string, options: OpenOptions = {}): Promise<SceneSource> {
  throwIfCancelled(options.signal);
  if (/^https?:\/\//i.test(uri)) return (await import('./tiff/openTiff.ts')).openTiff(uri, options);
  const files = listed(uri);
  if (files !== undefined) {
    const { openStack } = await import('./stack/openStack.ts');
    return openStack(uri, files, (path) => openScene(path, shareOf(options, files.length)));
  }
  const target = targetOf(uri);
  if (pathKind(target.path) === 'folder') return openFolder(target, options);
  return openFile(target, options);
}

/** The files of a comma-separated argument; a name that exists as it stands is one file. */
function listed(uri: string): string[] | undefined {
  if (!uri.includes(',') || exists(uri) || exists(targetOf(uri).path)) return undefined;
  const files = uri.split(',').map((part) => part.trim());
  if (files.every((part) => part !== '')) return files;
  throw new AppError(
    'usage',
    `"${uri}" has an empty name between two commas. Name files without spaces.`,
    {
      uri,
    },
  );
}

function targetOf(uri: string): Target {
  const hash = uri.indexOf('#');
  if (hash < 0 || exists(uri)) return { uri, path: uri, choice: '' };
  return { uri, path: uri.slice(0, hash), choice: uri.slice(hash + 1) };
}

async function openFile(target: Target, options: OpenOptions): Promise<SceneSource> {
  const { path, uri } = target;
  const head = readHead(path, headBytes);
  if (fileSize(path) === 0) {
    throw new AppError('corrupt', `${path} is empty. Copy or download it again.`, { uri });
  }
  const format = formats.find((candidate) => candidate.matches(head));
  if (format !== undefined) return named(await format.open(target, options), uri);
  // Data without a signature may begin like anything; a header beside it tells.
  const { findEnviPair, openEnvi } = await import('./envi/openEnvi.ts');
  if (findEnviPair(path) !== undefined) return openEnvi(path);
  const other = unreadFiles.find((candidate) => candidate.matches(head));
  throw new AppError(
    'unknown-format',
    other === undefined
      ? `${path} is in no format that Prismap knows, and no ENVI header (.hdr) lies beside it. Name a ${readable}.`
      : `${path} is ${other.name}, which Prismap does not read as a scene. ${other.cure}`,
    { uri, found: other?.name ?? null },
  );
}

/** A scene under the name that the user gave it, chosen part included. */
function named(source: SceneSource, uri: string): SceneSource {
  if (source.description.uri === uri) return source;
  return { ...source, description: { ...source.description, uri } };
}

async function openFolder(target: Target, options: OpenOptions): Promise<SceneSource> {
  const { findProductFile } = await import('./safe/product.ts');
  if (findProductFile(target.path) !== undefined) return openSafeTarget(target, options);
  const entries = listFolder(target.path);
  const products = entries.filter((entry) => entry.isDirectory() && /\.SAFE$/i.test(entry.name));
  if (products.length === 1) {
    return openSafeTarget({ ...target, path: join(target.path, products[0]!.name) }, options);
  }
  const { chooseFiles } = await import('./stack/chooseFiles.ts');
  const rasters = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(target.path, entry.name))
    .filter((path) => isRaster(path));
  if (rasters.length === 0) {
    throw new AppError(
      'unknown-format',
      `The folder ${target.path} holds neither a Sentinel-2 product nor raster files. Name a file, or a folder of single-band files.`,
      { uri: target.uri },
    );
  }
  const files = await chooseFiles(rasters);
  if (files.length === 1) return named(await openScene(files[0]!, options), target.uri);
  const { openStack } = await import('./stack/openStack.ts');
  return openStack(target.uri, files, (path) => openScene(path, shareOf(options, files.length)));
}

/** Files of a folder that are bands: single pictures of a format with its own signature. */
const stackable = new Set(['GeoTIFF', 'JPEG 2000', 'PNG', 'ENVI']);

function isRaster(path: string): boolean {
  const head = readHead(path, headBytes);
  const format = formats.find((candidate) => candidate.matches(head));
  return format !== undefined && stackable.has(format.name);
}

async function openSafeTarget(target: Target, options: OpenOptions): Promise<SceneSource> {
  const { openSafe } = await import('./safe/openSafe.ts');
  return openSafe(target.uri, {
    path: target.path,
    parts: target.choice === '' ? [] : target.choice.split('#'),
    open: (path) => openFile({ uri: path, path, choice: '' }, shareOf(options, safeBands)),
  });
}

/** Bands of a Sentinel-2 product, each a file. */
const safeBands = 13;

function shareOf(options: OpenOptions, files: number): OpenOptions {
  if (options.cacheBytes === undefined) return options;
  return { ...options, cacheBytes: Math.floor(options.cacheBytes / files) };
}

/** Short name of a scene for people: the last part of its path. */
export function sceneName(uri: string): string {
  const first = listed(uri)?.[0] ?? uri;
  const { path, choice } = targetOf(first);
  const name = basename(path);
  return choice === '' ? name : `${name}#${choice}`;
}
