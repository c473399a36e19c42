import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProgressEvent } from '../../app/contract/events.ts';
import { AppError, fromErrorRecord } from '../../app/error.ts';
import type { HostMessage, WorkerMessage } from '../transport/messages.ts';

/** One task for a compute process. */
export type TaskRequest = {
  readonly task: string;
  readonly input: unknown;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent) => void;
  /** Threads of the engine: they have to be known before the engine is loaded. */
  readonly threads?: number;
};

/** Runs a task in a compute process and gives its result. */
export type RunTask = (request: TaskRequest) => Promise<unknown>;

/** A cancelled process that has not ended by then is killed; what it had finished is safe (see docs of resume). */
const cancelGraceMs = 900;
const keptStderr = 4000;
/**
 * Pixels and tensors lie outside V8's heap: a small space for young objects costs no time (measured).
 * Left alone the heap grows to 100 MB within minutes.
 */
const youngHeap = '--max-semi-space-size=8';

/**
 * Runs tasks, each in a child process of its own that executes `entry`. Whatever happens to that process (crash in native
 * code, out of memory, kill) ends the promise with a coded error and nothing else.
 *
 * @throws AppError of the task, `worker-died` where the process ended without an answer, `cancelled`
 */
export function childRunner(entry: string): RunTask {
  return (request) => {
    request.signal?.throwIfAborted();
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--expose-gc', youngHeap, entry],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        serialization: 'advanced',
        env: { ...process.env, ...threadVariables(request.threads) },
      },
    );
    return new Promise((resolve, reject) => new Conversation(child, request).run(resolve, reject));
  };
}

/** Runs the application's own tasks (`compute.ts`). */
export const runInChild: RunTask = childRunner(
  fileURLToPath(new URL('./compute.ts', import.meta.url)),
);

function threadVariables(threads: number | undefined): Record<string, string> {
  if (threads === undefined) return {};
  const count = String(threads);
  return { TF_NUM_INTRAOP_THREADS: count, TF_NUM_INTEROP_THREADS: '1', OMP_NUM_THREADS: count };
}

class Conversation {
  readonly #child: ChildProcess;
  readonly #request: TaskRequest;
  #stderr = '';
  #settled = false;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, request: TaskRequest) {
    this.#child = child;
    this.#request = request;
  }

  run(resolve: (value: unknown) => void, reject: (error: AppError) => void): void {
    const child = this.#child;
    const settle = (action: () => void): void => {
      if (this.#settled) return;
      this.#settled = true;
      action();
    };
    const cancel = (): void => {
      if (child.connected) child.send({ kind: 'cancel' } satisfies HostMessage, () => undefined);
      this.#killTimer ??= setTimeout(() => child.kill('SIGKILL'), cancelGraceMs);
    };
    this.#request.signal?.addEventListener('abort', cancel, { once: true });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptStderr);
    });
    child.on('message', (message: WorkerMessage) => {
      if (message.kind === 'event') this.#request.onEvent?.(message.event);
      else if (message.kind === 'result') settle(() => resolve(message.value));
      else settle(() => reject(fromErrorRecord(message.error)));
    });
    child.on('error', (error) =>
      settle(() => reject(this.#died(undefined, undefined, error.message))),
    );
    child.on('close', (code, signal) => {
      clearTimeout(this.#killTimer);
      this.#request.signal?.removeEventListener('abort', cancel);
      settle(() => reject(this.#died(code ?? undefined, signal ?? undefined)));
    });
    child.send(
      { kind: 'start', task: this.#request.task, input: this.#request.input } satisfies HostMessage,
      () => undefined,
    );
  }

  #died(code: number | undefined, signal: string | undefined, reason?: string): AppError {
    if (this.#request.signal?.aborted === true) {
      return new AppError(
        'cancelled',
        `${this.#request.task} was cancelled. What was finished is kept; add --resume to go on.`,
      );
    }
    const outOfMemory =
      signal === 'SIGKILL' ||
      /heap out of memory|bad_alloc|allocation failed|OOM/i.test(this.#stderr);
    const how =
      signal === undefined ? `ended with status ${code ?? 'unknown'}` : `was ended by ${signal}`;
    const cause = outOfMemory
      ? ' Most often that means that memory ran out: close other programs, or use a smaller batch.'
      : '';
    return new AppError(
      'worker-died',
      `The compute process of "${this.#request.task}" ${reason ?? how} before it had an answer.${cause} What was finished is kept: start again with --resume.`,
      { code, signal, lastOutput: this.#stderr.trim().slice(-1500) },
    );
  }
}
