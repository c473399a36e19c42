import type { DeskCall, DeskEvent, DeskInput, DeskOutput } from '../../app/contract/deskApi.ts';
import { type Connection, connect, type Port } from '../../app/contract/rpc.ts';
import { AppError } from '../../app/error.ts';
import type { Host, HostState } from './host.ts';

/** A way to the host that is made again when it is lost. */
export type Link = Pick<Host, 'call' | 'onEvent' | 'state' | 'onState' | 'onReconnect'> & {
  /** Tries at once, also after a refusal: there is a new key. */
  retry(): void;
  /** Waits, as calls do, until there is a connection. @throws AppError `cancelled` */
  untilConnected(signal?: AbortSignal): Promise<void>;
};

const firstPauseMs = 200;
const longestPauseMs = 5000;

/** Thrown by `dial` where trying again would not help. */
export class Refused extends Error {}

/** @param dial makes a new connection; rejects where there is none, with `Refused` where there never will be */
export function createLink(dial: () => Promise<Port>): Link {
  const events = listeners<DeskEvent>();
  const states = listeners<HostState>();
  let state: HostState = 'connecting';
  const tasks: ((call: Host['call']) => Promise<void>)[] = [];
  /** The connection that calls wait for. */
  let line = Promise.withResolvers<Connection>();
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
  const connected = async (port: Port): Promise<void> => {
    pauseMs = firstPauseMs;
    let closed = false;
    port.onClose(() => {
      closed = true;
      line = Promise.withResolvers();
      enter('lost');
      later();
    });
    const connection = connect(port, (event) => events.tell(event as DeskEvent));
    if (state !== 'connecting') await reconnected(connection);
    if (closed) return;
    line.resolve(connection);
    enter('connected');
  };
  /** What has to be put right first; a task that fails says so itself. */
  const reconnected = async (connection: Connection): Promise<void> => {
    for (const task of tasks) await task(caller(async () => connection));
  };
  const failed = (error: unknown): void => {
    if (error instanceof Refused) return enter('refused');
    if (state !== 'connecting') enter('lost');
    later();
  };
  function start(): void {
    timer = undefined;
    dial().then(connected, failed);
  }
  start();
  return {
    call: caller(() => line.promise),
    untilConnected: async (signal) => void (await abortable(line.promise, signal)),
    onEvent: events.add,
    onState: states.add,
    onReconnect: (task) => void tasks.push(task),
    state: () => state,
    retry: () => {
      if (timer === undefined && state !== 'refused') return;
      clearTimeout(timer);
      enter('lost');
      start();
    },
  };
}

function caller(connection: () => Promise<Connection>): Host['call'] {
  return async <Name extends DeskCall>(
    name: Name,
    input: DeskInput<Name>,
    signal?: AbortSignal,
  ) => {
    const there = await abortable(connection(), signal);
    return (await there.call(name, input, signal)) as DeskOutput<Name>;
  };
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
