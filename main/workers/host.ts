import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProgressEvent } from '../../app/contract/events.ts';
import { AppError, fromErrorRecord } from '../../app/error.ts';
import { asWorkerMessage, type HostMessage } from '../transport/messages.ts';

/** One task for a compute process. */
export type TaskRequest = {
  readonly task: string;
  readonly input: unknown;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent) => void;
  /** Threads of the engine: they have to be known before the engine is loaded. */
  readonly threads?: number;
};

/** Why a process was ended that sent what is no message; follows 'The compute process of …'. */
export const strangeWords = 'sent what is no message and was ended';

/** Runs a task in a compute process and gives its result. */
export type RunTask = (request: TaskRequest) => Promise<unknown>;

/** A cancelled process that has not ended by then is killed; what it had finished is safe (see docs of resume). */
export const cancelGraceMs = 900;
export const keptStderr = 4000;
/**
 * Flags of V8 in a compute process. Pixels and tensors lie outside its heap: a small space for young objects costs no time
 * (measured). Left alone the heap grows to 100 MB within minutes.
 */
export const computeFlags = ['--expose-gc', '--max-semi-space-size=8'] as const;

/** A compute process as its host sees it: a child of Node, or a utility process where Electron is the host. */
export type TaskProcess = {
  send(message: HostMessage): void;
  /** Whatever it sends: to be looked at before it is believed. */
  onMessage(listener: (message: unknown) => void): void;
  /** What it writes to standard error, piece by piece. */
  onErrorText(listener: (text: string) => void): void;
  /** Called when it has ended, or could not be started. */
  onEnd(listener: (end: TaskEnd) => void): void;
  /** Ends it at once. */
  kill(): void;
};

export type TaskEnd = {
  readonly code?: number | undefined;
  readonly signal?: string | undefined;
  readonly reason?: string;
};

/** Starts a compute process with these environment variables beside its host's. */
export type StartTaskProcess = (environment: Readonly<Record<string, string>>) => TaskProcess;

/**
 * Runs tasks, each in a process of its own. Whatever happens to that process (crash in native code, out of memory, kill) ends
 * the promise with a coded error and nothing else.
 *
 * @throws AppError of the task, `worker-died` where the process ended without an answer, `cancelled`
 */
export function taskRunner(start: StartTaskProcess): RunTask {
  return (request) => {
    request.signal?.throwIfAborted();
    const started = start(threadVariables(request.threads));
    return new Promise((resolve, reject) =>
      new Conversation(started, request).run(resolve, reject),
    );
  };
}

/** Runs tasks, each in a child process that executes `entry`. */
export function childRunner(entry: string): RunTask {
  return taskRunner(childOf(entry));
}

/** Starts child processes that execute `entry`. */
export const childOf =
  (entry: string): StartTaskProcess =>
  (environment) =>
    startChild(entry, environment);

/** The program of the application's own tasks. */
export const computeEntry = fileURLToPath(new URL('./compute.ts', import.meta.url));

export const runInChild: RunTask = childRunner(computeEntry);

/** A compute process as a child of Node. */
export const startComputeChild: StartTaskProcess = childOf(computeEntry);

/** Environment variables that fix the threads of an engine. */
export function threadVariables(threads: number | undefined): Record<string, string> {
  if (threads === undefined) return {};
  const count = String(threads);
  return { TF_NUM_INTRAOP_THREADS: count, TF_NUM_INTEROP_THREADS: '1', OMP_NUM_THREADS: count };
}

function startChild(entry: string, environment: Readonly<Record<string, string>>): TaskProcess {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...computeFlags, entry],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, ...environment },
    },
  );
  return {
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    onMessage: (listener) => void child.on('message', listener),
    onErrorText: (listener) => void child.stderr?.setEncoding('utf8').on('data', listener),
    onEnd: (listener) => {
      child.on('error', ({ message }) => listener({ reason: message }));
      child.on('close', (code, signal) =>
        listener({ code: code ?? undefined, signal: signal ?? undefined }),
      );
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

class Conversation {
  readonly #process: TaskProcess;
  readonly #request: TaskRequest;
  #stderr = '';
  #settled = false;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(started: TaskProcess, request: TaskRequest) {
    this.#process = started;
    this.#request = request;
  }

  run(resolve: (value: unknown) => void, reject: (error: AppError) => void): void {
    const started = this.#process;
    const settle = (action: () => void): void => {
      if (this.#settled) return;
      this.#settled = true;
      action();
    };
    const cancel = (): void => {
      started.send({ kind: 'cancel' });
      this.#killTimer ??= setTimeout(() => started.kill(), cancelGraceMs);
    };
    this.#request.signal?.addEventListener('abort', cancel, { once: true });
    started.onErrorText((text) => {
      this.#stderr = (this.#stderr + text).slice(-keptStderr);
    });
    started.onMessage((raw) => {
      const message = asWorkerMessage(raw);
      if (message === undefined) {
        settle(() => reject(taskDied(this.#request, { reason: strangeWords }, this.#stderr)));
        started.kill();
      } else if (message.kind === 'event') this.#request.onEvent?.(message.event);
      else if (message.kind === 'result') settle(() => resolve(message.value));
      else settle(() => reject(fromErrorRecord(message.error)));
    });
    started.onEnd((end) => {
      clearTimeout(this.#killTimer);
      this.#request.signal?.removeEventListener('abort', cancel);
      settle(() => reject(taskDied(this.#request, end, this.#stderr)));
    });
    started.send({ kind: 'start', task: this.#request.task, input: this.#request.input });
  }
}

/** What the caller of a task is told whose process ended without an answer. */
export function taskDied(
  { task, signal: cancelled }: Pick<TaskRequest, 'task' | 'signal'>,
  { code, signal, reason }: TaskEnd,
  stderr: string,
): AppError {
  if (cancelled?.aborted === true) {
    return new AppError(
      'cancelled',
      `${task} was cancelled. What was finished is kept; add --resume to go on.`,
    );
  }
  const outOfMemory =
    signal === 'SIGKILL' || /heap out of memory|bad_alloc|allocation failed|OOM/i.test(stderr);
  const how =
    signal === undefined ? `ended with status ${code ?? 'unknown'}` : `was ended by ${signal}`;
  const cause = outOfMemory
    ? ' Most often that means that memory ran out: close other programs, or use a smaller batch.'
    : '';
  return new AppError(
    'worker-died',
    `The compute process of "${task}" ${reason ?? how} before it had an answer.${cause} What was finished is kept: resume it to go on (on the command line with --resume).`,
    { code, signal, lastOutput: stderr.trim().slice(-1500) },
  );
}
