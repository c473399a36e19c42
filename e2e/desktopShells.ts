import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { _electron, chromium, type Page } from '@playwright/test';
import configuration from '../playwright.config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A running desktop application, with a data folder of its own. */
export type Desktop = {
  readonly page: Page;
  readonly dataFolder: string;
  /** Chooses a line of the menus. */
  menu(label: string): Promise<void>;
  /** Starts the program once more with these words; resolves when that has ended. */
  startAgain(words: readonly string[]): Promise<void>;
  /** Paths that the system was told to keep as recent files. */
  recent(): Promise<readonly string[]>;
  quit(): Promise<number | null>;
};

export type Launch = (words?: readonly string[]) => Promise<Desktop>;

const launchOptions = (
  configuration.use as { launchOptions: { executablePath?: string; args: string[] } }
).launchOptions;

/** The real main program, preload and window over the stand-in. */
export const launchStandIn: Launch = async (words = []) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-desktop-'));
  const start = (more: readonly string[]) =>
    spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--import',
        pathToFileURL(join(root, 'e2e', 'standIn', 'register.mjs')).href,
        'main/electron.ts',
        ...more,
      ],
      {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: {
          ...process.env,
          PRISMAP_DATA: dataFolder,
          STAND_IN_ARGUMENTS: JSON.stringify(launchOptions.args),
          ...(launchOptions.executablePath === undefined
            ? {}
            : { STAND_IN_CHROMIUM: launchOptions.executablePath }),
        },
      },
    );
  const child = start(words);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const answer = (kind: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      child.on('message', (message: Record<string, unknown>) => {
        if (message['kind'] === kind) resolve(message);
      });
      void ended.then(([code]) => reject(new Error(`The desktop application ended with ${code}.`)));
    });
  const { endpoint } = await answer('shown');
  const browser = await chromium.connectOverCDP(endpoint as string);
  const page = browser
    .contexts()[0]!
    .pages()
    .find((each) => each.url().startsWith('https://prismap'))!;
  return {
    page,
    dataFolder,
    menu: async (label) => void child.send({ kind: 'menu', label }),
    startAgain: async (more) => void (await once(start(more), 'exit')),
    recent: async () => {
      child.send({ kind: 'recent' });
      return (await answer('recent'))['paths'] as string[];
    },
    quit: async () => {
      child.send({ kind: 'quit' });
      const [code] = await ended;
      rmSync(dataFolder, { recursive: true, force: true });
      return code;
    },
  };
};

/** Why Electron itself cannot be started here, or undefined. */
export function whyNoElectron(): string | undefined {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const named = join(folder, 'path.txt');
  const program = existsSync(named) ? join(folder, 'dist', readFileSync(named, 'utf8')) : undefined;
  if (program !== undefined && existsSync(program)) return undefined;
  return "Electron's program is not here: run `npx install-electron` (it is fetched from GitHub).";
}

/** Electron itself. */
export const launchElectron: Launch = async (words = []) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-desktop-'));
  const options = {
    cwd: root,
    env: { ...process.env, PRISMAP_DATA: dataFolder } as Record<string, string>,
  };
  const electron = await _electron.launch({ ...options, args: ['.', ...words] });
  await electron.evaluate(({ app }) => {
    const recent: string[] = [];
    const add = app.addRecentDocument.bind(app);
    app.addRecentDocument = (path) => {
      recent.push(path);
      add(path);
    };
    Object.assign(globalThis, { recent });
  });
  return {
    page: await electron.firstWindow(),
    dataFolder,
    menu: (label) =>
      electron.evaluate(({ Menu }, wanted) => {
        const items = Menu.getApplicationMenu()?.items.flatMap(
          ({ submenu }) => submenu?.items ?? [],
        );
        items?.find((item) => item.label === wanted)?.click();
      }, label),
    startAgain: async (more) => {
      const program = createRequire(import.meta.url)('electron') as unknown as string;
      await once(spawn(program, ['.', ...more], { ...options, stdio: 'ignore' }), 'exit');
    },
    recent: () => electron.evaluate(() => (globalThis as unknown as { recent: string[] }).recent),
    quit: async () => {
      const child = electron.process();
      const ended = once(child, 'exit') as Promise<[number | null]>;
      await electron.evaluate(({ app }) => app.quit());
      const [code] = await ended;
      rmSync(dataFolder, { recursive: true, force: true });
      return code;
    },
  };
};
