import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, BrowserWindow } from 'electron';
import { startPage } from './origin.ts';
import { keepWindowState, readWindowState } from './windowState.ts';

const preload = fileURLToPath(new URL('./preload.cjs', import.meta.url));
const icon = fileURLToPath(new URL('../../../resources/icons/256x256.png', import.meta.url));
const smallest = { minWidth: 900, minHeight: 600 };

/** The window, where it was the last time. */
export function createWindow(dataFolder: string): BrowserWindow {
  const stateFile = join(dataFolder, 'window.json');
  const state = readWindowState(stateFile);
  const window = new BrowserWindow({
    ...smallest,
    ...(state?.bounds ?? { width: 1440, height: 900 }),
    title: 'Prismap',
    show: false,
    // Windows and macOS take it from the program's file.
    ...(process.platform === 'linux' ? { icon } : {}),
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      devTools: !app.isPackaged,
    },
  });
  if (state?.maximised === true) window.maximize();
  window.once('ready-to-show', () => window.show());
  keepWindowState(window, stateFile);
  reloadAfterCrash(window);
  void window.loadURL(startPage);
  return window;
}

/** A page that died comes back with the project as it was; one that dies again at once is left, so that it does not go on for ever. */
function reloadAfterCrash(window: BrowserWindow): void {
  let last = 0;
  window.webContents.on('render-process-gone', (_, { reason }) => {
    if (reason === 'clean-exit' || Date.now() - last < 10_000) return;
    last = Date.now();
    window.webContents.reload();
  });
}
