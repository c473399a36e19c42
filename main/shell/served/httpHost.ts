import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../../../app/error.ts';
import type { Desk } from '../../services/desk/createDesk.ts';
import type { PortLimits } from '../../transport/webSocketPort.ts';
import { type Answer, emptyAnswer, errorAnswer, guardHeaders, jsonAnswer } from '../answer.ts';
import type { Audience } from '../audience.ts';
import { basemapAnswer } from '../basemapAnswer.ts';
import { reportAnswer } from '../reportAnswer.ts';
import { staticFiles } from '../staticFiles.ts';
import { tileAnswer } from '../tileAnswer.ts';
import { receiveUpload } from '../uploads.ts';
import { ownHost, refusal } from './sameOrigin.ts';
import type { Sessions } from './sessions.ts';
import { acceptWindows } from './windows.ts';

/** What the served mode is made of. */
export type HttpHostOptions = {
  readonly desk: Pick<Desk, 'call' | 'tile' | 'basemapTile' | 'report'>;
  readonly audience: Audience;
  readonly sessions: Sessions;
  /** Built renderer. */
  readonly rendererFolder: string;
  /** Where dropped files go. */
  readonly uploadsFolder: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Of windows; those of the product where absent. */
  readonly limits?: PortLimits;
  /** Called when a token was traded for a session: the address that held it is used up. */
  readonly onOpened: () => void;
};

export type HttpHost = {
  readonly port: number;
  close(): Promise<void>;
};

/** One request with what handlers need of it. */
type Exchange = {
  readonly request: IncomingMessage;
  readonly url: URL;
  /** Aborts when the other side goes away before it has its answer. */
  readonly signal: AbortSignal;
};

type Route = {
  readonly method: string;
  readonly pattern: RegExp;
  /** Only with the key of a session. */
  readonly session: boolean;
  readonly answer: (exchange: Exchange) => Promise<Answer>;
};

const sessionHeader = 'x-prismap-session';
const mostTokenBytes = 1024;

/** Serves the desk over HTTP and WebSocket on 127.0.0.1 alone. */
export async function startHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const server = createServer({
    ...{ requestTimeout: 0, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    // how often that is looked at; Node's own half a minute would leave slow ones their places for so long
    connectionsCheckingInterval: 1000,
  });
  server.maxConnections = 256;
  // A drop of many gigabytes may take long, but not without a byte for two minutes.
  server.setTimeout(120_000);
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  const routes = createRoutes(options);
  server.on(
    'request',
    (request, response) => void handle(request, response, { port, routes, options }),
  );
  const windows = acceptWindows(server, { ...options, port });
  return {
    port,
    close: async () => {
      windows.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new AppError(
              'usage',
              `Port ${port} cannot be used (${error.code === 'EACCES' ? 'no permission' : 'another program has it'}). Leave --port out, or name another.`,
            )
          : error,
      ),
    );
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
}

function createRoutes(options: HttpHostOptions): readonly Route[] {
  const file = staticFiles(options.rendererFolder);
  return [
    { method: 'POST', pattern: /^\/session$/, session: false, answer: openSession(options) },
    {
      method: 'POST',
      pattern: /^\/token$/,
      session: true,
      answer: async () => jsonAnswer(200, { token: options.sessions.issueToken() }),
    },
    {
      method: 'GET',
      pattern: /^\/tiles\//,
      session: true,
      answer: ({ url, signal }) => tileAnswer(options.desk, url, signal),
    },
    {
      method: 'GET',
      pattern: /^\/basemap\//,
      session: true,
      answer: ({ url, signal }) => basemapAnswer(options.desk, url, signal),
    },
    {
      // A frame cannot send the key: the address holds a ticket that only a window with a key gets.
      method: 'GET',
      pattern: /^\/reports\//,
      session: false,
      answer: ({ url }) => reportAnswer(options.desk, url),
    },
    { method: 'PUT', pattern: /^\/uploads\//, session: true, answer: upload(options) },
    { method: 'GET', pattern: /^\//, session: false, answer: ({ url }) => file(url.pathname) },
  ];
}

function openSession({ sessions, onOpened }: HttpHostOptions): Route['answer'] {
  return async ({ request }) => {
    const token = await readShort(request);
    const session = token === undefined ? undefined : sessions.redeem(token);
    if (session === undefined) return emptyAnswer(403);
    onOpened();
    return jsonAnswer(200, { session });
  };
}

/** The token of `{"token": "…"}`; undefined for anything else. */
async function readShort(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostTokenBytes) return undefined;
    parts.push(part);
  }
  try {
    const value = JSON.parse(Buffer.concat(parts).toString('utf8')) as { token?: unknown } | null;
    return typeof value?.token === 'string' ? value.token : undefined;
  } catch {
    return undefined;
  }
}

function upload({ uploadsFolder }: HttpHostOptions): Route['answer'] {
  return async ({ request, url, signal }) => {
    const bytes = Number(request.headers['content-length'] ?? Number.NaN);
    if (!Number.isSafeInteger(bytes) || bytes < 0) return emptyAnswer(411);
    try {
      const name = decodeName(url.pathname.slice('/uploads/'.length));
      const group = url.searchParams.get('group') ?? undefined;
      const dropped = { name, group, bytes, body: request };
      return jsonAnswer(200, { path: await receiveUpload(uploadsFolder, dropped, signal) });
    } catch (error) {
      return errorAnswer(error);
    }
  };
}

/** @throws AppError `usage` */
function decodeName(encoded: string): string {
  try {
    return encoded.split('/').map(decodeURIComponent).join('/');
  } catch {
    throw new AppError('usage', 'The name of the file is not encoded as an address has to be.');
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  context: {
    readonly port: number;
    readonly routes: readonly Route[];
    readonly options: HttpHostOptions;
  },
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const answer = await choose(request, gone.signal, context).catch(errorAnswer);
  if (gone.signal.aborted) return;
  // What is left of a refused body is not waited for.
  const rest: Record<string, string> = request.complete ? {} : { connection: 'close' };
  const host = ownHost(request, context.port);
  response.writeHead(answer.status, {
    ...guardHeaders(host === undefined ? [] : [`ws://${host}`]),
    ...answer.headers,
    ...rest,
    'content-length': String(answer.body.byteLength),
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function choose(
  request: IncomingMessage,
  signal: AbortSignal,
  { port, routes, options }: Parameters<typeof handle>[2],
): Promise<Answer> {
  const method = request.method === 'HEAD' ? 'GET' : request.method!;
  if (refusal(request, port, method !== 'GET') !== undefined) return emptyAnswer(403);
  const url = new URL(`http://127.0.0.1:${port}${request.url}`);
  const route = routes.find((each) => each.method === method && each.pattern.test(url.pathname));
  if (route === undefined) return emptyAnswer(405);
  const session = request.headers[sessionHeader];
  if (route.session && (typeof session !== 'string' || !options.sessions.isOpen(session)))
    return emptyAnswer(401);
  return route.answer({ request, url, signal });
}
