import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { createAudience } from '../audience.ts';
import { type HttpHost, startHttpHost } from './httpHost.ts';
import { createSessions } from './sessions.ts';

const base = mkdtempSync(join(tmpdir(), 'prismap-host-'));
mkdirSync(join(base, 'window'));
writeFileSync(join(base, 'window', 'index.html'), '<p>window');

const sessions = createSessions();
const tile = vi.fn<(_: unknown, signal: AbortSignal) => Promise<Tile | undefined>>();
type Tile = { readonly sampleType: string; readonly bytes: Uint8Array };
const basemapTile = vi.fn<(_: unknown, signal: AbortSignal) => Promise<Picture | undefined>>();
const report = vi.fn<(ticket: string) => Promise<Uint8Array | undefined>>();
type Picture = { readonly type: string; readonly bytes: Uint8Array };
const onOpened = vi.fn();
let host: HttpHost;
let session: string;

beforeAll(async () => {
  host = await startHttpHost({
    desk: { call: async () => ({}), tile, basemapTile, report },
    audience: createAudience(),
    sessions,
    rendererFolder: join(base, 'window'),
    uploadsFolder: join(base, 'uploads'),
    port: 0,
    onOpened,
  });
  session = sessions.redeem(sessions.issueToken())!;
});
afterAll(async () => {
  await host.close();
  rmSync(base, { recursive: true });
});

type Raw = { readonly status: number; readonly text: string; readonly headers: string };

/** One request byte by byte, so that Host, Origin and target are ours. */
function raw(
  lines: readonly string[],
  body = '',
  method = 'GET /',
  version = 'HTTP/1.1',
): Promise<Raw> {
  const request = [`${method} ${version}`, ...lines, 'Connection: close', '', body].join('\r\n');
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(host.port, '127.0.0.1', () =>
      socket.write(request.replaceAll('PORT', `${host.port}`)),
    );
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const [headers = '', rest = ''] = text.split('\r\n\r\n');
      resolve({ status: Number(text.slice(9, 12)), text: rest, headers: headers.toLowerCase() });
    });
  });
}

const own = 'Host: 127.0.0.1:PORT';
const ownOrigin = 'Origin: http://127.0.0.1:PORT';
const address = 'GET /tiles/0123456789abcdef/1/2/3?bands=0,5&stamp=s';

describe('who the request says it speaks to', () => {
  test.each([own, 'Host: localhost:PORT'])('%s is answered', async (line) => {
    expect(await raw([line])).toMatchObject({ status: 200, text: '<p>window' });
  });

  test.each([
    'Host: evil.example',
    'Host: evil.example:PORT',
    'Host: 127.0.0.1',
    'Host: 127.0.0.1:1',
    'Host: 127.0.0.1:PORT.evil.example',
    'Host: 127.0.0.1.evil.example:PORT',
    'Host: localhost.evil.example:PORT',
    'Host: localhost.:PORT',
    'Host: LOCALHOST:PORT',
    'Host: [::1]:PORT',
    'Host: [::ffff:127.0.0.1]:PORT',
    'Host: 2130706433:PORT',
    'Host: 0x7f000001:PORT',
    'Host: 0177.0.0.1:PORT',
    'Host: 127.1:PORT',
    'Host: 0.0.0.0:PORT',
    'Host: user@127.0.0.1:PORT',
    'Host:',
  ])('%s is refused', async (line) => {
    const { status, text } = await raw([line]);
    expect([status, text]).toEqual([403, '']);
  });

  test('no host, two hosts and another form of target are refused', async () => {
    expect((await raw(['Accept: */*'])).status).toBe(400);
    // before HTTP/1.1 nobody had to name one
    expect((await raw(['Accept: */*'], '', 'GET /', 'HTTP/1.0')).status).toBe(403);
    expect((await raw(['Accept: */*'], '', 'PUT /uploads/x', 'HTTP/1.0')).status).toBe(403);
    expect([400, 403]).toContain((await raw([own, 'Host: evil.example'])).status);
    expect((await raw([own], '', 'GET http://evil.example/')).status).toBe(403);
    expect((await raw([own], '', 'GET //evil.example/')).status).toBe(403);
  });

  test('who asks for the head alone gets the length and no page', async () => {
    const { status, text, headers } = await raw([own], '', 'HEAD /');
    expect([status, text]).toEqual([200, '']);
    expect(headers).toContain(`content-length: ${'<p>window'.length}`);
  });

  test('a page of another name that resolves to this machine gets nothing (DNS rebinding)', async () => {
    const lines = ['Host: evil.example:PORT', 'Origin: http://evil.example:PORT'];
    const token = JSON.stringify({ token: sessions.issueToken() });
    expect((await raw(lines, '', address)).status).toBe(403);
    const post = [...lines, `Content-Length: ${token.length}`];
    expect((await raw(post, token, 'POST /session')).status).toBe(403);
  });
});

