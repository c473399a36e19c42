import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Desk } from '../../services/desk/createDesk.ts';
import { parseJson, webSocketPort } from '../../transport/webSocketPort.ts';
import type { Audience } from '../audience.ts';
import { refusal } from './sameOrigin.ts';
import type { Sessions } from './sessions.ts';

/** Most bytes of one message: an edit with some ten thousand ROIs. */
export const mostMessageBytes = 64 * 2 ** 20;
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
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    const refused = refusal(request, options.port, true) !== undefined;
    if (refused || path !== '/rpc') {
      stream.end(
        `HTTP/1.1 ${refused ? '403 Forbidden' : '404 Not Found'}\r\nconnection: close\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      if (sockets.clients.size > mostWindows) socket.close(closeCodes.full, 'too many windows');
      else admit(socket, options);
    });
  });
  return {
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

function admit(socket: WebSocket, options: WindowOptions): void {
  const { sessions, audience, desk, patienceMs = defaultPatienceMs } = options;
  const port = webSocketPort(socket);
  const impatient = setTimeout(() => socket.close(closeCodes.refused, 'no session'), patienceMs);
  socket.once('close', () => clearTimeout(impatient));
  socket.once('message', (data, isBinary) => {
    clearTimeout(impatient);
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
