import { AppError, type ErrorRecord, errorRecord, fromErrorRecord } from '../error.ts';

/** All that a transport has to be. */
export type Port = {
  send(message: unknown): void;
  /** Called for every message from the other side, in order. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the other side is gone. */
  onClose(listener: () => void): void;
};

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: ErrorRecord }
  | { readonly kind: 'event'; readonly event: unknown };

/** Answers one call; inputs are checked by the callee against the contract. */
export type Answer = (name: string, input: unknown, signal: AbortSignal) => Promise<unknown>;

const kinds = new Set(['call', 'cancel', 'result', 'failure', 'event']);

/** A message of the protocol, or undefined for anything else: what comes from outside is not trusted to be one. */
function asMessage(value: unknown): Message | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const message = value as Record<string, unknown>;
  if (!kinds.has(message['kind'] as string)) return undefined;
  if (message['kind'] !== 'event' && !Number.isSafeInteger(message['id'])) return undefined;
  if (message['kind'] === 'call' && typeof message['name'] !== 'string') return undefined;
  return value as Message;
}

/** Answers the calls that come through `port`, and gives a function that sends events. Calls of a port that closes are cancelled. */
export function serve(port: Port, answer: Answer): (event: unknown) => void {
  const running = new Map<number, AbortController>();
  port.onMessage((value) => {
    const message = asMessage(value);
    if (message?.kind === 'cancel') running.get(message.id)?.abort();
    if (message?.kind !== 'call') return;
    const { id, name, input } = message;
    const controller = new AbortController();
    running.set(id, controller);
    void answer(name, input, controller.signal)
      .then((result) => port.send({ kind: 'result', id, value: result } satisfies Message))
      .catch((error: unknown) =>
        port.send({ kind: 'failure', id, error: errorRecord(error) } satisfies Message),
      )
      .finally(() => running.delete(id));
  });
  port.onClose(() => {
    for (const controller of running.values()) controller.abort();
  });
  return (event) => port.send({ kind: 'event', event } satisfies Message);
}

/** An error of the way to Prismap itself: it passes when there is a connection again. */
export const isLost = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'network' && error.details['lost'] === true;

/** The other end of a port that serves calls. */
export type Connection = {
  /** @throws AppError what the call threw; `cancelled`; `network` where the connection is lost */
  call(name: string, input: unknown, signal?: AbortSignal): Promise<unknown>;
};

type Waiting = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
};

export function connect(port: Port, onEvent: (event: unknown) => void): Connection {
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let closed = false;
  const lost = (): AppError =>
    new AppError('network', 'The connection to Prismap was lost. It is tried again by itself.', {
      lost: true,
    });
  port.onMessage((value) => {
    const message = asMessage(value);
    if (message?.kind === 'event') onEvent(message.event);
    if (message?.kind !== 'result' && message?.kind !== 'failure') return;
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'result') call?.resolve(message.value);
    else call?.reject(fromErrorRecord(message.error));
  });
  port.onClose(() => {
    closed = true;
    for (const { reject } of waiting.values()) reject(lost());
    waiting.clear();
  });
  return {
    call: (name, input, signal) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(lost());
        if (signal?.aborted === true) return reject(new AppError('cancelled', 'Cancelled.'));
        const id = next++;
        const cancel = (): void => port.send({ kind: 'cancel', id } satisfies Message);
        const settled = (): void => signal?.removeEventListener('abort', cancel);
        waiting.set(id, {
          resolve: (value) => {
            settled();
            resolve(value);
          },
          reject: (error) => {
            settled();
            reject(error);
          },
        });
        signal?.addEventListener('abort', cancel, { once: true });
        port.send({ kind: 'call', id, name, input } satisfies Message);
      }),
  };
}