const foreignOrigins = [
  'http://evil.example',
  'null',
  'http://127.0.0.1',
  'http://127.0.0.1:1',
  'https://127.0.0.1:PORT',
  'http://localhost:PORT',
  'http://127.0.0.1:PORT.evil.example',
  'http://127.0.0.1@evil.example',
  'http://localhost.evil.example',
  'file://',
  'HTTP://127.0.0.1:PORT',
];

describe('which page asks', () => {
  test.each(foreignOrigins)('%s may not ask for anything', async (origin) => {
    const lines = [own, `Origin: ${origin}`, `x-prismap-session: ${session}`];
    tile.mockResolvedValue(undefined);
    expect((await raw(lines, '', address)).status).toBe(403);
    const put = [...lines, 'Content-Length: 1'];
    expect((await raw(put, 'x', 'PUT /uploads/a.tif')).status).toBe(403);
  });

  test('what changes something needs an Origin', async () => {
    const body = JSON.stringify({ token: sessions.issueToken() });
    const lines = [own, `Content-Length: ${body.length}`];
    expect((await raw(lines, body, 'POST /session')).status).toBe(403);
    expect((await raw([...lines, 'Content-Type: text/plain'], body, 'POST /session')).status).toBe(
      403,
    );
    expect((await raw([...lines, ownOrigin], body, 'POST /session')).status).toBe(200);
  });

  test('scripts and images of other sites get nothing, even without an Origin', async () => {
    for (const site of ['cross-site', 'same-site', 'none'])
      expect((await raw([own, `Sec-Fetch-Site: ${site}`, 'Sec-Fetch-Mode: no-cors'])).status).toBe(
        403,
      );
    const link = [own, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'];
    expect((await raw(link)).status).toBe(200);
  });

  test('a preflight gets no permission', async () => {
    const lines = [own, 'Origin: http://evil.example', 'Access-Control-Request-Method: PUT'];
    const { status, headers } = await raw(lines, '', 'OPTIONS /uploads/a.tif');
    expect(status).toBe(403);
    expect(headers).not.toContain('access-control');
    expect((await raw([own, ownOrigin], '', 'OPTIONS /uploads/a.tif')).status).toBe(405);
  });
});

test('every answer guards itself', async () => {
  for (const answer of [
    await raw([own]),
    await raw(['Host: evil.example']),
    await raw([own], '', address),
  ])
    for (const line of [
      "content-security-policy: default-src 'none'; script-src 'self';",
      "frame-ancestors 'none'",
      'x-content-type-options: nosniff',
      'referrer-policy: no-referrer',
      'cross-origin-opener-policy: same-origin',
      'cross-origin-embedder-policy: require-corp',
      'cross-origin-resource-policy: same-origin',
    ])
      expect(answer.headers).toContain(line);
  const { headers } = await raw([own]);
  expect(headers).toContain(`connect-src 'self' ws://127.0.0.1:${host.port};`);
  expect(headers).not.toMatch(/unsafe|set-cookie|server:|x-powered/);
  expect((await raw(['Host: evil.example'])).headers).not.toContain('evil');
});

describe('keys', () => {
  const trade = async (body: string): Promise<Raw> =>
    raw([own, ownOrigin, `Content-Length: ${Buffer.byteLength(body)}`], body, 'POST /session');

  test('a token opens one window once', async () => {
    onOpened.mockClear();
    const token = sessions.issueToken();
    const first = await trade(JSON.stringify({ token }));
    const { session: key } = JSON.parse(first.text) as { session: string };
    expect(sessions.isOpen(key)).toBe(true);
    expect((await trade(JSON.stringify({ token }))).status).toBe(403);
    expect(onOpened).toHaveBeenCalledTimes(1);
  });

  test('nothing but a token that was issued opens a window', async () => {
    const token = sessions.issueToken();
    const wrong = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    const bodies = [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '{"token":1}',
      '{"token":""}',
      '"x"',
      'x'.repeat(5000),
    ];
    for (const body of [
      ...bodies,
      JSON.stringify({ token: wrong }),
      JSON.stringify({ token: session }),
    ])
      expect((await trade(body)).status).toBe(403);
    expect((await trade(JSON.stringify({ token }))).status).toBe(200);
  });

  test.each([
    ['none', []],
    ['wrong', ['x-prismap-session: AAAA']],
    ['twice', ['x-prismap-session: KEY', 'x-prismap-session: KEY']],
    ['as a cookie', ['Cookie: x-prismap-session=KEY']],
    ['as authorisation', ['Authorization: Bearer KEY']],
  ])('no tile and no upload with key %s', async (_, lines) => {
    const headers = [own, ownOrigin, ...lines.map((line) => line.replace('KEY', session))];
    expect((await raw(headers, '', address)).status).toBe(401);
    expect((await raw(headers, '', `${address}&session=${session}`)).status).toBe(401);
    const put = [...headers, 'Content-Length: 1'];
    expect((await raw(put, 'x', 'PUT /uploads/a.tif')).status).toBe(401);
    expect((await raw([...headers, 'Content-Length: 0'], '', 'POST /token')).status).toBe(401);
  });

  test('a window with a key can open another', async () => {
    const lines = [own, ownOrigin, `x-prismap-session: ${session}`, 'Content-Length: 0'];
    const { token } = JSON.parse((await raw(lines, '', 'POST /token')).text) as { token: string };
    expect(sessions.redeem(token)).toBeDefined();
    expect(sessions.redeem(token)).toBeUndefined();
  });
});

describe('tiles', () => {
  const ask = (signal?: AbortSignal, query = 'bands=0,5&stamp=s'): Promise<Response> =>
    fetch(`http://127.0.0.1:${host.port}/tiles/0123456789abcdef/1/2/3?${query}`, {
      headers: { 'x-prismap-session': session },
      signal: signal ?? null,
    });

  test('samples come as they are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    tile.mockResolvedValue({ sampleType: 'uint16', bytes });
    const response = await ask();
    expect(response.headers.get('x-sample-type')).toBe('uint16');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(tile.mock.lastCall?.[0]).toEqual({
      scene: '0123456789abcdef',
      z: 1,
      x: 2,
      y: 3,
      bands: [0, 5],
      stamp: 's',
    });
  });

  test('outside, wrong and failed', async () => {
    tile.mockResolvedValue(undefined);
    expect((await ask()).status).toBe(204);
    expect((await ask(undefined, 'bands=-1')).status).toBe(400);
    tile.mockRejectedValue(new AppError('not-found', 'The scene is gone.'));
    const gone = await ask();
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({ error: { message: 'The scene is gone.' } });
  });

  test('a request that is given up cancels its reading', async () => {
    const heard = Promise.withResolvers<void>();
    tile.mockImplementation((_, signal) => {
      signal.addEventListener('abort', () => heard.resolve());
      return new Promise(() => undefined);
    });
    const controller = new AbortController();
    const asked = ask(controller.signal);
    await vi.waitFor(() => expect(tile.mock.lastCall?.[1].aborted).toBe(false), 20_000);
    controller.abort();
    await expect(asked).rejects.toThrow();
    await heard.promise;
  });
});

