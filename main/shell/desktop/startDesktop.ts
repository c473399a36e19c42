import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, BrowserWindow, dialog, MessageChannelMain, protocol, session } from 'electron';
import { errorRecord } from '../../../app/error.ts';
import { dataFolder } from '../../dataFolder.ts';
import type { Desk } from '../../services/desk/createDesk.ts';
import { taskRunner } from '../../workers/host.ts';
import { type Audience, createAudience } from '../audience.ts';
import { createLoggedDesk } from '../loggedDesk.ts';
import { rendererFolder } from '../rendererFolder.ts';
import { appProtocol } from './appProtocol.ts';
import { createWindow } from './createWindow.ts';
import { guardPages, guardSession } from './guard.ts';
import { handle } from './handle.ts';
import { setMenu } from './menu.ts';
import { messagePort } from './messagePort.ts';
import { createOpenedPaths, type OpenedPaths } from './openedPaths.ts';
import { scheme } from './origin.ts';
import { startComputeUtility, startSceneUtility } from './utilityProcesses.ts';

const disposeWithinMs = 5000;

const entry = fileURLToPath(new URL('../../electron.ts', import.meta.url));

/** The desktop application. Everything here happens before Electron is ready, or waits for it. */
export function startDesktop(): void {
  app.enableSandbox();
  const data = dataFolder();
  mkdirSync(data, { recursive: true, mode: 0o700 });
  // Chromium's own files; the lock of the single instance is there, too.
  app.setPath('userData', join(data, 'chromium'));
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  const privileges = { standard: true, secure: true, supportFetchAPI: true, codeCache: true };
  protocol.registerSchemesAsPrivileged([{ scheme, privileges }]);
  guardPages();
  const audience = createAudience();
  const opened = createOpenedPaths([entry, app.getAppPath()], (path) => {
    audience.tell({ kind: 'open', path });
    return audience.size > 0;
  });
  opened.addArguments(process.argv.slice(1), process.cwd());
  app.on('open-file', (event, path) => {
    event.preventDefault();
    opened.add(path);
  });
  app.on('second-instance', (_, words, folder) => opened.addArguments(words.slice(1), folder));
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  void app
    .whenReady()
    .then(() => run(data, audience, opened))
    .catch(giveUp);
}

async function run(data: string, audience: Audience, opened: OpenedPaths): Promise<void> {
  guardSession(session.defaultSession);
  const renderer = await rendererFolder((text) => console.error(text));
  const desk = createLoggedDesk('desktop', audience, {
    runTask: taskRunner(startComputeUtility),
    startTaskProcess: startComputeUtility,
    startSceneProcess: startSceneUtility,
    dataFolder: data,
    folders: [homedir(), parse(homedir()).root],
  });
  disposeAtEnd(desk);
  protocol.handle(scheme, appProtocol(desk, renderer));
  handle('connect', (page) => {
    const { port1, port2 } = new MessageChannelMain();
    audience.add(messagePort(port1), remembering(desk));
    page.mainFrame.postMessage('port', undefined, [port2]);
    opened.flush();
  });
  setMenu((command) => audience.tell({ kind: 'command', command }));
  for (const event of ['activate', 'second-instance', 'open-file'] as const)
    app.on(event as 'activate', () => showWindow(data));
  showWindow(data);
}

/** The window in front; a new one where there is none. */
function showWindow(data: string): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) {
    createWindow(data);
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}

/** Projects that were opened or saved are among the system's recent files. */
function remembering(desk: Desk): Pick<Desk, 'call'> {
  return {
    call: async (name, input, signal) => {
      const result = await desk.call(name, input, signal);
      const path = (result as { readonly path?: unknown } | undefined)?.path;
      if ((name === 'project.open' || name === 'project.saveAs') && typeof path === 'string')
        app.addRecentDocument(path);
      return result;
    },
  };
}

/** The desk ends its processes and closes its files before the program goes. */
function disposeAtEnd(desk: Desk): void {
  let disposed = false;
  app.on('will-quit', (event) => {
    if (disposed) return;
    event.preventDefault();
    const late = new Promise((resolve) => setTimeout(resolve, disposeWithinMs));
    void Promise.race([desk.dispose(), late]).finally(() => {
      disposed = true;
      app.quit();
    });
  });
}

function giveUp(error: unknown): void {
  dialog.showErrorBox('Prismap could not start', errorRecord(error).message);
  app.exit(1);
}
