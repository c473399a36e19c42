import { EventEmitter } from 'node:events';
import type { Page } from '@playwright/test';

/**
 * One end of a channel in the main program. Its other end may be moved into a page; from then on messages go through the page's
 * bindings, in order.
 */
export class MessagePortMain extends EventEmitter {
  static readonly #moved = new Map<number, MessagePortMain>();
  static #next = 1;

  /** A message from a page for the end that stayed. */
  static receive(id: number, message: unknown): void {
    MessagePortMain.#moved.get(id)?.other.emit('message', { data: message });
  }

  /** The page has gone, or another was loaded into it. */
  static closeAll(page: Page): void {
    for (const [id, port] of MessagePortMain.#moved) {
      if (port.#page !== page) continue;
      MessagePortMain.#moved.delete(id);
      port.other.emit('close');
    }
  }

  other!: MessagePortMain;
  readonly #id = MessagePortMain.#next++;
  #page: Page | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  start = (): void => undefined;
  postMessage = (message: unknown): void => this.other.#deliver(message);

  /** Goes to the page as the message `channel`, with its port. */
  moveTo(page: Page, channel: string): void {
    this.#page = page;
    MessagePortMain.#moved.set(this.#id, this);
    this.#run(({ id, channel: name }) => standIn.open(id, name), { id: this.#id, channel });
  }

  #deliver(message: unknown): void {
    this.#run(({ id, message: data }) => standIn.deliver(id, data), { id: this.#id, message });
  }

  #run<Argument>(script: (argument: Argument) => void, argument: Argument): void {
    const page = this.#page;
    // What is sent to a page that has gone is lost, as with a real port.
    this.#queue = this.#queue.then(() =>
      page?.evaluate(script as never, argument).catch(() => undefined),
    );
  }
}

export class MessageChannelMain {
  readonly port1 = new MessagePortMain();
  readonly port2 = new MessagePortMain();

  constructor() {
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
}

/** In the page; see preloadScript.ts. */
declare const standIn: {
  readonly open: (id: number, channel: string) => void;
  readonly deliver: (id: number, message: unknown) => void;
};
