import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { webSocketPort } from './webSocketPort.ts';

let server: WebSocketServer;
let port: number;

beforeAll(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});

const limits = { heartbeatMs: 300, mostWaitingBytes: 4 * 2 ** 20 };
const accepted = (): Promise<WebSocket> =>
  new Promise((resolve) => server.once('connection', (socket) => resolve(socket)));

/** A reader that took the handshake and then reads and answers nothing. */
function deaf(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      ),
    );
    socket.once('data', () => {
      socket.pause();
      resolve(socket);
    });
  });
}

test('who answers pings stays', async () => {
  const there = accepted();
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const closed = vi.fn();
  webSocketPort(await there, limits).onClose(closed);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(closed).not.toHaveBeenCalled();
  client.close();
  await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1), 20_000);
});

test('who answers none is gone', async () => {
  const there = accepted();
  const client = await deaf();
  const closed = vi.fn();
  webSocketPort(await there, limits).onClose(closed);
  await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1), 20_000);
  client.destroy();
});

test('a reader that never reads does not fill the memory', async () => {
  const there = accepted();
  const client = await deaf();
  const socket = await there;
  const sending = webSocketPort(socket, { ...limits, heartbeatMs: 60_000 });
  const message = { text: 'x'.repeat(2 ** 20) };
  let most = 0;
  for (let i = 0; i < 200 && socket.readyState === socket.OPEN; i++) {
    sending.send(message);
    most = Math.max(most, socket.bufferedAmount);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(socket.readyState).not.toBe(socket.OPEN);
  expect(most).toBeLessThan(limits.mostWaitingBytes + 2 * 2 ** 20);
  client.destroy();
});

test('sending to who has gone is dropped', async () => {
  const there = accepted();
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve) => client.once('open', resolve));
  const socket = await there;
  const sending = webSocketPort(socket, limits);
  const gone = new Promise<void>((resolve) => sending.onClose(resolve));
  client.terminate();
  await gone;
  const spy = vi.spyOn(socket, 'send');
  sending.send({ late: true });
  expect(spy).not.toHaveBeenCalled();
});
