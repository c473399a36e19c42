import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Desk } from '../../services/desk/createDesk.ts';
import { type PortLimits, parseJson, webSocketPort } from '../../transport/webSocketPort.ts';
import type { Audience } from '../audience.ts';
import { refusal } from './sameOrigin.ts';
import type { Sessions } from './sessions.ts';

/** Most bytes of one message: an edit with some ten thousand ROIs. */
export const mostMessageBytes = 64 * 2 ** 20;
/** Of what a window may send before it has shown its key: handshake and key take a fraction of it. */
const mostUnknownBytes = 64 * 2 ** 10;
const mostWindows = 64;
const defaultPatienceMs = 5000;

/** Close codes of the application's own range (4000 to 4999). */
const closeCodes = { refused: 4401, full: 4429 } as const;

type WindowOptions = {
  readonly desk: Pick<Desk, 'call'>;
  readonly audience: Audience;
  readonly sessions: Sessions;
  readonly port: number;
  /** How long a window may take to show its key. */
  readonly patienceMs?: number;
  /** Those of the product where absent. */
  readonly limits?: PortLimits;
};

/** Accepts the WebSocket of each window at `/rpc`: after the key of its session as first message, calls and events. */
export function acceptWindows(server: Server, options: WindowOptions): { close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: mostMessageBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    const path = new URL(request.url!, 'http://127.0.0.1').pathname;
    const refused = refusal(request, options.port, true) !== undefined;
    if (refused || path !== '/rpc') {
      stream.end(
        `HTTP/1.1 ${refused ? '403 Forbidden' : '404 Not Found'}\r\nconnection: close\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      if (sockets.clients.size > mostWindows) socket.close(closeCodes.full, 'too many windows');
      else admit(socket, stream as Socket, options);
    });
  });
  return {
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

function admit(socket: WebSocket, stream: Socket, options: WindowOptions): void {
  const { sessions, audience, desk, patienceMs = defaultPatienceMs } = options;
  const port = webSocketPort(socket, options.limits);
  const impatient = setTimeout(() => socket.close(closeCodes.refused, 'no session'), patienceMs);
  socket.once('close', () => clearTimeout(impatient));
  // who has no key could otherwise fill the memory with one long message
  const count = (): void => {
    if (stream.bytesRead > mostUnknownBytes) socket.terminate();
  };
  stream.on('data', count);
  socket.once('message', (data, isBinary) => {
    clearTimeout(impatient);
    stream.off('data', count);
    const first = isBinary ? undefined : parseJson(data);
    const session = (first as { session?: unknown } | null | undefined)?.session;
    if (typeof session !== 'string' || !sessions.isOpen(session)) {
      socket.close(closeCodes.refused, 'no session');
      return;
    }
    audience.add(port, desk);
    port.send({ kind: 'welcome' });
  });
}
