import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../app/error.ts';
import { dataFolder } from './dataFolder.ts';
import { confineTo } from './services/desk/confine.ts';
import { createAudience } from './shell/audience.ts';
import { createLoggedDesk } from './shell/loggedDesk.ts';
import { rendererFolder } from './shell/rendererFolder.ts';
import { startHttpHost } from './shell/served/httpHost.ts';
import { createSessions } from './shell/served/sessions.ts';
import { runInChild } from './workers/host.ts';

/** Where the command writes: results and everything else. */
type Streams = { readonly out: (text: string) => void; readonly error: (text: string) => void };

type ServeOptions = {
  readonly port: number;
  readonly open: boolean;
  readonly folders: readonly string[];
  readonly servers: readonly string[];
  readonly json: boolean;
};

export const serveHelp = `prismap serve: the window of the desktop application in a browser on this machine

Usage: prismap serve [OPTIONS]

  --port N                    port on 127.0.0.1 [default: any that is free]
  --open                      open the browser
  --folder DIR                folder whose files may be read and written; may repeat [default: your home folder and this one]
  --server HOST               host of your own network that scenes may be read from; may repeat
  --json                      print {"url": …} and nothing else on standard output

The address holds a key that opens one window; Prismap prints the next one when it was used. Ctrl+C ends Prismap.

Example: prismap serve --open --folder scenes
`;

/**
 * `prismap serve`: runs until `signal` aborts.
 * @throws AppError `usage`
 */
export async function runServer(
  words: readonly string[],
  streams: Streams,
  signal: AbortSignal,
): Promise<void> {
  const options = parseServe(words);
  const renderer = await rendererFolder((text) => streams.error(`${text}\n`));
  const data = dataFolder();
  const uploadsFolder = join(data, 'uploads');
  mkdirSync(uploadsFolder, { recursive: true, mode: 0o700 });
  const audience = createAudience();
  const sessions = createSessions();
  const folders = [...options.folders, uploadsFolder];
  const desk = createLoggedDesk('serve', audience, {
    runTask: runInChild,
    dataFolder: data,
    folders,
    confine: confineTo({ folders: [...folders, data], servers: options.servers }),
  });
  const address = (): string => `http://127.0.0.1:${host.port}/#token=${sessions.issueToken()}`;
  const host = await startHttpHost({
    desk,
    audience,
    sessions,
    rendererFolder: renderer,
    uploadsFolder,
    port: options.port,
    onOpened: () => streams.error(`Open. For another window: ${address()}\n`),
  });
  const url = address();
  if (options.json) streams.out(`${JSON.stringify({ url })}\n`);
  else
    streams.out(
      `Prismap is at ${url}\nIt can be reached from this machine only. Ctrl+C ends it.\n`,
    );
  const forget = options.open ? openBrowser(url, data, streams) : () => undefined;
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    forget();
    await host.close();
    await desk.dispose();
  }
}

/** @throws AppError `usage` */
export function parseServe(words: readonly string[]): ServeOptions {
  const values = parseWords(words);
  const port = Number(values.port ?? '0');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new AppError('usage', `--port needs a number from 0 to 65535, found "${values.port}".`);
  const folders = values.folder ?? [homedir(), process.cwd()];
  return {
    port,
    open: values.open ?? false,
    json: values.json ?? false,
    folders: [...new Set(folders.map((folder) => resolve(folder)))],
    servers: values.server ?? [],
  };
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        port: { type: 'string' },
        open: { type: 'boolean' },
        folder: { type: 'string', multiple: true },
        server: { type: 'string', multiple: true },
        json: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new AppError('usage', `${(error as Error).message} See "prismap serve --help".`);
  }
}

/**
 * Opens the browser through a page that only this user can read: an address on a command line could be read by every user of the
 * machine. Gives a function that removes the page.
 */
function openBrowser(url: string, data: string, streams: Streams): () => void {
  const folder = mkdtempSync(join(data, 'open-'));
  const page = join(folder, 'open.html');
  writeFileSync(page, `<!doctype html><meta http-equiv="refresh" content="0; url=${url}">\n`, {
    mode: 0o600,
  });
  const [command, ...args] = opener(page);
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () =>
    streams.error('No browser could be started: open the address yourself.\n'),
  );
  child.unref();
  return () => rmSync(folder, { recursive: true, force: true });
}

function opener(path: string): [string, ...string[]] {
  if (process.platform === 'darwin') return ['open', path];
  if (process.platform === 'win32') return ['explorer', path];
  return ['xdg-open', path];
}
