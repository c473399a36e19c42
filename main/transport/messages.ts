import { isProgressEvent, type ProgressEvent } from '../../app/contract/events.ts';
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

/** A message that came from a compute process, or undefined where it is none: that process is broken, or no longer ours. */
export function asWorkerMessage(value: unknown): WorkerMessage | undefined {
  const message = value as Partial<Record<string, unknown>> | null | undefined;
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, event } = message;
  if (kind === 'result') return { kind, value: message['value'] };
  if (kind === 'event') return isProgressEvent(event) ? { kind, event } : undefined;
  if (kind !== 'failure') return undefined;
  const { code, message: text, details } = (message['error'] ?? {}) as Partial<ErrorRecord>;
  const fits = typeof code === 'string' && typeof text === 'string';
  if (!fits || typeof details !== 'object' || details === null) return undefined;
  return { kind, error: { code, message: text, details } };
}
