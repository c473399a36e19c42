import type { IncomingMessage } from 'node:http';

/**
 * Why a request is refused, or undefined. Every request must name this server as its host (a page of another name that resolves to
 * 127.0.0.1 does not: DNS rebinding), and a request with an Origin must come from this server's own pages.
 * @param needsOrigin for requests that change something and for the WebSocket: browsers always send it there
 */
export function refusal(
  request: IncomingMessage,
  port: number,
  needsOrigin: boolean,
): string | undefined {
  const host = ownHost(request, port);
  if (host === undefined) return 'host';
  const target = request.url!;
  if (!target.startsWith('/') || target.startsWith('//')) return 'target';
  const origins = request.headersDistinct['origin'] ?? [];
  if (origins.length === 0 ? needsOrigin : !isOwn(origins, host)) return 'origin';
  const site = request.headers['sec-fetch-site'];
  // A link or the address bar may open the page; nothing else of another site may ask for anything.
  const opens = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET';
  if (site !== undefined && site !== 'same-origin' && !opens) return 'site';
  return undefined;
}

/** The name by which the request calls this server, where it is one of its own. */
export function ownHost(request: IncomingMessage, port: number): string | undefined {
  const named = request.headersDistinct['host'] ?? [];
  return [`127.0.0.1:${port}`, `localhost:${port}`].find(
    (host) => named.length === 1 && named[0] === host,
  );
}

function isOwn(origins: readonly string[], host: string): boolean {
  return origins.length === 1 && origins[0] === `http://${host}`;
}
