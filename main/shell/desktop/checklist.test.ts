// Electron's security checklist, item by item, against what the shell asks of Electron. The numbers are those of Electron's own list.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

vi.mock('electron', () => import('./testing/recordedElectron.ts'));
const desk = {
  call: async () => ({}),
  tile: async () => ({ sampleType: 'uint8', bytes: Uint8Array.of(1, 255) }),
  basemapTile: async () => ({ type: 'image/png', bytes: Uint8Array.of(2, 3) }),
  report: async () => Buffer.from('<!doctype html>'),
  dispose: async () => undefined,
};
vi.mock('../../services/desk/createDesk.ts', () => ({ createDesk: () => desk }));

const base = mkdtempSync(join(tmpdir(), 'prismap-checklist-'));
mkdirSync(join(base, 'window'));
writeFileSync(join(base, 'window', 'index.html'), '<p>window');
writeFileSync(join(base, 'secret.json'), 'secret');
vi.mock('../rendererFolder.ts', () => ({ rendererFolder: async () => join(base, 'window') }));
afterAll(() => rmSync(base, { recursive: true }));

const { app, argumentsOf, BrowserWindow, recorded, RecordedContents } = await import(
  './testing/recordedElectron.ts'
);
const folder = fileURLToPath(new URL('.', import.meta.url));
const sources = readdirSync(folder).filter(
  (name) => /\.(ts|cjs)$/.test(name) && !/\.test\./.test(name),
);
const sourceText = sources.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');

beforeAll(async () => {
  process.env['PRISMAP_DATA'] = join(base, 'data');
  const { startDesktop } = await import('./startDesktop.ts');
  startDesktop();
  app.ready.resolve();
  await vi.waitFor(() => expect(argumentsOf('window.loadURL').length).toBe(1), 20_000);
});

const preferences = (): Record<string, unknown> => {
  const [[options]] = argumentsOf('new BrowserWindow') as [
    [{ webPreferences: Record<string, unknown> }],
  ];
  return options.webPreferences;
};

