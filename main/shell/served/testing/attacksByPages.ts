import { expect } from 'vitest';
import type { Attack, Target } from './attack.ts';
import { tile } from './attacksOnKeys.ts';
import { type Answered, handshake, own, ownOrigin, raw } from './servedDesk.ts';

const keyOf = ({ session }: Target): string => `x-prismap-session: ${session}`;

/** A page of this origin, or a program that names it, gets nothing although it has the key. */
async function refuseOrigin(target: Target, origin: string): Promise<void> {
  const { port } = target;
  const lines = [own, `Origin: ${origin}`, keyOf(target)];
  const put = [...lines, 'Content-Length: 1'];
  const answers = [
    await raw(port, { lines, method: tile }),
    await raw(port, { lines }),
    await raw(port, { lines: put, method: 'PUT /uploads/a.tif', body: 'x' }),
    await raw(port, { lines: [...lines, 'Content-Length: 0'], method: 'POST /token' }),
  ];
  for (const { status, text } of answers) expect([origin, status, text]).toEqual([origin, 403, '']);
  expect(await handshake(port, lines)).toMatch(/^HTTP\/1.1 403/);
}

const byOrigin = (number: number, name: string, ...origins: string[]): Attack => [
  number,
  name,
  async (target) => {
    for (const origin of origins) await refuseOrigin(target, origin);
  },
];

/** Each gets a refusal without a word, over HTTP and for a WebSocket. */
async function refuseHosts(target: Target, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const { status, text } = await raw(target.port, { lines: [line, keyOf(target)], method: tile });
    expect([line, [400, 403].includes(status)]).toEqual([line, true]);
    // Node's own refusals end an empty body in parts
    expect(['', '0\r\n\r\n']).toContain(text);
    expect(await handshake(target.port, [line, ownOrigin])).toMatch(/^HTTP\/1.1 40[03]/);
  }
}

const pages = (target: Target): Promise<Answered[]> =>
  Promise.all([
    raw(target.port, {}),
    raw(target.port, { lines: [own, keyOf(target)], method: tile }),
    raw(target.port, { lines: ['Host: evil.example'] }),
    raw(target.port, {
      lines: [own, ownOrigin, keyOf(target), 'Content-Length: 0'],
      method: 'POST /token',
    }),
  ]);

