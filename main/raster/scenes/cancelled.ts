import { AppError } from '../../../app/error.ts';

/** @throws AppError `cancelled` once the caller no longer wants the result */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AppError('cancelled', 'Reading was cancelled.');
}

/** Lets timers, sockets and cancellations in between two long steps. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  throwIfCancelled(signal);
}
