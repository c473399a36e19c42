import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { mostMessageBytes } from '../windows.ts';
import type { Attack } from './attack.ts';
import {
  dial,
  frame,
  handshake,
  openRaw,
  openWindow,
  own,
  ownOrigin,
  pause,
  raw,
} from './servedDesk.ts';

/** Messages that are none of the protocol; the window goes on. */
const ignored = [
  '1',
  'null',
  '[]',
  '"x"',
  '{}',
  '{"kind":"other"}',
  '{"kind":"call","id":"1","name":"project.state"}',
  '{"kind":"call","id":1,"name":{}}',
  '{"kind":"call","id":1e400,"name":"project.state"}',
  '{"kind":"call","id":123456789012345678901234567890,"name":"project.state"}',
  '{"__proto__":{"kind":"call","id":1,"name":"project.state"}}',
  '{"constructor":{"prototype":{"kind":"call"}}}',
  `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
];

const cutOffBytes = 300 * 2 ** 20;

export const attacksByMessages: readonly Attack[] = [
  [
    29,
    'a message that is too large, with the key and before it',
    async (target) => {
      const window = await openWindow(target);
      window.socket.send('x'.repeat(mostMessageBytes + 1));
      expect(await window.closed).toBe(1009);
      const stranger = await dial(target.port);
      stranger.socket.send('x'.repeat(2 ** 20));
      expect([1006, 4401]).toContain(await stranger.closed);
    },
  ],
  [
    30,
    'fragments without end',
    async (target) => {
      const window = await openWindow(target);
      const part = 'x'.repeat(2 ** 23);
      for (let i = 0; i * part.length <= mostMessageBytes; i++)
        window.socket.send(part, { fin: false });
      expect(await window.closed).toBe(1009);
      const stranger = await dial(target.port);
      for (let i = 0; i < 100; i++) stranger.socket.send('x'.repeat(2000), { fin: false });
      expect([1006, 4401]).toContain(await stranger.closed);
    },
  ],
  [
    31,
    'a small message that becomes a large one (permessage-deflate)',
    async ({ port }) => {
      const lines = [own, ownOrigin, 'Sec-WebSocket-Extensions: permessage-deflate'];
      const answer = await handshake(port, lines);
      expect(answer).toMatch(/^HTTP\/1.1 101/);
      expect(answer.toLowerCase()).not.toContain('sec-websocket-extensions');
    },
  ],
  [
    32,
    'five thousand sockets that say nothing, or slowly',
    async ({ port }) => {
      const sockets: Socket[] = [];
      for (let i = 0; i < 5000; i++) {
        const socket = connect(port, '127.0.0.1')
          .on('error', () => undefined)
          .resume();
        if (i % 2 === 0) socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Slow: `);
        sockets.push(socket);
        if (i % 100 === 0) await pause(1);
      }
      // who is in takes a place for some seconds; then the desk answers again
      const answered = async (): Promise<number> =>
        (await raw(port, {}).catch(() => ({ status: 0 }))).status;
      for (let i = 0; i < 60 && (await answered()) !== 200; i++) await pause(1000);
      expect(await answered()).toBe(200);
      expect(sockets.filter((socket) => !socket.closed).length).toBeLessThan(256);
      for (const socket of sockets) socket.destroy();
    },
  ],
  [
    33,
    'a window that never shows a key',
    async ({ port }) => {
      const window = await dial(port);
      expect(await window.closed).toBe(4401);
      expect(window.messages).toEqual([]);
    },
  ],
  [
    34,
    'a reader that never reads',
    async (target) => {
      const window = await openWindow(target);
      const large = { id: 'large', value: 'x'.repeat(4 * 2 ** 20) };
      const changes = [{ table: 'settings', id: large.id, after: large }];
      await window.call('project.edit', { edit: { label: 'Large', changes } });
      const { socket } = await openRaw(target.port, [own, ownOrigin]);
      socket.pause();
      socket.write(frame(JSON.stringify({ session: target.session })));
      const ask = frame(JSON.stringify({ kind: 'call', id: 1, name: 'project.state', input: {} }));
      for (let i = 0; i < 200; i++) socket.write(ask);
      // 800 MB are asked for; the desk goes on with others and lets go of this one
      let got = 0;
      await pause(5000);
      expect((await window.call('project.recent', {}))['kind']).toBe('result');
      const ended = new Promise((resolve) => socket.on('close', resolve));
      socket
        .on('error', () => undefined)
        .on('data', (part: Buffer) => {
          got += part.length;
        });
      socket.resume();
      await ended;
      expect(got).toBeLessThan(cutOffBytes);
      const undone = [{ table: 'settings', id: large.id, before: large }];
      await window.call('project.edit', { edit: { label: 'Small', changes: undone } });
      window.socket.close();
    },
  ],
  [
    35,
    'a hundred thousand messages at once',
    async (target) => {
      const [flood, other] = [await openWindow(target), await openWindow(target)];
      for (let id = 0; id < 100_000; id++)
        flood.socket.send(JSON.stringify({ kind: 'call', id, name: 'none', input: {} }));
      expect((await other.call('project.state', {}))['kind']).toBe('result');
      while (flood.messages.length < 100_001) await pause(50);
      for (const { kind } of flood.messages.slice(1)) expect(kind).toBe('failure');
      for (const { socket } of [flood, other]) socket.close();
    },
  ],
  [
    36,
    'invalid UTF-8, and bytes where text is due',
    async (target) => {
      for (const [data, binary] of [
        [Buffer.from([0xff, 0xfe, 0x7b]), false],
        [Buffer.from('{"kind":"call","id":1,"name":"project.state","input":{}}'), true],
        [Buffer.from('nonsense'), false],
      ] as const) {
        const window = await openWindow(target);
        window.socket.send(data, { binary });
        expect(await window.closed).toBe(1007);
        expect(window.messages.length).toBe(1);
      }
    },
  ],
  [
    37,
    'JSON that is deep, pollutes, or holds numbers that are none',
    async (target) => {
      const window = await openWindow(target);
      for (const text of ignored) window.socket.send(text);
      const polluting = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
      window.socket.send(
        `{"kind":"call","id":5,"name":"project.edit","input":{"edit":${polluting}}}`,
      );
      window.socket.send(`{"kind":"call","id":6,"name":"doctor","input":${polluting}}`);
      const state = await window.call('project.state', {});
      expect(state['kind']).toBe('result');
      expect(JSON.stringify(state)).not.toContain('polluted');
      const answers = window.messages.filter(({ id }) => id === 5 || id === 6);
      expect(answers.map(({ kind }) => kind)).toEqual(['failure', 'failure']);
      window.socket.close();
    },
  ],
  [
    38,
    'calls that there are not, and inputs of other types',
    async (target) => {
      const window = await openWindow(target);
      const wrong: readonly (readonly [string, unknown])[] = [
        ...['none', 'constructor', 'toString', '__proto__', 'hasOwnProperty', ''].map(
          (name) => [name, {}] as const,
        ),
        ['scene.open', {}],
        ['scene.open', { uri: 1 }],
        ['scene.open', { uri: ['a'] }],
        ['scene.open', null],
        ['scene.open', 'a'],
        ['scene.open', { uri: 'a', more: 1 }],
        ['job.start', { kind: 'exec', title: 'x', input: {} }],
        ['job.start', { kind: 'train', title: 1, input: [] }],
        ['scene.statistics', { scene: 'x', bands: [-1] }],
        ['batch.scenes', { out: 'x', count: 1e9 }],
      ];
      for (const [name, input] of wrong) {
        const { kind, error } = await window.call(name, input);
        expect([name, kind, (error as { code: string }).code]).toEqual([name, 'failure', 'usage']);
      }
      window.socket.close();
    },
  ],
  [
    39,
    'jobs that are not there, and calls of another window',
    async (target) => {
      const [one, other] = [await openWindow(target), await openWindow(target)];
      for (const name of ['job.cancel', 'job.pause', 'job.resume', 'job.remove', 'job.log'])
        for (const job of ['1', '../../etc/passwd', '__proto__', "' OR 1=1 --"]) {
          const { error } = await other.call(name, { job });
          expect([name, job, (error as { code: string }).code]).toEqual([name, job, 'not-found']);
        }
      one.socket.send(JSON.stringify({ kind: 'call', id: 7, name: 'doctor', input: {} }));
      for (let i = 0; i < 100; i++) other.socket.send(JSON.stringify({ kind: 'cancel', id: 7 }));
      while (!one.messages.some(({ id }) => id === 7)) await pause(20);
      expect(one.messages.find(({ id }) => id === 7)!['kind']).toBe('result');
      for (const { socket } of [one, other]) socket.close();
    },
  ],
];