export const attacksByPages: readonly Attack[] = [
  byOrigin(7, 'another site', 'https://evil.example', 'http://evil.example'),
  byOrigin(8, 'the origin null', 'null', 'file://'),
  [
    9,
    'no Origin, and a cookie alone',
    async (target) => {
      const { port, session } = target;
      const lines = [own, `Cookie: x-prismap-session=${session}; session=${session}`];
      expect((await raw(port, { lines, method: tile })).status).toBe(401);
      const post = [...lines, 'Content-Length: 0'];
      expect((await raw(port, { lines: post, method: 'POST /token' })).status).toBe(403);
      expect(await handshake(port, lines)).toMatch(/^HTTP\/1.1 403/);
    },
  ],
  byOrigin(10, 'a name that begins with the own address', 'http://127.0.0.1:PORT.evil.com'),
  byOrigin(11, 'a name that begins with localhost', 'http://localhost.evil.com'),
  byOrigin(12, 'a name that begins with 127', 'http://127.evil.com', 'http://127.evil.com:PORT'),
  byOrigin(
    13,
    'the own address as the user of another',
    'http://127.0.0.1@evil.com',
    'http://127.0.0.1:PORT@evil.com',
  ),
  byOrigin(14, 'another port of the same host', 'http://127.0.0.1:1', 'http://127.0.0.1'),
  byOrigin(15, 'https for http', 'https://127.0.0.1:PORT', 'wss://127.0.0.1:PORT'),
  [
    16,
    'other ways to write the host',
    (target) =>
      refuseHosts(target, [
        'Host: LOCALHOST:PORT',
        'Host: localhost.:PORT',
        'Host: [::1]:PORT',
        'Host: [::ffff:127.0.0.1]:PORT',
        'Host: 2130706433:PORT',
        'Host: 0x7f000001:PORT',
        'Host: 0177.0.0.1:PORT',
        'Host: 127.1:PORT',
        'Host: 0.0.0.0:PORT',
        'Host: 127.0.0.1',
        'Host: user@127.0.0.1:PORT',
      ]),
  ],
  [
    17,
    'a name of its own that resolves to this machine (DNS rebinding)',
    async ({ port, token, session }) => {
      const lines = ['Host: evil.com:PORT', 'Origin: http://evil.com:PORT'];
      const body = JSON.stringify({ token });
      const withKey = [...lines, `x-prismap-session: ${session}`];
      expect((await raw(port, { lines: withKey })).status).toBe(403);
      expect((await raw(port, { lines: withKey, method: tile })).status).toBe(403);
      const post = [...lines, `Content-Length: ${body.length}`];
      expect((await raw(port, { lines: post, method: 'POST /session', body })).status).toBe(403);
      expect(await handshake(port, lines)).toMatch(/^HTTP\/1.1 403/);
    },
  ],
  [18, 'no Host', (target) => refuseHosts(target, ['Accept: */*'])],
  [
    19,
    'two Hosts',
    (target) =>
      refuseHosts(target, [`${own}\r\nHost: evil.example`, `Host: evil.example\r\n${own}`]),
  ],
  [
    20,
    'a whole address as target',
    async ({ port, session }) => {
      const lines = [own, `x-prismap-session: ${session}`];
      for (const target of [
        'http://evil.example/',
        'http://127.0.0.1:PORT/',
        '//evil.example/',
        '*',
      ])
        expect([400, 403]).toContain((await raw(port, { lines, method: `GET ${target}` })).status);
      const path = 'http://127.0.0.1:PORT/rpc';
      expect(await handshake(port, [own, ownOrigin], { path })).toMatch(/^HTTP\/1.1 40[03]/);
    },
  ],
  [
    21,
    'HTTP/1.0, which needs no Host',
    async ({ port, session }) => {
      const version = 'HTTP/1.0';
      const lines = [`x-prismap-session: ${session}`];
      expect((await raw(port, { lines, version })).status).toBe(403);
      expect((await raw(port, { lines, version, method: tile })).status).toBe(403);
      expect(await handshake(port, [ownOrigin], { version })).toMatch(/^HTTP\/1.1 40[03]/);
    },
  ],
  [
    22,
    'a form or a simple request of another page (CSRF)',
    async ({ port, token }) => {
      const body = JSON.stringify({ token });
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
        for (const origin of [[], ['Origin: http://evil.example'], ['Origin: null']]) {
          const lines = [own, ...origin, `Content-Type: ${type}`, `Content-Length: ${body.length}`];
          for (const path of ['/session', '/token', '/uploads/a.tif'])
            expect((await raw(port, { lines, method: `POST ${path}`, body })).status).toBe(403);
        }
    },
  ],
  [
    23,
    'a preflight',
    async ({ port }) => {
      const lines = [own, 'Origin: http://evil.example', 'Access-Control-Request-Method: PUT'];
      for (const path of ['/uploads/a.tif', '/session', '/']) {
        const answer = await raw(port, { lines, method: `OPTIONS ${path}` });
        expect([answer.status, answer.headers.includes('access-control')]).toEqual([403, false]);
      }
    },
  ],
  [
    24,
    'an answer taken as a script or a picture of another page',
    async (target) => {
      for (const site of ['cross-site', 'same-site', 'none'])
        for (const destination of ['script', 'image', 'empty']) {
          const lines = [own, `Sec-Fetch-Site: ${site}`, 'Sec-Fetch-Mode: no-cors'];
          const from = [...lines, `Sec-Fetch-Dest: ${destination}`];
          expect((await raw(target.port, { lines: from })).status).toBe(403);
        }
      for (const { headers, text } of await pages(target)) {
        expect(headers).toContain('cross-origin-resource-policy: same-origin');
        expect(headers).toContain('x-content-type-options: nosniff');
        if (text.startsWith('{')) expect(headers).toContain('content-type: application/json');
      }
    },
  ],
  [
    25,
    'the window in a frame of another page',
    async (target) => {
      for (const { headers } of await pages(target)) {
        expect(headers).toContain("frame-ancestors 'none'");
        expect(headers).toContain('x-frame-options: deny');
      }
    },
  ],
  [
    26,
    'the window as an opened one of another page',
    async (target) => {
      for (const { headers } of await pages(target)) {
        expect(headers).toContain('cross-origin-opener-policy: same-origin');
        expect(headers).toContain('cross-origin-embedder-policy: require-corp');
      }
    },
  ],
  [
    27,
    'a cookie, which all ports of a host would get',
    async (target) => {
      const { port } = target;
      const lines = [own, ownOrigin, keyOf(target), 'Content-Length: 0'];
      const { text } = await raw(port, { lines, method: 'POST /token' });
      const body = text;
      const post = [own, ownOrigin, `Content-Length: ${body.length}`];
      const traded = await raw(port, { lines: post, method: 'POST /session', body });
      expect(traded.status).toBe(200);
      for (const { headers } of [traded, ...(await pages(target))])
        expect(headers).not.toContain('set-cookie');
    },
  ],
  [
    28,
    'another service of this machine, on another port',
    async (target) => {
      const { port, session } = target;
      await refuseOrigin(target, `http://127.0.0.1:${port + 1}`);
      await refuseOrigin(target, `http://localhost:${port + 1}`);
      // what a browser would send it of its own accord
      const lines = [own, `Cookie: session=${session}`, `Referer: http://127.0.0.1:${port + 1}/`];
      expect((await raw(port, { lines, method: tile })).status).toBe(401);
    },
  ],
];
