import type { DeskCall, DeskEvent, DeskInput, DeskOutput } from '../../app/contract/deskApi.ts';
import { type Connection, connect, type Port } from '../../app/contract/rpc.ts';
import { AppError } from '../../app/error.ts';
import { t } from '../words/translate.ts';
import type { Host, HostState } from './host.ts';

/** A way to the host that is made again when it is lost. */
export type Link = Pick<Host, 'call' | 'onEvent' | 'state' | 'onState'> & {
  /** Tries at once, also after a refusal: there is a new key. */
  retry(): void;
};

const firstPauseMs = 200;
const longestPauseMs = 5000;

const refusedError = (): AppError =>
  new AppError(
    'network',
    t(
      'This window has no key to Prismap. Open the address that Prismap printed last, or start it again.',
    ),
  );

/** Thrown by `dial` where trying again would not help. */
export class Refused extends Error {}

/** @param dial makes a new connection; rejects where there is none, with `Refused` where there never will be */
export function createLink(dial: () => Promise<Port>): Link {
  const events = listeners<DeskEvent>();
  const states = listeners<HostState>();
  let state: HostState = 'connecting';
  let line = waitingLine();
  let pauseMs = firstPauseMs;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const enter = (next: HostState): void => {
    if (next === state) return;
    state = next;
    states.tell(next);
  };
  const later = (): void => {
    timer = setTimeout(start, pauseMs);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  };
  const connected = (port: Port): void => {
    pauseMs = firstPauseMs;
    line.open(connect(port, (event) => events.tell(event as DeskEvent)));
    port.onClose(() => {
      line = waitingLine();
      enter('lost');
      later();
    });
    enter('connected');
  };
  const failed = (error: unknown): void => {
    if (error instanceof Refused) {
      line.refuse();
      line = waitingLine();
      enter('refused');
      return;
    }
    if (state !== 'connecting') enter('lost');
    later();
  };
  function start(): void {
    timer = undefined;
    dial().then(connected, failed);
  }
  start();
  return {
    call: async <Name extends DeskCall>(
      name: Name,
      input: DeskInput<Name>,
      signal?: AbortSignal,
    ) => {
      if (state === 'refused') throw refusedError();
      const connection = await abortable(line.connection, signal);
      return (await connection.call(name, input, signal)) as DeskOutput<Name>;
    },
    onEvent: events.add,
    onState: states.add,
    state: () => state,
    retry: () => {
      if (timer === undefined && state !== 'refused') return;
      clearTimeout(timer);
      enter('lost');
      start();
    },
  };
}

type Line = {
  readonly connection: Promise<Connection>;
  readonly open: (connection: Connection) => void;
  readonly refuse: () => void;
};

/** The connection that calls wait for. */
function waitingLine(): Line {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  // Without a call that waits, nobody has to know.
  promise.catch(() => undefined);
  return { connection: promise, open: resolve, refuse: () => reject(refusedError()) };
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const cancel = (): void => reject(new AppError('cancelled', 'Cancelled.'));
    if (signal.aborted) return cancel();
    signal.addEventListener('abort', cancel, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  });
}

type Listeners<T> = {
  readonly add: (listener: (value: T) => void) => () => void;
  readonly tell: (value: T) => void;
};

function listeners<T>(): Listeners<T> {
  const all = new Set<(value: T) => void>();
  return {
    add: (listener) => {
      all.add(listener);
      return () => void all.delete(listener);
    },
    tell: (value) => {
      for (const listener of all) listener(value);
    },
  };
}