test('basemaps: a picture, none, no address, a refusal, and nothing without the key', async () => {
  const ask = (path: string, key = session): Promise<Response> =>
    fetch(`http://127.0.0.1:${host.port}${path}`, { headers: { 'x-prismap-session': key } });
  const path = '/basemap/0123456789abcdef/4/5/6';
  basemapTile.mockResolvedValue({ type: 'image/png', bytes: Uint8Array.of(1, 2, 3) });
  const picture = await ask(path);
  expect(picture.headers.get('content-type')).toBe('image/png');
  expect(new Uint8Array(await picture.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
  expect(basemapTile.mock.lastCall?.[0]).toEqual({ basemap: '0123456789abcdef', z: 4, x: 5, y: 6 });
  basemapTile.mockResolvedValue(undefined);
  expect((await ask(path)).status).toBe(204);
  expect((await ask('/basemap/0123456789abcdef/4/5/-6')).status).toBe(400);
  basemapTile.mockRejectedValue(new AppError('not-readable', 'Not allowed.'));
  expect((await ask(path)).status).toBe(403);
  expect((await ask(path, 'wrong')).status).toBe(401);
});

test('reports: one for its ticket, under a policy of its own that runs nothing', async () => {
  const ticket = 'a-Z_9'.padEnd(43, '0');
  const ask = (lines: readonly string[] = []): Promise<Raw> =>
    raw([own, ...lines], '', `GET /reports/${ticket}`);
  report.mockResolvedValue(Buffer.from('<!doctype html><title>report</title>'));
  const { status, text, headers } = await ask();
  expect([status, text]).toEqual([200, '<!doctype html><title>report</title>']);
  expect(report.mock.lastCall).toEqual([ticket]);
  expect(headers.match(/^content-security-policy: .*$/gm)).toEqual([
    "content-security-policy: sandbox allow-same-origin allow-modals; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
  ]);
  for (const line of [
    'content-type: text/html; charset=utf-8',
    'x-frame-options: sameorigin',
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    'cross-origin-resource-policy: same-origin',
  ])
    expect(headers).toContain(line);
  const framed = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'];
  expect((await ask(framed)).status).toBe(403);
  expect((await ask(['Origin: http://evil.example'])).status).toBe(403);
  report.mockResolvedValue(undefined);
  expect(await ask()).toMatchObject({ status: 404, text: '' });
  report.mockRejectedValue(new AppError('not-found', 'The report is not there any more.'));
  expect((await ask()).status).toBe(404);
  report.mockClear();
  for (const path of ['short', `${ticket}0`, '..%2findex.html'])
    expect((await raw([own], '', `GET /reports/${path}`)).status).toBe(404);
  expect(report).not.toHaveBeenCalled();
});

describe('dropped files', () => {
  const put = (path: string, body: BodyInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${host.port}${path}`, {
      method: 'PUT',
      headers: { 'x-prismap-session': session, origin: `http://127.0.0.1:${host.port}` },
      body,
    });

  test('lie in the folder for uploads afterwards', async () => {
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251);
    const response = await put('/uploads/a%20%C3%A9.tif?group=abc', bytes);
    const { path } = (await response.json()) as { path: string };
    expect(path).toBe(join(base, 'uploads', 'abc', 'a é.tif'));
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test.each([
    '/uploads/..%2f..%2fa.tif',
    '/uploads/%2e%2e%5ca.tif',
    '/uploads/%00.tif',
    '/uploads/%zz',
    '/uploads/a.tif?group=..%2f',
    '/uploads/',
  ])('%s is refused', async (path) => {
    expect((await put(path, 'x')).status).toBe(400);
  });

  test('without a length, nothing is read', async () => {
    const lines = [own, ownOrigin, `x-prismap-session: ${session}`, 'Transfer-Encoding: chunked'];
    expect((await raw(lines, '1\r\nx\r\n', 'PUT /uploads/a.tif')).status).toBe(411);
    const huge = [own, ownOrigin, `x-prismap-session: ${session}`, `Content-Length: ${2 ** 50}`];
    expect((await raw(huge, 'x', 'PUT /uploads/a.tif')).status).toBe(413);
  });
});

test('a port that another program has is said so', async () => {
  const options = {
    desk: { call: async () => ({}), tile, basemapTile, report },
    audience: createAudience(),
    sessions,
    rendererFolder: base,
    uploadsFolder: base,
    onOpened,
  };
  await expect(startHttpHost({ ...options, port: host.port })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('another program has it') as string,
  });
});
