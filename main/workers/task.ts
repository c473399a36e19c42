import type { ProgressEvent } from '../../app/contract/events.ts';

/** What a running task may use of its process. */
export type TaskContext = {
  /** Aborted when the host cancels: a task stops within a second. */
  readonly signal: AbortSignal;
  emit(event: ProgressEvent): void;
};

/** Something a compute process can do. */
export type Task<Input, Output> = (input: Input, context: TaskContext) => Promise<Output>;
