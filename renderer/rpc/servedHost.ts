import type { Port } from '../../app/contract/rpc.ts';
import { AppError, type ErrorRecord, fromErrorRecord } from '../../app/error.ts';
import { t } from '../words/translate.ts';
import { fetchBasemap, fetchTile } from './fetchTile.ts';
import type { Host, UploadOptions } from './host.ts';
import { createLink, Refused } from './link.ts';

const storageKey = 'prismap-session';
const sessionHeader = 'x-prismap-session';
/** Close code of the server for a key that it does not know (main/shell/served/windows.ts). */
const refusedCode = 4401;
/** The server's limit of a message (there in bytes). */
const mostMessageBytes = 64 * 2 ** 20;

/** The server that the page came from. The one-time token of the address is traded for a key that lives as long as this tab. */
export function servedHost(): Host {
  const link = createLink(dial);
  // A new address in the same tab changes the fragment only: the page stays.
  window.addEventListener('hashchange', () => link.retry());
  window.addEventListener('online', () => link.retry());
  return {
    kind: 'served',
    call: link.call,
    onEvent: link.onEvent,
    state: link.state,
    onState: link.onState,
    onReconnect: link.onReconnect,
    fetchTile: (address, signal) => fetchTile(address, signal, { [sessionHeader]: storedKey() }),
    fetchBasemap: (address, signal) =>
      fetchBasemap(address, signal, { [sessionHeader]: storedKey() }),
    upload: async (file, options = {}) => {
      // The key of this window comes with the connection: without it a file is refused.
      await link.untilConnected(options.signal);
      return upload(file, options);
    },
  };
}

const storedKey = (): string => sessionStorage.getItem(storageKey) ?? '';

async function dial(): Promise<Port> {
  await redeemToken();
  const key = storedKey();
  if (key === '') throw new Refused();
  return openSocket(key);
}

async function redeemToken(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  const response = await fetch('/session', { method: 'POST', body: JSON.stringify({ token }) });
  // Used up either way: neither the history nor a bookmark keeps it.
  history.replaceState(null, '', location.pathname);
  if (!response.ok) return;
  const { session } = (await response.json()) as { readonly session: string };
  sessionStorage.setItem(storageKey, session);
}

function openSocket(session: string): Promise<Port> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}/rpc`);
    const stop = (event: CloseEvent): void => {
      if (event.code === refusedCode) sessionStorage.removeItem(storageKey);
      reject(event.code === refusedCode ? new Refused() : new Error('closed'));
    };
    socket.addEventListener('open', () => socket.send(JSON.stringify({ session })));
    socket.addEventListener('close', stop);
    socket.addEventListener(
      'message',
      // The first message is the welcome.
      () => {
        socket.removeEventListener('close', stop);
        resolve(socketPort(socket));
      },
      { once: true },
    );
  });
}

function socketPort(socket: WebSocket): Port {
  return {
    send: (message) => {
      const text = JSON.stringify(message);
      // Three bytes a character at most; what is far below the limit is not measured.
      if (text.length > mostMessageBytes / 3 && new Blob([text]).size > mostMessageBytes)
        throw new AppError(
          'too-large',
          t(
            'This is more than 64 MiB in one step. Do it in parts, e.g. import fewer ROIs at a time.',
          ),
        );
      socket.send(text);
    },
    onMessage: (listener) => {
      socket.addEventListener('message', ({ data }) => listener(JSON.parse(data as string)));
    },
    onClose: (listener) => {
      socket.addEventListener('close', listener, { once: true });
    },
  };
}

/** Sends a file to the data folder. XMLHttpRequest: fetch cannot tell how far an upload is. */
function upload(file: File, options: UploadOptions): Promise<string> {
  const name = (options.name ?? file.name).split('/').map(encodeURIComponent).join('/');
  const group = options.group === undefined ? '' : `?group=${options.group}`;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const cancel = (): void => request.abort();
    request.open('PUT', `/uploads/${name}${group}`);
    request.setRequestHeader(sessionHeader, storedKey());
    request.responseType = 'json';
    request.upload.addEventListener('progress', (event) =>
      options.onProgress?.(event.loaded, file.size),
    );
    request.addEventListener('load', () => {
      const body = request.response as { path?: string; error?: ErrorRecord } | null;
      if (body?.path !== undefined) resolve(body.path);
      else if (body?.error !== undefined) reject(fromErrorRecord(body.error));
      else
        reject(
          new AppError(
            'network',
            t('{name} was refused ({status}).', { name: file.name, status: request.status }),
          ),
        );
    });
    request.addEventListener('error', () => reject(lost(file)));
    request.addEventListener('abort', () => reject(new AppError('cancelled', 'Cancelled.')));
    request.addEventListener('loadend', () => options.signal?.removeEventListener('abort', cancel));
    options.signal?.addEventListener('abort', cancel, { once: true });
    if (options.signal?.aborted === true) reject(new AppError('cancelled', 'Cancelled.'));
    else request.send(file);
  });
}

const lost = (file: File): AppError =>
  new AppError(
    'network',
    t('{name} could not be copied: the connection was lost. Drop it again.', { name: file.name }),
  );
