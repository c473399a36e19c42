import type { ChildProcess } from 'node:child_process';
import type { Port } from '../../app/contract/rpc.ts';

/** A port to a child process that was started with a channel (`stdio: […, 'ipc']`, `serialization: 'advanced'`). */
export function portOfChild(child: ChildProcess): Port {
  return {
    send: (message) => {
      // a channel that closes meanwhile is told by `onClose`
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => void child.on('message', listener),
    onClose: (listener) => {
      let told = false;
      const tell = (): void => {
        if (!told) listener();
        told = true;
      };
      child.on('close', tell);
      child.on('error', tell);
    },
  };
}

/** What Electron gives a utility process in place of a channel. */
type ParentPort = {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
};

/** Undefined in a child of Node. */
export function parentPort(): ParentPort | undefined {
  return (process as { readonly parentPort?: ParentPort }).parentPort;
}

/** The other end: the port of this process to the one that started it, Node or Electron. */
export function portOfParent(): Port {
  const port = parentPort();
  if (port !== undefined)
    return {
      send: (message) => port.postMessage(message),
      onMessage: (listener) => port.on('message', ({ data }) => listener(data)),
      // Electron ends its utility processes itself
      onClose: () => undefined,
    };
  return {
    send: (message) => {
      if (process.connected) process.send!(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.on('disconnect', listener),
  };
}
