import type { Port } from '../../app/contract/rpc.ts';
import { AppError } from '../../app/error.ts';
import { t } from '../words/translate.ts';
import { fetchBasemap, fetchTile } from './fetchTile.ts';
import type { Host, PrismapBridge } from './host.ts';
import { createLink } from './link.ts';

/** The main process of the desktop application, over one message port. */
export function desktopHost(bridge: PrismapBridge): Host {
  const link = createLink(() => receivePort(bridge));
  return {
    kind: 'desktop',
    call: link.call,
    onEvent: link.onEvent,
    state: link.state,
    onState: link.onState,
    onReconnect: link.onReconnect,
    fetchTile: (address, signal) => fetchTile(address, signal, {}),
    fetchBasemap: (address, signal) => fetchBasemap(address, signal, {}),
    upload: async (file) => {
      const path = bridge.pathOf(file);
      if (path !== '') return path;
      throw new AppError(
        'not-found',
        t('{name} lies on no disk. Save it to a folder first, then drop it from there.', {
          name: file.name,
        }),
      );
    },
  };
}

function receivePort(bridge: PrismapBridge): Promise<Port> {
  return new Promise((resolve) => {
    const receive = (event: MessageEvent): void => {
      const port = event.ports[0];
      // Only the preload speaks through the window itself.
      if (event.source !== window || event.data !== 'prismap-port' || port === undefined) return;
      window.removeEventListener('message', receive);
      resolve(channelPort(port));
    };
    window.addEventListener('message', receive);
    bridge.connect();
  });
}

function channelPort(port: MessagePort): Port {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.addEventListener('message', ({ data }) => listener(data));
      port.start();
    },
    onClose: (listener) => {
      // Chromium tells when the other end is gone; where it does not, the whole application is.
      port.addEventListener('close', listener, { once: true });
    },
  };
}