test('1: only the own scheme is ever loaded', () => {
  expect(argumentsOf('window.loadURL')).toEqual([['app://prismap/']]);
  expect(sourceText).not.toMatch(/https?:\/\//);
});

test('2: pages have nothing of Node', () => {
  expect(preferences()).toMatchObject({
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    nodeIntegrationInWorker: false,
  });
});

test('3: the preload script and the page are apart', () => {
  expect(preferences()).toMatchObject({ contextIsolation: true });
});

test('4: every process is in the sandbox, from the first statement on', () => {
  expect(preferences()).toMatchObject({ sandbox: true });
  expect(recorded[0]?.name).toBe('app.enableSandbox');
});

test.each([
  [6, 'webSecurity'],
  [8, 'allowRunningInsecureContent'],
  [9, 'experimentalFeatures'],
  [10, 'enableBlinkFeatures'],
])('%i: %s is nowhere touched', (_, name) => {
  expect(sourceText).not.toContain(name);
  expect(preferences()).not.toHaveProperty(name);
});

test('11: there is no webview, so none that opens windows', () => {
  expect(preferences()).toMatchObject({ webviewTag: false });
  expect(sourceText).not.toMatch(/allowpopups|<webview/i);
});

test('no other preference is set', () => {
  expect(Object.keys(preferences()).toSorted()).toEqual([
    'contextIsolation',
    'devTools',
    'navigateOnDragDrop',
    'nodeIntegration',
    'nodeIntegrationInSubFrames',
    'nodeIntegrationInWorker',
    'preload',
    'sandbox',
    'webviewTag',
  ]);
  expect(preferences()).toMatchObject({
    preload: join(folder, 'preload.cjs'),
    navigateOnDragDrop: false,
  });
  expect(sourceText).not.toMatch(/bypassCSP/);
});

test('18: file: is never loaded', () => {
  expect(sourceText).not.toMatch(/loadFile|file:\/\//);
});

test('19: fuses are set when a package is made: scripts/package.test.ts has a test for each', () => {
  const packed = readFileSync(new URL('../../../electron-builder.yml', import.meta.url), 'utf8');
  expect(packed).toMatch(/^afterPack: scripts\/fuses\.mjs$/m);
});

test.each([
  'accessibility-events',
  'background-sync',
  'camera',
  'clipboard-read',
  'deprecated-sync-clipboard-read',
  'display-capture',
  'fileSystem',
  'fullscreen',
  'geolocation',
  'hid',
  'idle-detection',
  'keyboardLock',
  'local-fonts',
  'media',
  'mediaKeySystem',
  'microphone',
  'midi',
  'midiSysex',
  'notifications',
  'openExternal',
  'persistent-storage',
  'pointerLock',
  'sensors',
  'serial',
  'speaker-selection',
  'storage-access',
  'top-level-storage-access',
  'unknown',
  'usb',
  'window-management',
])('5: no page gets %s', (permission) => {
  expect(asked(permission, 'app://prismap/')).toEqual([false, false, false]);
});

test('5: only the own page may put text on the clipboard', () => {
  const write = 'clipboard-sanitized-write';
  expect(asked(write, 'app://prismap/')).toEqual([true, true, false]);
  expect(asked(write, 'app://evil/')).toEqual([false, false, false]);
  expect(asked(write, 'https://prismap/')).toEqual([false, false, false]);
});

/** What the three handlers say to a permission: asked for, looked up, of a device. */
function asked(permission: string, page: string): readonly boolean[] {
  type Details = { readonly requestingUrl: string };
  type Request = (
    page: unknown,
    permission: string,
    answer: (granted: boolean) => void,
    details: Details,
  ) => void;
  type Check = (page: unknown, permission: string, origin: string) => boolean;
  const [[request]] = argumentsOf('session.setPermissionRequestHandler') as [[Request]];
  const [[check]] = argumentsOf('session.setPermissionCheckHandler') as [[Check]];
  const [[device]] = argumentsOf('session.setDevicePermissionHandler') as [
    [(details: unknown) => boolean],
  ];
  const granted: boolean[] = [];
  request({}, permission, (answer) => granted.push(answer), { requestingUrl: page });
  return [...granted, check({}, permission, page), device({ deviceType: permission })];
}

describe('7: pages and tiles come with the policy', () => {
  const ask = async (path: string, method = 'GET'): Promise<Response> => {
    const [[scheme, answer]] = argumentsOf('protocol.handle') as [
      [string, (request: Request) => Promise<Response>],
    ];
    expect(scheme).toBe('app');
    return answer(new Request(path, { method }));
  };

  test.each([
    'app://prismap/',
    'app://prismap/none.js',
    'app://prismap/tiles/0123456789abcdef/1/2/3?bands=0&stamp=s',
    'app://prismap/basemap/0123456789abcdef/1/2/3',
  ])('%s', async (path) => {
    const { headers } = await ask(path);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; worker-src 'self'; img-src 'self' blob: data:; style-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('a report has a stricter policy: nothing of it runs', async () => {
    const { headers } = await ask(`app://prismap/reports/${'a'.repeat(43)}`);
    expect(headers.get('content-security-policy')).toBe(
      "sandbox allow-same-origin allow-modals; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    );
    expect((await ask('app://prismap/reports/x')).status).toBe(404);
  });

  test('18: nothing outside the window’s folder is answered', async () => {
    expect(await (await ask('app://prismap/')).text()).toBe('<p>window');
    for (const path of ['app://prismap/..%2fsecret.json', 'app://prismap/%2e%2e%5csecret.json'])
      expect((await ask(path)).status).toBe(404);
    expect((await ask('app://evil/')).status).toBe(403);
    expect((await ask('app://prismap/', 'POST')).status).toBe(405);
  });

  test('tiles have their samples', async () => {
    const tile = await ask('app://prismap/tiles/0123456789abcdef/1/2/3?bands=0&stamp=s');
    expect(tile.headers.get('x-sample-type')).toBe('uint8');
    expect([...new Uint8Array(await tile.arrayBuffer())]).toEqual([1, 255]);
    const picture = await ask('app://prismap/basemap/0123456789abcdef/1/2/3');
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect([...new Uint8Array(await picture.arrayBuffer())]).toEqual([2, 3]);
  });
});

/** A page that the shell did not make, e.g. one of a window that some bug opened. */
function newPage(): InstanceType<typeof RecordedContents> {
  const contents = new RecordedContents();
  app.emit('web-contents-created', {}, contents);
  return contents;
}

test('12: no page embeds another', () => {
  const preventDefault = vi.fn();
  newPage().emit('will-attach-webview', { preventDefault }, {}, {});
  expect(preventDefault).toHaveBeenCalledTimes(1);
});

/** Addresses that are none of the window's pages. */
const elsewhere = [
  'http://prismap/',
  'https://prismap/',
  'http://127.0.0.1/',
  'https://evil.example/',
  'app://evil/',
  'app://prismap.evil/',
  'app://evil.prismap/',
  'app://prismap:80/',
  'app://PRISMAP/',
  'app://prismap%2eevil/',
  'app://prismap@evil/',
  'app://user@prismap/',
  'app://user:word@prismap/',
  'app://:word@prismap/',
  'app:prismap/',
  'app:/prismap/',
  'app:///prismap/',
  'app://',
  'app:',
  'apps://prismap/',
  'application://prismap/',
  'app+x://prismap/',
  ' http://prismap/',
  'file:///etc/passwd',
  'file://prismap/',
  'file:///C:/windows',
  'javascript:alert(1)',
  'javascript://prismap/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'blob:app://prismap/0-0',
  'filesystem:app://prismap/temporary/a',
  'view-source:app://prismap/',
  'about:blank',
  'about:srcdoc',
  'chrome://gpu',
  'devtools://devtools/bundled/inspector.html',
  'chrome-extension://abcdefghijklmnop/',
  'ftp://prismap/',
  'ws://prismap/',
  'mailto:a@example.org',
  'ms-msdt:/id',
  'smb://server/share',
  '\\\\server\\share',
  '//prismap/',
  '/index.html',
  '',
];

test.each(elsewhere)('13: no page goes to %j', (url) => {
  const page = newPage();
  for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect']) {
    const preventDefault = vi.fn();
    page.emit(event, { url, preventDefault });
    expect([event, preventDefault.mock.calls.length]).toEqual([event, 1]);
  }
});

test('13: more than forty of them, and the own pages are open', () => {
  expect(new Set(elsewhere).size).toBeGreaterThan(40);
  const preventDefault = vi.fn();
  newPage().emit('will-navigate', { url: 'app://prismap/index.html?a#b', preventDefault });
  expect(preventDefault).not.toHaveBeenCalled();
});

test('14: no page opens a window', () => {
  newPage();
  const handlers = argumentsOf('contents.setWindowOpenHandler') as [() => unknown][];
  expect(handlers.length).toBeGreaterThan(BrowserWindow.all.length);
  for (const [answer] of handlers) expect(answer()).toEqual({ action: 'deny' });
});

test('15: nothing is opened outside the program', () => {
  expect(sourceText).not.toMatch(/openExternal|openPath|showItemInFolder|child_process/);
});

describe('17: who may speak to the main process', () => {
  type Listener = (event: unknown) => void;
  const channels = argumentsOf as unknown as (name: string) => [string, Listener][];
  const frame = { url: 'app://prismap/', postMessage: vi.fn() };
  const page = (frames: { mainFrame: unknown }, destroyed = false) => ({
    ...frames,
    isDestroyed: () => destroyed,
  });

  const strangers: Readonly<Record<string, unknown>> = {
    'a frame inside the page': {
      sender: page({ mainFrame: frame }),
      senderFrame: { ...frame },
    },
    'a page of elsewhere': (() => {
      const other = { ...frame, url: 'https://evil.example/' };
      return { sender: page({ mainFrame: other }), senderFrame: other };
    })(),
    'a page of a look-alike': (() => {
      const other = { ...frame, url: 'app://prismap.evil/' };
      return { sender: page({ mainFrame: other }), senderFrame: other };
    })(),
    'a frame that has gone': { sender: page({ mainFrame: frame }), senderFrame: null },
    'a page that has gone': { sender: page({ mainFrame: frame }, true), senderFrame: frame },
  };

  test.each(Object.entries(strangers))('not %s', (_, event) => {
    const before = recorded.length;
    // Every channel that there is.
    const all = channels('ipcMain.handle');
    expect(all.map(([channel]) => channel)).toEqual(['connect']);
    for (const [, listener] of all) expect(() => listener(event)).toThrow(/was refused/);
    expect(recorded.length).toBe(before);
  });

  test('the page itself', () => {
    const [[, listener]] = channels('ipcMain.handle') as [[string, Listener]];
    listener({ sender: page({ mainFrame: frame }), senderFrame: frame });
    expect(frame.postMessage).toHaveBeenCalledWith('port', undefined, [expect.anything()]);
  });

  test('by one way alone', () => {
    const users = sources.filter((name) =>
      readFileSync(join(folder, name), 'utf8').includes('ipcMain'),
    );
    expect(users).toEqual(['handle.ts']);
  });
});

describe('20: what the page gets of Electron', () => {
  const posted: unknown[][] = [];
  const window = {
    location: { origin: 'app://prismap' },
    postMessage: (...args: unknown[]) => posted.push(args),
  };
  let exposed: Record<string, (...args: unknown[]) => unknown>;

  beforeAll(async () => {
    const electron = await import('./testing/recordedElectron.ts');
    const code = readFileSync(join(folder, 'preload.cjs'), 'utf8');
    // As Electron runs it: a script with `require`.
    vm.runInNewContext(code, { require: () => electron, window });
    exposed = (argumentsOf('contextBridge.exposeInMainWorld')[0] as [string, typeof exposed])[1];
  });

  test('two functions by name', () => {
    expect(argumentsOf('contextBridge.exposeInMainWorld').map(([name]) => name)).toEqual([
      'prismap',
    ]);
    expect(Object.keys(exposed)).toEqual(['connect', 'pathOf']);
  });

  test('they give nothing of Electron away', () => {
    expect(exposed['connect']!('other channel', 'word')).toBeUndefined();
    expect(argumentsOf('ipcRenderer.invoke')).toEqual([['connect']]);
    expect(exposed['pathOf']!({ name: 'a.tif' })).toBe('/a.tif');
  });

  test('the port is passed on to the page’s own origin, without the event', () => {
    const [[channel, listener]] = argumentsOf('ipcRenderer.on') as [
      [string, (event: unknown) => void],
    ];
    expect(channel).toBe('port');
    listener({ ports: ['port'], sender: 'secret' });
    expect(posted).toEqual([['prismap-port', 'app://prismap', ['port']]]);
  });
});

test('16: Electron is one of the versions that are kept safe', () => {
  const { version } = createRequire(import.meta.url)('electron/package.json') as {
    version: string;
  };
  // Electron supports its three newest majors; raise this with the packages, it is the newest that was known then.
  const newestKnown = 45;
  expect(newestKnown - Number(version.split('.')[0])).toBeLessThan(2);
});
