import { lookup as systemLookup } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '../../../../app/error.ts';
import { isPrivateAddress } from '../../../privateAddresses.ts';
import { programVersion } from '../../../version.ts';
import { urlOf } from './address.ts';
import type { AllowedHost, AllowedHosts } from './allowedHosts.ts';

const mostRedirects = 3;
const patienceMs = 20_000;
const socketsAHost = 6;

export type RemoteRequest = {
  readonly url: string;
  readonly mostBytes: number;
  /** First and last byte, for part of a file. */
  readonly range?: readonly [number, number];
};

export type RemoteAnswer = {
  readonly status: number;
  /** Media type without parameters, in lower case. */
  readonly type: string;
  readonly tag: string | undefined;
  readonly bytes: Buffer;
};

/** Fetches from hosts that the user allowed, and from no others. */
export type Remote = {
  /**
   * @returns any answer below 500; its body only of 200, or of 206 where a part was asked for
   * @throws AppError `not-readable` for a host that is not allowed (its name in `details.ask`), `network`, `too-large`
   */
  fetch(request: RemoteRequest, signal: AbortSignal): Promise<RemoteAnswer>;
  /** Remembers a host; one of a private network only where the user wrote the address. @throws AppError `not-readable` */
  allow(host: string, typed: boolean): Promise<void>;
  isAllowed(host: string): Promise<boolean>;
  close(): void;
};

/** All IP addresses of a host name. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

const resolveBySystem: ResolveName = async (name) =>
  (await systemLookup(name, { all: true })).map(({ address }) => address);

export function createRemote(hosts: AllowedHosts, resolve: ResolveName = resolveBySystem): Remote {
  const asker: Asker = {
    hosts,
    resolve,
    agents: {
      'http:': new HttpAgent({ keepAlive: true, maxSockets: socketsAHost }),
      'https:': new HttpsAgent({ keepAlive: true, maxSockets: socketsAHost }),
    },
    userAgent: `Prismap/${programVersion()}`,
  };
  return {
    fetch: async (request, signal) => {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
      try {
        return await follow(asker, request, limited);
      } catch (error) {
        throw asAppError(error, request.url, signal);
      }
    },
    allow: async (host, typed) => {
      const name = bareName(urlOf(`http://${host}`).hostname);
      // Without an answer it is taken for a public name: what it turns out to be is looked at again with every connection.
      const addresses = isIP(name) === 0 ? await resolve(name).catch(() => []) : [name];
      const entry = { host, privateNetwork: typed && addresses.some(isPrivateAddress) };
      refusePrivate(name, addresses, entry);
      await hosts.add(entry);
    },
    isAllowed: async (host) => (await hosts.find(host)) !== undefined,
    close: () => {
      for (const agent of Object.values(asker.agents)) agent.destroy();
    },
  };
}

type Asker = {
  readonly hosts: AllowedHosts;
  readonly resolve: ResolveName;
  readonly agents: Readonly<Record<'http:' | 'https:', HttpAgent | HttpsAgent>>;
  readonly userAgent: string;
};

/** Sends one request, to an allowed host only. */
async function send(
  { hosts, resolve, agents, userAgent }: Asker,
  url: URL,
  { range }: RemoteRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const allowed = await hosts.find(url.host);
  if (allowed === undefined) throw notAllowed(url.host);
  const name = bareName(url.hostname);
  if (isIP(name) !== 0) refusePrivate(name, [name], allowed);
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((answered, failed) => {
    const sent = start(url, {
      agent: agents[url.protocol as keyof typeof agents],
      signal,
      // The address that is asked is the one that was looked at: a name cannot change in between.
      lookup: guardedLookup(resolve, allowed),
      headers: {
        'user-agent': userAgent,
        'accept-encoding': range === undefined ? 'gzip' : 'identity',
        ...(range === undefined ? {} : { range: `bytes=${range[0]}-${range[1]}` }),
      },
    });
    sent.once('response', answered).on('error', failed).end();
  });
}

async function follow(
  asker: Asker,
  request: RemoteRequest,
  signal: AbortSignal,
): Promise<RemoteAnswer> {
  let url = urlOf(request.url);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const response = await send(asker, url, request, signal);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status < 300 || status >= 400 || location === undefined)
      return read(response, status, request);
    response.destroy();
    url = urlOf(new URL(location, url).href);
  }
  throw new AppError('network', `${url.host} sends from one address to the next without end.`);
}

const bareName = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

const notAllowed = (host: string): AppError =>
  new AppError('not-readable', `Prismap may not load anything from ${host} yet. Allow it first.`, {
    ask: host,
  });

/** @throws AppError `not-readable` */
function refusePrivate(name: string, addresses: readonly string[], allowed: AllowedHost): void {
  const inside = addresses.find(isPrivateAddress);
  if (inside === undefined || allowed.privateNetwork) return;
  throw new AppError(
    'not-readable',
    `${name} ${inside === name ? '' : `is ${inside}, which `}lies on this machine or in a private network. If you mean it, add it yourself with "Add basemap…".`,
  );
}

function guardedLookup(resolve: ResolveName, allowed: AllowedHost): LookupFunction {
  return (name, options, answer) => {
    const find = async (): Promise<void> => {
      const addresses = await resolve(name);
      refusePrivate(name, addresses, allowed);
      const found = addresses.map((address) => ({ address, family: isIP(address) }));
      const [first] = found;
      if (first === undefined) throw new Error(`${name} is not known`);
      if (options.all === true) answer(null, found);
      else answer(null, first.address, first.family);
    };
    find().catch((error: Error) => answer(error, '', 4));
  };
}

async function read(
  response: IncomingMessage,
  status: number,
  { mostBytes, range }: RemoteRequest,
): Promise<RemoteAnswer> {
  if (status >= 500 || status < 200) {
    response.destroy();
    throw new AppError('network', `The server of the basemap answered with status ${status}.`);
  }
  // In place of a part some servers send all of the file: it is not waited for.
  const hasBody = status === (range === undefined ? 200 : 206);
  if (!hasBody) response.destroy();
  const body = hasBody ? await readBody(response, mostBytes) : Buffer.alloc(0);
  const { etag, 'last-modified': modified, 'content-type': type = '' } = response.headers;
  return {
    status,
    type: type.split(';')[0]!.trim().toLowerCase(),
    tag: etag ?? modified,
    bytes: response.headers['content-encoding'] === 'gzip' ? await unpack(body, mostBytes) : body,
  };
}

async function readBody(response: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** What gzip holds. @throws AppError `too-large`, `corrupt` */
export async function unpack(bytes: Uint8Array, mostBytes: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(mostBytes);
    throw new AppError('corrupt', 'A compressed tile of the basemap is damaged.');
  }
}

const tooLarge = (mostBytes: number): AppError =>
  new AppError(
    'too-large',
    `The basemap sent more than ${Math.round(mostBytes / 2 ** 20)} MiB at once. Choose another one.`,
  );

function asAppError(error: unknown, url: string, signal: AbortSignal): AppError {
  if (signal.aborted) return new AppError('cancelled', 'Cancelled.');
  if (error instanceof AppError) return error;
  const { name, message } = error as Error;
  const reason =
    name === 'TimeoutError' || name === 'AbortError'
      ? `no answer within ${patienceMs / 1000} seconds`
      : message;
  return new AppError(
    'network',
    `${urlOf(url).host} could not be reached (${reason}). Check the address and the connection.`,
  );
}
