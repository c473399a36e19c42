import type { HostMessage, WorkerMessage } from './messages.ts';
import { parentPort } from './processPort.ts';

/** The line of a compute process to the one that started it. */
export type LineToHost = {
  /** Resolves when the message is on its way. */
  send(message: WorkerMessage): Promise<void>;
  onMessage(listener: (message: HostMessage) => void): void;
  /** Called when the host is gone. */
  onGone(listener: () => void): void;
  /** Ends this process: all has been said. */
  end(): void;
};

/** Of a child of Node: its channel. Of a utility process of Electron: its parent port. */
export function lineToHost(): LineToHost {
  const port = parentPort();
  if (port === undefined)
    return {
      send: (message) =>
        new Promise((resolve) => {
          if (process.send === undefined) resolve();
          else process.send(message, undefined, undefined, () => resolve());
        }),
      onMessage: (listener) => void process.on('message', listener),
      onGone: (listener) => void process.on('disconnect', listener),
      end: () => process.exit(0),
    };
  return {
    send: async (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', ({ data }) => listener(data as HostMessage)),
    // Electron ends its utility processes itself: when it ends, and when the last message has come (it could be lost otherwise).
    onGone: () => undefined,
    end: () => undefined,
  };
}
