import { AppError, fromErrorRecord } from '../../app/error.ts';
import { asWorkerMessage } from '../transport/messages.ts';
import {
  cancelGraceMs,
  keptStderr,
  type RunTask,
  type StartTaskProcess,
  strangeWords,
  type TaskEnd,
  type TaskProcess,
  type TaskRequest,
  taskDied,
  threadVariables,
} from './host.ts';

type Running = {
  readonly request: TaskRequest;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
};

type Limits = {
  /** Of the engine; fixed when the process starts. */
  readonly threads?: number | undefined;
  /** A process is replaced after so many tasks: what native libraries leak is bounded by it. */
  readonly tasks: number;
  /** A process that says nothing for longer while it works is ended. */
  readonly silentMs: number;
};

/**
 * A compute process that stays for one task after the other, so that each need not load modules, engine and model anew. It
 * is started by the first task, and again after it died: the task that it died of fails with `worker-died`, the next goes on.
 */
export class KeptProcess {
  readonly #start: StartTaskProcess;
  readonly #limits: Limits;
  #process: TaskProcess | undefined;
  #tasks = 0;
  #stderr = '';
  #running: Running | undefined;
  #silence: NodeJS.Timeout | undefined;
  /** The process said nothing for too long. */
  #silent = false;

  constructor(start: StartTaskProcess, limits: Limits) {
    this.#start = start;
    this.#limits = limits;
  }

  /** One at a time. @throws AppError of the task, `worker-died`, `cancelled` */
  readonly run: RunTask = async (request) => {
    request.signal?.throwIfAborted();
    if (this.#running !== undefined)
      throw new AppError('internal', `"${request.task}" was given to a process that works.`);
    if (this.#tasks >= this.#limits.tasks) this.close();
    const started = this.#alive();
    this.#tasks += 1;
    let killTimer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      started.send({ kind: 'cancel' });
      killTimer ??= setTimeout(() => started.kill(), cancelGraceMs);
    };
    request.signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#running = { request, resolve, reject };
        this.#heard(started);
        started.send({ kind: 'start', task: request.task, input: request.input, keep: true });
      });
    } finally {
      this.#running = undefined;
      clearTimeout(this.#silence);
      clearTimeout(killTimer);
      request.signal?.removeEventListener('abort', cancel);
    }
  };

  /** Ends the process; a task under way fails. */
  close(): void {
    this.#process?.kill();
    this.#process = undefined;
    this.#running?.reject(
      new AppError('cancelled', `${this.#running.request.task} was cancelled.`),
    );
  }

  #alive(): TaskProcess {
    if (this.#process !== undefined) return this.#process;
    const started = this.#start(threadVariables(this.#limits.threads));
    this.#process = started;
    this.#tasks = 0;
    this.#stderr = '';
    this.#silent = false;
    started.onErrorText((text) => {
      if (this.#process === started) this.#stderr = (this.#stderr + text).slice(-keptStderr);
    });
    started.onMessage((message) => {
      if (this.#process === started) this.#answered(started, message);
    });
    started.onEnd((end) => {
      if (this.#process !== started) return;
      this.#process = undefined;
      this.#ended(end);
    });
    return started;
  }

  #answered(started: TaskProcess, raw: unknown): void {
    if (this.#running === undefined) return;
    const message = asWorkerMessage(raw);
    if (message === undefined) {
      this.#running.reject(taskDied(this.#running.request, { reason: strangeWords }, this.#stderr));
      this.#process = undefined;
      started.kill();
      return;
    }
    this.#heard(started);
    const { request, resolve, reject } = this.#running;
    if (message.kind === 'event') request.onEvent?.(message.event);
    else if (message.kind === 'result') resolve(message.value);
    else reject(fromErrorRecord(message.error));
  }

  #ended(end: TaskEnd): void {
    if (this.#running === undefined) return;
    const { request, reject } = this.#running;
    if (!this.#silent || request.signal?.aborted === true)
      return reject(taskDied(request, end, this.#stderr));
    const seconds = Math.round(this.#limits.silentMs / 1000);
    reject(
      new AppError(
        'worker-died',
        `The compute process of "${request.task}" gave no sign of progress for ${seconds} s and was ended. Look at the file, or allow more with --timeout.`,
        { silentSeconds: seconds },
      ),
    );
  }

  #heard(started: TaskProcess): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#silent = true;
      started.kill();
    }, this.#limits.silentMs);
  }
}
