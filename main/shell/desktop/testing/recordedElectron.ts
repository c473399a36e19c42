// An `electron` that does nothing and writes down everything: tests look at what the shell asked of it, and in which order.
import { EventEmitter } from 'node:events';

export type Recorded = { readonly name: string; readonly args: readonly unknown[] };

/** Every call since `reset`, in order. */
export const recorded: Recorded[] = [];

const record =
  <Result>(name: string, result?: Result) =>
  (...args: unknown[]): Result => {
    recorded.push({ name, args });
    return result as Result;
  };

/** Arguments of all calls of that name. */
export const argumentsOf = (name: string): readonly (readonly unknown[])[] =>
  recorded.filter((call) => call.name === name).map(({ args }) => args);

export class RecordedContents extends EventEmitter {
  destroyed = false;
  readonly mainFrame = { url: 'app://prismap/', postMessage: record('frame.postMessage') };
  readonly setWindowOpenHandler = record('contents.setWindowOpenHandler');
  readonly reload = record('contents.reload');
  readonly isDestroyed = (): boolean => this.destroyed;
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = [];
  static readonly getAllWindows = (): BrowserWindow[] => BrowserWindow.all;
  readonly webContents = new RecordedContents();
  readonly loadURL = record('window.loadURL', Promise.resolve());
  readonly show = record('window.show');
  readonly focus = record('window.focus');
  readonly maximize = record('window.maximize');
  readonly restore = record('window.restore');
  minimised = false;
  bounds = { x: 10, y: 20, width: 1000, height: 700 };
  readonly isMinimized = (): boolean => this.minimised;
  readonly isMaximized = (): boolean => true;
  readonly getNormalBounds = () => this.bounds;

  constructor(options: unknown) {
    super();
    recorded.push({ name: 'new BrowserWindow', args: [options] });
    BrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
}

class RecordedApp extends EventEmitter {
  isPackaged = false;
  isOnlyInstance = true;
  ready = Promise.withResolvers<void>();
  readonly enableSandbox = record('app.enableSandbox');
  readonly setPath = record('app.setPath');
  readonly quit = record('app.quit');
  readonly exit = record('app.exit');
  readonly addRecentDocument = record('app.addRecentDocument');
  readonly getAppPath = (): string => '/program';
  readonly requestSingleInstanceLock = (): boolean => {
    recorded.push({ name: 'app.requestSingleInstanceLock', args: [] });
    return this.isOnlyInstance;
  };
  readonly whenReady = (): Promise<void> => {
    recorded.push({ name: 'app.whenReady', args: [] });
    return this.ready.promise;
  };
}

export const app = new RecordedApp();
export const protocol = {
  registerSchemesAsPrivileged: record('protocol.registerSchemesAsPrivileged'),
  handle: record('protocol.handle'),
};
export const session = {
  defaultSession: {
    setPermissionRequestHandler: record('session.setPermissionRequestHandler'),
    setPermissionCheckHandler: record('session.setPermissionCheckHandler'),
    setDevicePermissionHandler: record('session.setDevicePermissionHandler'),
  },
};
export const ipcMain = { handle: record('ipcMain.handle') };
export const dialog = { showErrorBox: record('dialog.showErrorBox') };
export const screen = {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
};
export const Menu = {
  buildFromTemplate: record('Menu.buildFromTemplate', {}),
  setApplicationMenu: record('Menu.setApplicationMenu'),
};

export class RecordedPort extends EventEmitter {
  readonly postMessage = record('port.postMessage');
  readonly start = record('port.start');
}
export class MessageChannelMain {
  static last: MessageChannelMain | undefined;
  readonly port1 = new RecordedPort();
  readonly port2 = new RecordedPort();
  constructor() {
    MessageChannelMain.last = this;
  }
}

export class RecordedUtility extends EventEmitter {
  pid: number | undefined;
  readonly stderr = new EventEmitter();
  readonly postMessage = record('utility.postMessage');
  readonly kill = record('utility.kill', true);
}
export const utilityProcess = {
  last: undefined as RecordedUtility | undefined,
  fork: (...args: unknown[]): RecordedUtility => {
    recorded.push({ name: 'utilityProcess.fork', args });
    utilityProcess.last = new RecordedUtility();
    return utilityProcess.last;
  },
};

/** What a preload gets. */
export const contextBridge = { exposeInMainWorld: record('contextBridge.exposeInMainWorld') };
export const ipcRenderer = {
  on: record('ipcRenderer.on'),
  invoke: record('ipcRenderer.invoke', Promise.resolve()),
};
export const webUtils = { getPathForFile: record('webUtils.getPathForFile', '/a.tif') };

/** As at the start of a program. */
export function reset(): void {
  recorded.length = 0;
  app.removeAllListeners();
  app.isPackaged = false;
  app.isOnlyInstance = true;
  app.ready = Promise.withResolvers<void>();
  BrowserWindow.all = [];
}
