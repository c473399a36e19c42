import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { type Answer, emptyAnswer } from './answer.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.pmtiles': 'application/octet-stream',
};

/**
 * The built renderer as answers: files of `folder` and nothing else. What is named is decoded once, must be plain, and must after all
 * links are followed still lie in the folder.
 */
export function staticFiles(folder: string): (pathname: string) => Promise<Answer> {
  return async (pathname) => {
    const relative = plainPath(pathname);
    const type = relative === undefined ? undefined : types[extname(relative).toLowerCase()];
    if (relative === undefined || type === undefined) return emptyAnswer(404);
    const body = await readInside(folder, relative);
    if (body === undefined) return emptyAnswer(404);
    // Vite puts a hash of the content into the names under assets/.
    const cache = relative.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-cache';
    return { status: 200, headers: { 'content-type': type, 'cache-control': cache }, body };
  };
}

/** A relative path of plain names, or undefined for anything else: `..`, `.`, backslashes, NUL, drive letters, broken escapes. */
export function plainPath(pathname: string): string | undefined {
  if (pathname === '/') return 'index.html';
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (!decoded.startsWith('/')) return undefined;
  const names = decoded.slice(1).split('/');
  const plain = names.every((name) => /^[\w][\w .@+-]*$/.test(name) && !name.endsWith('.'));
  return plain ? names.join('/') : undefined;
}

/** The file that was opened is the one that was looked at: a link that is put in its place in between is not followed. */
async function readInside(folder: string, relative: string): Promise<Uint8Array | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(join(folder, relative), 'r');
    const opened = await handle.stat();
    const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, relative))]);
    const found = await lstat(path);
    const isSame = found.isFile() && found.dev === opened.dev && found.ino === opened.ino;
    return isSame && path.startsWith(root + sep) ? await handle.readFile() : undefined;
  } catch {
    // Missing or unreadable: the same to who asks.
    return undefined;
  } finally {
    await handle?.close();
  }
}
