import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Audience, createAudience } from '../audience.ts';
import { createSessions } from './sessions.ts';
import { acceptWindows, mostMessageBytes } from './windows.ts';

const call = vi.fn<(name: string, input: unknown, signal: AbortSignal) => Promise<unknown>>();
let server: Server;
let windows: { close(): void };
let audience: Audience;
let port: number;
let session: string;

beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  audience = createAudience();
  const sessions = createSessions();
  session = sessions.redeem(sessions.issueToken())!;
  windows = acceptWindows(server, { desk: { call }, audience, sessions, port, patienceMs: 200 });
  call.mockReset().mockImplementation(async (name, input) => ({ name, input }));
});
afterEach(() => {
  windows.close();
  server.closeAllConnections();
  server.close();
});

type Dialled = {
  readonly socket: WebSocket;
  readonly messages: unknown[];
  readonly closed: Promise<number>;
};

async function dial(
  options: { readonly origin?: string; readonly path?: string } = {},
): Promise<Dialled> {
  const { origin = `http://127.0.0.1:${port}`, path = '/rpc' } = options;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { origin });
  const messages: unknown[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString('utf8'))));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('error', () => undefined);
  return { socket, messages, closed };
}

async function open(): Promise<Dialled> {
  const dialled = await dial();
  dialled.socket.send(JSON.stringify({ session }));
  await vi.waitFor(() => expect(dialled.messages).toEqual([{ kind: 'welcome' }]), 20_000);
  dialled.messages.length = 0;
  return dialled;
}

const ask = (id: number): string => JSON.stringify({ kind: 'call', id, name: 'doctor', input: {} });

describe('who comes in', () => {
  test.each([
    ['http://evil.example', '/rpc', 403],
    ['null', '/rpc', 403],
    ['http://localhost:PORT', '/rpc', 403],
    ['http://127.0.0.1:PORT.evil.example', '/rpc', 403],
    ['http://127.0.0.1:PORT', '/other', 404],
    ['http://127.0.0.1:PORT', '/rpc/../other', 404],
  ])('origin %s at %s: %d', async (origin, path, status) => {
    await expect(dial({ origin: origin.replace('PORT', `${port}`), path })).rejects.toThrow(
      `Unexpected server response: ${status}`,
    );
  });

  test('no origin and another host are refused, byte by byte', async () => {
    for (const lines of [
      [`Host: 127.0.0.1:${port}`],
      [`Host: evil.example:${port}`, `Origin: http://evil.example:${port}`],
    ])
      expect(await handshake(lines)).toMatch(/^HTTP\/1.1 403/);
    const own = [`Host: 127.0.0.1:${port}`, `Origin: http://127.0.0.1:${port}`];
    expect(await handshake(own)).toMatch(/^HTTP\/1.1 101/);
  });

  test.each([
    ['a wrong key', JSON.stringify({ session: 'AAAA' })],
    ['no key', '{}'],
    ['a call', ask(1)],
    ['null', 'null'],
    ['no JSON', '{'],
    ['bytes', Buffer.from('{}')],
  ])('%s as first message ends it', async (_, first) => {
    const { socket, closed, messages } = await dial();
    socket.send(first);
    socket.send(ask(2));
    expect(await closed).toBe(4401);
    expect([call.mock.calls.length, messages.length, audience.size]).toEqual([0, 0, 0]);
  });

  test('a long message of who has shown no key is not read to its end', async () => {
    const { socket, closed, messages } = await dial();
    socket.send(JSON.stringify({ session, more: 'x'.repeat(2 ** 20) }));
    // cut off, without a word
    expect(await closed).toBe(1006);
    expect([messages.length, audience.size]).toEqual([0, 0]);
  });

  test('the 65th window is told that there are too many; those before stay', async () => {
    const first = await open();
    const others = await Promise.all(Array.from({ length: 63 }, () => dial()));
    const last = await dial();
    expect(await last.closed).toBe(4429);
    first.socket.send(ask(1));
    await vi.waitFor(() => expect(first.messages).toHaveLength(1), 20_000);
    for (const { socket } of others) socket.terminate();
  });

  test('who says nothing is not waited for', async () => {
    const { closed } = await dial();
    expect(await closed).toBe(4401);
  });
});

