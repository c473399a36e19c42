import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createSessions } from '../sessions.ts';
import type { Attack, Target } from './attack.ts';
import { dial, openWindow, own, ownOrigin, pause, raw, redeem, startServed } from './servedDesk.ts';

export const tile = 'GET /tiles/0123456789abcdef/1/2/3?bands=0&stamp=s';

/** Every way in, with these lines as proof of who asks: the status of each. */
async function ways({ port }: Target, proof: readonly string[]): Promise<number[]> {
  const lines = [own, ownOrigin, ...proof];
  const put = [...lines, 'Content-Length: 1'];
  const answers = [
    await raw(port, { lines, method: tile }),
    await raw(port, { lines, method: 'GET /basemap/0123456789abcdef/1/2/3' }),
    await raw(port, { lines: put, method: 'PUT /uploads/a.tif', body: 'x' }),
    await raw(port, { lines: [...lines, 'Content-Length: 0'], method: 'POST /token' }),
  ];
  return answers.map(({ status }) => status);
}
const allRefused = [401, 401, 401, 401];

/** A text of the same length that differs in one place. */
function oneOff(text: string, place: number): string {
  const other = text[place] === 'A' ? 'B' : 'A';
  return text.slice(0, place) + other + text.slice(place + 1);
}

/** All files of a folder as one text. */
export function textOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}

export const attacksOnKeys: readonly Attack[] = [
  [
    1,
    'no token and no key',
    async (target) => {
      expect(await ways(target, [])).toEqual(allRefused);
      const window = await dial(target.port);
      void window.call('project.state', {});
      expect(await window.closed).toBe(4401);
      expect(window.messages).toEqual([]);
    },
  ],
  [
    2,
    'a wrong token and a wrong key',
    async (target) => {
      for (const wrong of ['A'.repeat(43), '', target.token.toUpperCase(), target.session])
        expect(await redeem(target.port, wrong)).toBeUndefined();
      for (const wrong of ['A'.repeat(43), target.token, target.session.toLowerCase()]) {
        expect(await ways(target, [`x-prismap-session: ${wrong}`])).toEqual(allRefused);
        const window = await dial(target.port);
        window.socket.send(JSON.stringify({ session: wrong }));
        expect(await window.closed).toBe(4401);
      }
    },
  ],
  [
    3,
    'a token one byte off, ten thousand times',
    async ({ port, token, session }) => {
      for (let place = 0; place < token.length; place++) {
        expect(await redeem(port, oneOff(token, place))).toBeUndefined();
        const lines = [own, ownOrigin, `x-prismap-session: ${oneOff(session, place)}`];
        expect((await raw(port, { lines, method: tile })).status).toBe(401);
      }
      // What is compared are hashes of 256 bits: how long that takes tells nothing of the token.
      const sessions = createSessions();
      const wanted = sessions.issueToken();
      for (let i = 0; i < 10_000; i++)
        expect(sessions.redeem(oneOff(wanted, i % wanted.length))).toBeUndefined();
      expect(sessions.redeem(wanted)).toBeDefined();
      expect(readFileSync(new URL('../sessions.ts', import.meta.url), 'utf8')).toMatch(
        /tokens\.delete\(digest\(token\)\)[^]*sessions\.has\(digest\(session\)\)/,
      );
    },
  ],
  [
    4,
    'the key in the address of the WebSocket',
    async ({ port, session, token }) => {
      for (const path of [`/rpc?session=${session}`, `/rpc?token=${token}`]) {
        const window = await dial(port, path);
        void window.call('project.state', {});
        expect(await window.closed).toBe(4401);
        expect(window.messages).toEqual([]);
      }
      expect(
        (await raw(port, { method: `${tile}&session=${session}`, lines: [own, ownOrigin] })).status,
      ).toBe(401);
    },
  ],
  [
    5,
    'a token or a password in command lines, logs, error pages or a Referer',
    async (target) => {
      const { port, pid, token, session, data } = target;
      const window = await openWindow(target);
      const secrets = [token, session, 'g3heim-w0rt', 'pk.s3cret'];
      // a server that the user allowed and that is not there: its address is in the error that is logged
      const scene = 'http://anna:g3heim-w0rt@127.0.0.2:9/a.tif?access_token=pk.s3cret';
      for (const [name, input] of [
        ['scene.open', { uri: scene }],
        ['export.map', { map: scene, out: join(target.root, 'new.tif'), format: 'cog' }],
      ] as const)
        expect((await window.call(name, input))['kind']).toBe('failure');
      window.socket.close();
      const pages = await Promise.all(
        [
          { method: 'GET /none' },
          { method: `GET /${token}` },
          { method: tile },
          { lines: [own, `Origin: http://evil.example/${token}`] },
        ].map((request) => raw(port, request)),
      );
      for (const { status, headers, text } of pages) {
        expect(status).toBeGreaterThanOrEqual(400);
        expect(headers).toContain('referrer-policy: no-referrer');
        for (const secret of secrets) expect(headers + text).not.toContain(secret);
      }
      const places = [textOf(data)];
      if (process.platform === 'linux')
        for (const name of ['cmdline', 'environ'])
          places.push(readFileSync(`/proc/${pid}/${name}`, 'latin1'));
      expect(places[0]).toMatch(/"event":"task.failed".*127\.0\.0\.2:9/);
      for (const place of places)
        for (const secret of secrets) expect(place.includes(secret), secret).toBe(false);
      // Out of the history of the browser: e2e/servedGuard.spec.ts.
    },
  ],
  [
    6,
    'the page that opens the browser, read by another user',
    async ({ data, outside }) => {
      if (process.platform !== 'linux') return;
      // a browser that writes down what it was given, and who may read that
      const bin = join(outside, 'bin');
      mkdirSync(bin, { recursive: true });
      const seen = join(bin, 'seen');
      writeFileSync(
        join(bin, 'xdg-open'),
        `#!/bin/sh\n{ echo "$@"; stat -c %a "$1"; stat -c %a "$(dirname "$1")"; } > "${seen}.part"\nmv "${seen}.part" "${seen}"\n`,
      );
      chmodSync(join(bin, 'xdg-open'), 0o755);
      const path = process.env['PATH'];
      process.env['PATH'] = `${bin}:${path}`;
      const served = await startServed(join(data, 'second'), ['--open']).finally(() => {
        process.env['PATH'] = path;
      });
      while (spawnSync('test', ['-f', seen]).status !== 0) await pause(50);
      const [words, file, folder] = readFileSync(seen, 'utf8').trim().split('\n');
      await served.stop();
      expect([file, folder]).toEqual(['600', '700']);
      expect(words).not.toMatch(/token|http/);
      expect(spawnSync('test', ['-e', words!]).status).not.toBe(0);
    },
  ],
  [
    46,
    'a token that was used, and the key of a program that has ended',
    async (target) => {
      const { port, session, data } = target;
      const lines = [own, ownOrigin, `x-prismap-session: ${session}`, 'Content-Length: 0'];
      const { text } = await raw(port, { lines, method: 'POST /token' });
      const { token } = JSON.parse(text) as { token: string };
      expect(await redeem(port, token)).toBeDefined();
      expect(await redeem(port, token)).toBeUndefined();
      const another = await startServed(join(data, 'third'), []);
      const old = await ways({ ...target, port: another.port }, [`x-prismap-session: ${session}`]);
      await another.stop();
      expect(old).toEqual(allRefused);
    },
  ],
];
