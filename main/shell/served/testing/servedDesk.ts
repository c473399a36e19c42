import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const program = fileURLToPath(new URL('../../../cli.ts', import.meta.url));

/** A running `prismap serve`, spoken to byte by byte. */
export type ServedDesk = {
  readonly port: number;
  readonly pid: number;
  /** Opens one window; not used yet. */
  readonly token: string;
  /** The key of a window. */
  readonly session: string;
  /** All that it printed. */
  said(): string;
  stop(): Promise<void>;
};

export async function startServed(data: string, words: readonly string[]): Promise<ServedDesk> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, 'serve', '--json', ...words],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PRISMAP_DATA: data } },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const [, address, first] = await found(() => /http:\/\/(\S+)\/#token=([\w-]+)/.exec(said));
  const port = Number(address!.split(':')[1]);
  const session = await redeem(port, first!);
  // used up: the program prints another one
  const [, token] = await found(() => /Open\..*#token=([\w-]+)/.exec(said));
  return {
    ...{ port, pid: child.pid!, token: token!, session: session! },
    said: () => said,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

async function found<Value>(look: () => Value | null | undefined): Promise<Value> {
  for (let wait = 0; wait < 1200; wait++) {
    const value = look();
    if (value !== null && value !== undefined) return value;
    await pause(50);
  }
  throw new Error('prismap serve did not say what was waited for.');
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Trades a token for the key of a window; undefined where it is refused. */
export async function redeem(port: number, token: string): Promise<string | undefined> {
  const body = JSON.stringify({ token });
  const { status, text } = await raw(port, {
    method: 'POST /session',
    lines: [own, ownOrigin, `Content-Length: ${body.length}`],
    body,
  });
  return status === 200 ? (JSON.parse(text) as { session: string }).session : undefined;
}

export type Answered = {
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
  readonly text: string;
  /** In lower case. */
  readonly headers: string;
};

export const own = 'Host: 127.0.0.1:PORT';
export const ownOrigin = 'Origin: http://127.0.0.1:PORT';

type Request = {
  readonly lines?: readonly string[];
  readonly body?: string;
  readonly method?: string;
  readonly version?: string;
};

/** One request byte by byte, so that Host, Origin and target are ours; `PORT` in it is the port. */
export function raw(port: number, request: Request): Promise<Answered> {
  const { lines = [own], body = '', method = 'GET /', version = 'HTTP/1.1' } = request;
  const text = [`${method} ${version}`, ...lines, 'Connection: close', '', body].join('\r\n');
  return new Promise((resolve, reject) => {
    let got = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(text.replaceAll('PORT', String(port))),
    );
    socket.setEncoding('utf8').on('data', (part: string) => {
      got += part;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // a body that is not wanted is cut off
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => {
      const [headers = '', ...rest] = got.split('\r\n\r\n');
      resolve({
        status: Number(got.slice(9, 12)),
        text: rest.join('\r\n\r\n'),
        headers: headers.toLowerCase(),
      });
    });
  });
}

/** The first line that a handshake for a WebSocket is answered with. */
export function handshake(
  port: number,
  lines: readonly string[],
  { path = '/rpc', version = 'HTTP/1.1' } = {},
): Promise<string> {
  return openRaw(port, lines, { path, version }).then(({ socket, answer }) => {
    socket.destroy();
    return answer;
  });
}

/** A socket after its handshake, and what that was answered with. */
export function openRaw(
  port: number,
  lines: readonly string[],
  { path = '/rpc', version = 'HTTP/1.1' } = {},
): Promise<{ readonly socket: Socket; readonly answer: string }> {
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''];
  const head = [`GET ${path} ${version}`, ...lines, 'Upgrade: websocket', 'Connection: Upgrade'];
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write([...head, ...key].join('\r\n').replaceAll('PORT', String(port))),
    );
    socket.once('data', (data: Buffer) => resolve({ socket, answer: data.toString('utf8') }));
    socket.on('error', reject);
    socket.on('end', () => resolve({ socket, answer: '' }));
  });
}

/** A text message of at most 125 bytes as one masked frame, for a socket that was opened byte by byte. */
export function frame(text: string): Buffer {
  const body = Buffer.from(text);
  // a mask of zeros leaves the body as it is
  return Buffer.concat([Buffer.from([0x81, 0x80 | body.length]), Buffer.alloc(4), body]);
}

type Message = Readonly<Record<string, unknown>> & { readonly id?: number };

/** A WebSocket of the desk. */
export type Window = {
  readonly socket: WebSocket;
  readonly messages: readonly Message[];
  /** The code that it is closed with. */
  readonly closed: Promise<number>;
  /** Value or error of a call. */
  call(name: string, input: unknown): Promise<Message>;
};

export async function dial(port: number, path = '/rpc'): Promise<Window> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    origin: `http://127.0.0.1:${port}`,
  });
  const messages: Message[] = [];
  const waiting = new Map<number, (message: Message) => void>();
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as Message;
    messages.push(message);
    if (message.id !== undefined) waiting.get(message.id)?.(message);
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('error', () => undefined);
  let calls = 1_000_000;
  return {
    ...{ socket, messages, closed },
    call: (name, input) => {
      const id = calls++;
      const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
      socket.send(JSON.stringify({ kind: 'call', id, name, input }));
      return answer;
    },
  };
}

/** A window that has shown its key. */
export async function openWindow({ port, session }: ServedDesk): Promise<Window> {
  const window = await dial(port);
  window.socket.send(JSON.stringify({ session }));
  while (window.messages.length === 0) await pause(5);
  return window;
}