function handshake(lines: readonly string[]): Promise<string> {
  const head = ['GET /rpc HTTP/1.1', ...lines, 'Upgrade: websocket', 'Connection: Upgrade'];
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''];
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write([...head, ...key].join('\r\n')));
    socket.once('data', (data: Buffer) => {
      resolve(data.toString('utf8'));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('a window', () => {
  test('gets its own answers, and all get the events', async () => {
    const [one, two] = [await open(), await open()];
    one.socket.send(ask(7));
    await vi.waitFor(() => expect(one.messages.length).toBe(1), 20_000);
    audience.tell({ kind: 'open', path: '/scene.tif' });
    const event = { kind: 'event', event: { kind: 'open', path: '/scene.tif' } };
    await vi.waitFor(() => expect(two.messages).toEqual([event]), 20_000);
    const answer = { kind: 'result', id: 7, value: { name: 'doctor', input: {} } };
    expect(one.messages).toEqual([answer, event]);
  });

  test('that closes cancels its calls and hears nothing more', async () => {
    const cancelled = Promise.withResolvers<void>();
    call.mockImplementation((_, __, signal) => {
      signal.addEventListener('abort', () => cancelled.resolve());
      return new Promise(() => undefined);
    });
    const { socket } = await open();
    socket.send(ask(1));
    await vi.waitFor(() => expect(call).toHaveBeenCalled(), 20_000);
    socket.close();
    await cancelled.promise;
    expect(audience.size).toBe(0);
    audience.tell({ kind: 'open', path: '/x' });
  });

  test('that floods is answered message by message', async () => {
    const { socket, messages } = await open();
    for (let id = 0; id < 20_000; id++) socket.send(ask(id));
    await vi.waitFor(() => expect(messages.length).toBe(20_000), 20_000);
  });
});

describe('messages that are none', () => {
  test('too large: closed before it is whole', async () => {
    const { socket, closed } = await open();
    socket.send(Buffer.alloc(mostMessageBytes + 1, 'x').toString());
    expect(await closed).toBe(1009);
    expect(call).not.toHaveBeenCalled();
  });

  test('fragments without end are counted together', async () => {
    const { socket, closed } = await open();
    const part = 'x'.repeat(8 * 2 ** 20);
    for (let i = 0; i < 9; i++) socket.send(part, { fin: false });
    expect(await closed).toBe(1009);
  });

  test.each([
    ['bytes', Buffer.from(ask(1)), {}],
    ['no JSON', 'nonsense', {}],
    ['bad UTF-8', Buffer.from([0xff, 0xfe, 0x7b]), { binary: false }],
  ])('%s', async (_, data, options) => {
    const { socket, closed } = await open();
    socket.send(data, options);
    expect(await closed).toBe(1007);
    expect(call).not.toHaveBeenCalled();
  });

  test.each([
    '1',
    'null',
    '[]',
    '"x"',
    '{}',
    '{"kind":"other"}',
    '{"kind":"call","id":"1","name":"doctor"}',
    '{"kind":"call","id":1,"name":{}}',
    '{"kind":"call","id":1e400,"name":"x"}',
    '{"__proto__":{"kind":"call","id":1,"name":"x"}}',
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  ])('%.60s is ignored', async (text) => {
    const { socket, messages } = await open();
    socket.send(text);
    socket.send(ask(5));
    await vi.waitFor(() => expect(messages).toMatchObject([{ kind: 'result', id: 5 }]), 20_000);
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('compression is not offered: a small message cannot become a large one', async () => {
    const { socket } = await dial();
    expect(socket.extensions).toBe('');
  });
});
