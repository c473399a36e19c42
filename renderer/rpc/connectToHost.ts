import { desktopHost } from './desktopHost.ts';
import type { Host, PrismapBridge } from './host.ts';
import { servedHost } from './servedHost.ts';

export type { Host } from './host.ts';

/** The host of this page: the desktop application where its preload is there, else the server that the page came from. */
export function connectToHost(): Host {
  return 'prismap' in window ? desktopHost(window.prismap as PrismapBridge) : servedHost();
}
