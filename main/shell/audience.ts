import type { DeskEvent } from '../../app/contract/deskApi.ts';
import { type Port, serve } from '../../app/contract/rpc.ts';
import type { Desk } from '../services/desk/createDesk.ts';

/** The windows of one desk: each gets its own answers, all get the events. */
export type Audience = {
  add(port: Port, desk: Pick<Desk, 'call'>): void;
  tell(event: DeskEvent): void;
  readonly size: number;
};

export function createAudience(): Audience {
  const windows = new Set<(event: unknown) => void>();
  return {
    add: (port, desk) => {
      const send = serve(port, (name, input, signal) => desk.call(name, input, signal));
      windows.add(send);
      port.onClose(() => windows.delete(send));
    },
    tell: (event) => {
      for (const send of windows) send(event);
    },
    get size() {
      return windows.size;
    },
  };
}
