import type { RawData, WebSocket } from 'ws';
import type { Port } from '../../app/contract/rpc.ts';

/** Limits of a port; the defaults are those of the product. */
export type PortLimits = {
  /** Pause between pings; one without an answer is one too many. */
  readonly heartbeatMs: number;
  /** A reader that never reads is let go before its messages fill the memory; it comes back by itself. */
  readonly mostWaitingBytes: number;
};

const defaults: PortLimits = { heartbeatMs: 15_000, mostWaitingBytes: 256 * 2 ** 20 };

/** A WebSocket that carries JSON, one message each. It is closed when the other side no longer answers pings. */
export function webSocketPort(socket: WebSocket, limits: PortLimits = defaults): Port {
  let alive = true;
  const heartbeat = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, limits.heartbeatMs);
  heartbeat.unref();
  socket.on('pong', () => {
    alive = true;
  });
  socket.on('close', () => clearInterval(heartbeat));
  // An error (too large a message, bad UTF-8) is followed by `close`.
  socket.on('error', () => undefined);
  return {
    send: (message) => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > limits.mostWaitingBytes) socket.terminate();
      else socket.send(JSON.stringify(message));
    },
    onMessage: (listener) => {
      socket.on('message', (data, isBinary) => {
        const message = isBinary ? undefined : parseJson(data);
        if (message === undefined) socket.close(1007, 'JSON text was expected');
        else listener(message);
      });
    },
    onClose: (listener) => {
      socket.once('close', listener);
    },
  };
}

/** What a text message holds, undefined where it is no JSON. */
export function parseJson(data: RawData): unknown {
  try {
    return JSON.parse((data as Buffer).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
