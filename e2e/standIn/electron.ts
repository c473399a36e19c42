// A stand-in for the module `electron`: what main/shell/desktop asks of it, over a page of Playwright's Chromium. The real main program,
// preload and window run on it where Electron's own program cannot be had. A test drives it by messages (see ../desktopShells.ts).
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type BrowserContext,
  chromium,
  type Page,
  type Request as PageRequest,
} from '@playwright/test';
import { MessageChannelMain, MessagePortMain } from './messagePorts.ts';
import { preloadScript } from './preloadScript.ts';

export { MessageChannelMain };

/** Chromium knows no `app:`; the page's addresses are these, and everyone else hears the others. */
const inPage = 'https://prismap.app/';
const inMain = 'app://prismap/';
const toPage = (address: string): string => address.replace(inMain, inPage);
const toMain = (address: string): string => address.replace(inPage, inMain);

class App extends EventEmitter {
  readonly isPackaged = false;
  readonly recent: string[] = [];
  readonly #paths = new Map<string, string>();

  enableSandbox = (): void => undefined;
  getAppPath = (): string => process.cwd();
  setPath = (name: string, path: string): void => {
    mkdirSync(path, { recursive: true });
    this.#paths.set(name, path);
  };
  getPath = (name: string): string => this.#paths.get(name) ?? '.';
  addRecentDocument = (path: string): void => void this.recent.push(path);
  whenReady = async (): Promise<void> => {
    await locked;
  };
  requestSingleInstanceLock = (): boolean => {
    // Asked synchronously, known a moment later: a second instance ends itself before it is ready.
    locked = lock(join(this.getPath('userData'), 'instance'));
    return true;
  };
  quit = (): void => void this.#leave();
  exit = (code = 0): void => process.exit(code);

  async #leave(): Promise<void> {
    let prevented = false;
    this.emit('will-quit', { preventDefault: () => (prevented = true) });
    if (prevented) return;
    await (await browser)?.close();
    process.exit(0);
  }
}

export const app = new App();
let locked: Promise<void> = Promise.resolve();
let browser: Promise<BrowserContext> | undefined;

/** The first to listen is the instance; a later one tells it its words and ends. */
function lock(socketPath: string): Promise<void> {
  return new Promise((resolve) => {
    const first = connect(socketPath, () => {
      first.end(JSON.stringify({ words: process.argv, folder: process.cwd() }), () =>
        process.exit(0),
      );
    });
    first.on('error', () => {
      rmSync(socketPath, { force: true });
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        let text = '';
        socket.on('data', (data) => (text += data.toString()));
        socket.on('end', () => {
          const { words, folder } = JSON.parse(text) as { words: string[]; folder: string };
          app.emit('second-instance', {}, words, folder);
          socket.end();
        });
      });
      server.listen(socketPath, resolve);
      server.unref();
    });
  });
}

type Answer = (request: Request) => Promise<Response>;
let answerPage: Answer | undefined;
export const protocol = {
  registerSchemesAsPrivileged: (): void => undefined,
  handle: (_: string, answer: Answer): void => {
    answerPage = answer;
  },
};

type PermissionCheck = (page: unknown, permission: string) => boolean;
export const session = {
  defaultSession: {
    setPermissionRequestHandler: (): void => undefined,
    setPermissionCheckHandler: (_: PermissionCheck): void => undefined,
    setDevicePermissionHandler: (): void => undefined,
  },
};

type Listener = (event: unknown, ...args: unknown[]) => unknown;
const channels = new Map<string, Listener>();
export const ipcMain = {
  handle: (channel: string, listener: Listener): void => void channels.set(channel, listener),
};

type MenuItem = {
  readonly label?: string;
  readonly click?: () => void;
  readonly submenu?: MenuItem[];
};
let menu: MenuItem[] = [];
export const Menu = {
  buildFromTemplate: (template: MenuItem[]): MenuItem[] => template,
  setApplicationMenu: (template: MenuItem[]): void => {
    menu = template;
  },
};
export const dialog = {
  showErrorBox: (title: string, text: string): void => console.error(`${title}: ${text}`),
};
export const screen = {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
};

