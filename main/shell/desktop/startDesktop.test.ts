import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';

vi.mock('electron', () => import('./testing/recordedElectron.ts'));
const desk = { call: vi.fn(), tile: vi.fn(), dispose: vi.fn(async () => undefined) };
const createDesk = vi.fn((_: { readonly emit: (event: unknown) => void }) => desk);
vi.mock('../../services/desk/createDesk.ts', () => ({ createDesk }));

const base = mkdtempSync(join(tmpdir(), 'prismap-desktop-'));
mkdirSync(join(base, 'window'));
writeFileSync(join(base, 'window', 'index.html'), '<p>window');
vi.mock('../rendererFolder.ts', () => ({ rendererFolder: async () => join(base, 'window') }));
afterAll(() => rmSync(base, { recursive: true }));

const electron = await import('./testing/recordedElectron.ts');
const { menus } = await import('./menu.ts');
const { startDesktop } = await import('./startDesktop.ts');
const { app, argumentsOf, BrowserWindow, MessageChannelMain, recorded } = electron;

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const names = (): string[] => recorded.map(({ name }) => name);

/** A started program with its window open. */
async function started(words: readonly string[] = []): Promise<InstanceType<typeof BrowserWindow>> {
  process.argv = ['electron', '/program', ...words];
  startDesktop();
  app.ready.resolve();
  await settle();
  return BrowserWindow.all[0]!;
}

/** The page asks for its port, as the preload does. */
function connect(
  window: InstanceType<typeof BrowserWindow>,
): typeof electron.RecordedPort.prototype {
  const [, listener] = argumentsOf('ipcMain.handle')[0] as [string, (event: unknown) => void];
  const sender = window.webContents;
  listener({ sender, senderFrame: sender.mainFrame });
  return MessageChannelMain.last!.port1;
}

const said = (): unknown[] => argumentsOf('port.postMessage').map(([message]) => message);

beforeEach(() => {
  electron.reset();
  desk.call.mockReset().mockResolvedValue({});
  desk.dispose.mockClear();
  process.env['PRISMAP_DATA'] = join(base, 'data');
});

test('the sandbox comes first; what has to precede readiness does', async () => {
  const order = ['app.enableSandbox', 'app.setPath', 'app.requestSingleInstanceLock'];
  startDesktop();
  expect(names().slice(0, 4)).toEqual([...order, 'protocol.registerSchemesAsPrivileged']);
  expect(names()).not.toContain('new BrowserWindow');
  app.ready.resolve();
  await settle();
  const later = names();
  expect(later.indexOf('session.setPermissionRequestHandler')).toBeLessThan(
    later.indexOf('new BrowserWindow'),
  );
  expect(later.indexOf('protocol.handle')).toBeLessThan(later.indexOf('window.loadURL'));
});

test('a second start hands over and ends', () => {
  app.isOnlyInstance = false;
  startDesktop();
  expect(names().at(-1)).toBe('app.quit');
  expect(app.listenerCount('second-instance')).toBe(0);
  expect(names()).not.toContain('app.whenReady');
});

describe('files that the system gives', () => {
  const scene = join(base, 'scene one.tif');
  writeFileSync(scene, '');

  test('wait for the window, then go there', async () => {
    const window = await started(['--no-sandbox', scene, '/no/such/file', '.']);
    app.emit('open-file', { preventDefault: vi.fn() }, '/other.tif');
    expect(said()).toEqual([]);
    connect(window);
    const events = said().map((message) => (message as { event: { path: string } }).event.path);
    expect(events).toEqual([scene, process.cwd(), '/other.tif']);
    app.emit('second-instance', {}, ['electron', '/program', 'scene one.tif'], base);
    expect(said().at(-1)).toEqual({ kind: 'event', event: { kind: 'open', path: scene } });
    expect(names().at(-1)).toBe('window.focus');
  });

  test('are not sent twice to a page that was loaded again', async () => {
    const window = await started([scene]);
    connect(window).emit('close');
    const before = said().length;
    connect(window);
    expect([before, said().length]).toEqual([1, 1]);
  });
});

