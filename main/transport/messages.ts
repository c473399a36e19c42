import type { ProgressEvent } from '../../app/contract/events.ts';
import type { ErrorRecord } from '../../app/error.ts';

/** From the host to a compute process. */
export type HostMessage =
  | {
      readonly kind: 'start';
      readonly task: string;
      readonly input: unknown;
      /** Stay for more tasks, one after the other, until the host goes. */
      readonly keep?: boolean;
    }
  | { readonly kind: 'cancel' };

/** From a compute process to its host. */
export type WorkerMessage =
  | { readonly kind: 'event'; readonly event: ProgressEvent }
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly error: ErrorRecord };