/** The page as the main program sees it. */
class Contents extends EventEmitter {
  page: Page | undefined;
  windowOpened: () => { readonly action: string } = () => ({ action: 'allow' });
  readonly mainFrame = {
    /** Address of the page, told by the window. */
    url: '',
    postMessage: (channel: string, _: unknown, ports: readonly MessagePortMain[]): void => {
      const [port] = ports;
      port?.moveTo(this.page!, channel);
    },
  };
  isDestroyed = (): boolean => this.page?.isClosed() ?? false;
  reload = (): void => void this.page?.reload();
  setWindowOpenHandler = (answer: () => { readonly action: string }): void => {
    this.windowOpened = answer;
  };
}

type WindowOptions = {
  readonly width: number;
  readonly height: number;
  readonly webPreferences: { readonly preload: string };
};

export class BrowserWindow extends EventEmitter {
  static readonly #all = new Set<BrowserWindow>();
  static getAllWindows = (): BrowserWindow[] => [...BrowserWindow.#all];

  readonly webContents = new Contents();
  readonly #page: Promise<Page>;
  readonly #options: WindowOptions;

  constructor(options: WindowOptions) {
    super();
    this.#options = options;
    BrowserWindow.#all.add(this);
    app.emit('web-contents-created', {}, this.webContents);
    this.#page = this.#open();
  }

  loadURL = async (address: string): Promise<void> => {
    const page = await this.#page;
    await page.goto(toPage(address));
    this.emit('ready-to-show');
  };
  show = (): void => void process.send?.({ kind: 'shown', endpoint: endpoint() });
  focus = (): void => void this.#page.then((page) => page.bringToFront());
  maximize = (): void => undefined;
  restore = (): void => undefined;
  isMinimized = (): boolean => false;
  isMaximized = (): boolean => false;
  getNormalBounds = () => ({
    x: 0,
    y: 0,
    width: this.#options.width,
    height: this.#options.height,
  });

  async #open(): Promise<Page> {
    browser ??= launch();
    const context = await browser;
    const page =
      context.pages().find((each) => each.url() === 'about:blank') ?? (await context.newPage());
    this.webContents.page = page;
    const { width, height } = this.#options;
    await page.setViewportSize({ width, height });
    await page.exposeBinding('standInInvoke', ({ frame }, channel: string) =>
      channels.get(channel)?.({ sender: this.webContents, senderFrame: this.#frameOf(frame) }),
    );
    await page.exposeBinding('standInPort', (_, port: number, message: unknown) =>
      MessagePortMain.receive(port, message),
    );
    await page.addInitScript(
      preloadScript(readFileSync(this.#options.webPreferences.preload, 'utf8')),
    );
    await page.route('**/*', (route, request) => this.#answer(request, route));
    page.on('framenavigated', (frame) => {
      if (frame !== page.mainFrame()) return;
      MessagePortMain.closeAll(page);
      this.webContents.mainFrame.url = toMain(frame.url());
    });
    page.on('popup', (popup) => {
      if (this.webContents.windowOpened().action === 'deny') void popup.close();
    });
    page.on('close', () => this.#closed(page));
    return page;
  }

  #frameOf(frame: { parentFrame(): unknown; url(): string }): unknown {
    return frame.parentFrame() === null ? this.webContents.mainFrame : { url: toMain(frame.url()) };
  }

  async #answer(
    request: PageRequest,
    route: Parameters<Parameters<Page['route']>[1]>[0],
  ): Promise<void> {
    const address = toMain(request.url());
    // An answer without content leaves the page where it is, as a prevented navigation does.
    if (request.isNavigationRequest() && this.#isPrevented(address, request))
      return route.fulfill({ status: 204 });
    if (!address.startsWith(inMain) || answerPage === undefined) return route.abort();
    const gone = new AbortController();
    request
      .frame()
      .page()
      .once('close', () => gone.abort());
    const failed = (other: PageRequest): void => {
      if (other === request) gone.abort();
    };
    request.frame().page().on('requestfailed', failed);
    try {
      const answer = await answerPage(
        new Request(address, { method: request.method(), signal: gone.signal }),
      );
      const body = Buffer.from(await answer.arrayBuffer());
      await route.fulfill({
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body,
      });
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    } finally {
      request.frame().page().off('requestfailed', failed);
    }
  }

  #isPrevented(url: string, request: PageRequest): boolean {
    // A page that the main program loads itself is not asked about.
    if (this.webContents.mainFrame.url === '' && url === inMain) return false;
    let prevented = false;
    const event = { url, preventDefault: () => (prevented = true) };
    if (request.frame().parentFrame() === null) this.webContents.emit('will-navigate', event);
    this.webContents.emit('will-frame-navigate', event);
    return prevented;
  }

  #closed(page: Page): void {
    MessagePortMain.closeAll(page);
    this.emit('close');
    BrowserWindow.#all.delete(this);
    this.emit('closed');
    if (BrowserWindow.#all.size === 0) app.emit('window-all-closed');
  }
}

async function launch(): Promise<BrowserContext> {
  const executablePath = process.env['STAND_IN_CHROMIUM'];
  return chromium.launchPersistentContext(app.getPath('userData'), {
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [
      ...(JSON.parse(process.env['STAND_IN_ARGUMENTS'] ?? '[]') as string[]),
      '--remote-debugging-port=0',
    ],
  });
}

/** Where a test can join in. */
function endpoint(): string {
  const [port] = readFileSync(join(app.getPath('userData'), 'DevToolsActivePort'), 'utf8').split(
    '\n',
  );
  return `http://127.0.0.1:${port}`;
}

type ForkOptions = {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdio: string | readonly string[];
  readonly execArgv?: readonly string[];
};

export const utilityProcess = {
  fork: (entry: string, words: readonly string[], options: ForkOptions) => {
    const shim = pathToFileURL(join(import.meta.dirname, 'parentPort.mjs')).href;
    const stderr = Array.isArray(options.stdio) ? 'pipe' : 'ignore';
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        ...(options.execArgv ?? []),
        '--import',
        shim,
        entry,
        ...words,
      ],
      {
        stdio: ['ignore', 'ignore', stderr, 'ipc'],
        serialization: 'advanced',
        env: options.env ?? process.env,
      },
    );
    const utility = Object.assign(new EventEmitter(), {
      pid: undefined as number | undefined,
      stderr: child.stderr,
      postMessage: (message: object) => {
        if (child.connected) child.send(message, () => undefined);
      },
      kill: () => child.kill('SIGTERM'),
    });
    child.on('spawn', () => {
      utility.pid = child.pid;
      utility.emit('spawn');
    });
    child.on('message', (message) => utility.emit('message', message));
    child.on('close', (code, signal) =>
      utility.emit('exit', code ?? (signal === 'SIGKILL' ? 9 : 1)),
    );
    return utility;
  },
};

/** What a test asks for. */
type Wish =
  | { readonly kind: 'menu'; readonly label: string }
  | { readonly kind: 'emit'; readonly event: string; readonly path: string }
  | { readonly kind: 'recent' }
  | { readonly kind: 'quit' };

process.on('message', (wish: Wish) => {
  if (wish.kind === 'quit') app.quit();
  if (wish.kind === 'recent') process.send?.({ kind: 'recent', paths: app.recent });
  if (wish.kind === 'emit') app.emit(wish.event, { preventDefault: () => undefined }, wish.path);
  if (wish.kind !== 'menu') return;
  const items = menu.flatMap(({ submenu }) => submenu ?? []);
  items.find(({ label }) => label === wish.label)?.click?.();
});