test('a minimised window comes back; a closed one is made anew (macOS)', async () => {
  const window = await started();
  window.minimised = true;
  app.emit('activate');
  expect(names().slice(-2)).toEqual(['window.restore', 'window.focus']);
  BrowserWindow.all = [];
  app.emit('activate');
  expect(BrowserWindow.all.length).toBe(1);
});

test('calls of a page are answered; projects opened are among the recent files', async () => {
  const port = connect(await started());
  desk.call.mockResolvedValue({ path: '/p.gpkg' });
  port.emit('message', {
    data: { kind: 'call', id: 3, name: 'project.open', input: { path: '/p' } },
  });
  await settle();
  expect(said()).toEqual([{ kind: 'result', id: 3, value: { path: '/p.gpkg' } }]);
  port.emit('message', { data: { kind: 'call', id: 4, name: 'project.state', input: {} } });
  await settle();
  expect(argumentsOf('app.addRecentDocument')).toEqual([['/p.gpkg']]);
});

test('a menu speaks to the window', async () => {
  connect(await started());
  type Item = { readonly label?: string; readonly click?: () => void; readonly submenu?: Item[] };
  const [[template]] = argumentsOf('Menu.buildFromTemplate') as [[Item[]]];
  const items = template.flatMap(({ submenu }) => submenu ?? []);
  items.find(({ label }) => label === 'New project')!.click!();
  expect(said()).toEqual([{ kind: 'event', event: { kind: 'command', command: 'project.new' } }]);
});

test('the menus name commands that the window has', () => {
  const folder = fileURLToPath(new URL('../../../renderer/actions', import.meta.url));
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const named = menus.flatMap(([, rows]) =>
    rows.flatMap((row) => (row !== '-' && !('role' in row) ? [row[1]] : [])),
  );
  expect(named.length).toBeGreaterThan(8);
  for (const id of named)
    expect([
      id,
      texts.some((text) => text.includes(`id: '${id}'`) || text.includes(`dialog('${id}'`)),
    ]).toEqual([id, true]);
});

test('the desk is disposed of before the program ends, once', async () => {
  await started();
  const preventDefault = vi.fn();
  app.emit('will-quit', { preventDefault });
  expect(preventDefault).toHaveBeenCalledTimes(1);
  await settle();
  expect(desk.dispose).toHaveBeenCalledTimes(1);
  expect(names().at(-1)).toBe('app.quit');
  app.emit('will-quit', { preventDefault });
  expect(preventDefault).toHaveBeenCalledTimes(1);
});

test('what stops the start is said in a window of its own', async () => {
  createDesk.mockImplementationOnce(() => {
    throw new Error('no disk');
  });
  await started();
  expect(argumentsOf('dialog.showErrorBox')).toEqual([['Prismap could not start', 'no disk']]);
  expect(argumentsOf('app.exit')).toEqual([[1]]);
});

test('a page that died is loaded again, once within ten seconds', async () => {
  const { webContents } = await started();
  webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
  expect(names()).not.toContain('contents.reload');
  webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  webContents.emit('render-process-gone', {}, { reason: 'oom' });
  expect(argumentsOf('contents.reload').length).toBe(1);
});

describe('where the window was', () => {
  const file = join(base, 'data', 'window.json');
  const size = (): unknown => argumentsOf('new BrowserWindow').at(-1)?.[0];

  test('is where it opens again', async () => {
    rmSync(file, { force: true });
    const window = await started();
    expect(size()).toMatchObject({ width: 1440, height: 900 });
    window.emit('close');
    electron.reset();
    await started();
    expect(size()).toMatchObject({ x: 10, y: 20, width: 1000, height: 700 });
    expect(names()).toContain('window.maximize');
  });

  test.each([
    ['nonsense', '{'],
    ['of another form', '{"bounds":{"x":0}}'],
    ['tiny', '{"bounds":{"x":0,"y":0,"width":1,"height":1},"maximised":false}'],
    [
      'on a screen that is gone',
      '{"bounds":{"x":5000,"y":0,"width":900,"height":900},"maximised":false}',
    ],
  ])('%s is not used', async (_, text) => {
    writeFileSync(file, text);
    await started();
    expect(size()).toMatchObject({ width: 1440, height: 900 });
    expect(size()).not.toHaveProperty('x');
  });
});
