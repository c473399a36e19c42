import type { MessagePortMain } from 'electron';
import type { Port } from '../../../app/contract/rpc.ts';

/** The main process's end of a page's port; closed when the page goes. */
export function messagePort(port: MessagePortMain): Port {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.on('message', ({ data }) => listener(data));
      port.start();
    },
    onClose: (listener) => void port.once('close', listener),
  };
}
