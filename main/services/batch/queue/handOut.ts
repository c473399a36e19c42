import { AppError, type ErrorCode } from '../../../../app/error.ts';
import type { BatchMapped } from '../../../workers/batchMap.ts';
import type { Board, QueueJob } from './board.ts';
import { type AnswerMessage, answerMessage, type JobMessage, jobMessage } from './messages.ts';
import { sealed, unsealed } from './sealed.ts';
import type { SharedPlan } from './sharedPlan.ts';

/** What came of a job: the result, which a part has none of, and the folder of the worker that made it. */
export type Handed = { readonly mapped?: BatchMapped; readonly taken: string };

/** Who waits for an answer. */
export type Asked = {
  readonly signal: AbortSignal;
  /** Told the share that is done, 0 to 1. */
  readonly tell: (share: number) => void;
};

type Waiting = {
  readonly message: JobMessage;
  readonly resolve: (value: Handed) => void;
  readonly reject: (error: unknown) => void;
  readonly tell: (share: number) => void;
};

/** What BullMQ says of a job whose workers were lost too often. */
const lostTooOften = /stalled more than/;

/**
 * Jobs that were handed to workers and wait for an answer. Redis is asked for answers again and again: nothing can be missed by
 * a connection that was lost, or by a start that comes after this one.
 */
export class HandOut {
  readonly #board: Board;
  readonly #shared: SharedPlan;
  readonly #waiting = new Map<string, Waiting>();

  constructor(board: Board, shared: SharedPlan) {
    this.#board = board;
    this.#shared = shared;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Hands a job out; one that an earlier start handed out is waited for instead.
   * @throws AppError as the worker says, `worker-died` where those that took it were lost, `cancelled`
   */
  async ask(message: JobMessage, { signal, tell }: Asked): Promise<Handed> {
    signal.throwIfAborted();
    if (!jobMessage.safeParse(message).success)
      throw new AppError(
        'unsupported',
        `The name ${JSON.stringify(message.scene)} cannot be given to workers: it holds "\\", ":" or characters that have no print. Rename it, or map it without --queue.`,
      );
    const { job } = message;
    const stop = (): void =>
      this.#waiting.get(job)?.reject(new AppError('cancelled', 'The batch was stopped.'));
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(job, { message, resolve, reject, tell });
        // what Redis does not take now is handed out again when it is found short of it
        void this.#post([message]).catch(() => undefined);
      });
    } finally {
      this.#waiting.delete(job);
      signal.removeEventListener('abort', stop);
    }
  }

  /** Forgets a job whose result is settled. */
  async forget(job: string): Promise<void> {
    await this.#board.queue.remove(job);
  }

  /** Looks for answers. */
  async collect(): Promise<void> {
    const ids = await this.#board.queue.getRanges(['completed', 'failed']);
    for (const id of ids) {
      const waiting = this.#waiting.get(id);
      const job = waiting === undefined ? undefined : await this.#board.queue.getJob(id);
      if (job !== undefined) this.#answered(waiting!, job);
    }
  }

  /** Tells how far jobs are that are being worked on. */
  async follow(): Promise<void> {
    for (const job of await this.#board.queue.getJobs(['active']))
      if (typeof job?.progress === 'number' && job.id !== undefined)
        this.#waiting.get(job.id)?.tell(Math.min(1, Math.max(0, job.progress)));
  }

  /** Whether Redis knows fewer jobs than wait here: it may have lost its last moments. */
  async isShort(): Promise<boolean> {
    const counts = await this.#board.queue.getJobCounts();
    return Object.values(counts).reduce((sum, count) => sum + count, 0) < this.#waiting.size;
  }

  /** Hands out again what Redis does not know; what it knows is left as it is. */
  async repeat(): Promise<void> {
    await this.#post(Array.from(this.#waiting.values(), ({ message }) => message));
  }

  async #post(messages: readonly JobMessage[]): Promise<void> {
    await this.#board.queue.addBulk(
      messages.map((message) => ({
        name: message.scene,
        data: sealed(message, this.#shared.key),
        // the same id again adds nothing
        // what puts parts together comes before scenes that are not begun
        opts: { jobId: message.job, lifo: message.parts !== undefined },
      })),
    );
  }

  #answered({ message, resolve, reject }: Waiting, job: QueueJob): void {
    if (job.failedReason !== undefined && job.failedReason !== '')
      return reject(failure(job.failedReason, message.scene));
    const answer = unsealed(job.returnvalue, this.#shared.key, answerMessage);
    if (answer === undefined || answer.job !== message.job || answer.batch !== message.batch)
      return reject(
        new AppError(
          'internal',
          'The answer in the queue is none of a worker of this batch. Look who else writes into that Redis.',
        ),
      );
    const { result, taken } = answer;
    if ('failed' in result) reject(ofWorker(result.failed));
    else resolve({ ...('mapped' in result ? { mapped: result.mapped } : {}), taken });
  }
}

function failure(reason: string, scene: string): AppError {
  if (lostTooOften.test(reason))
    return new AppError(
      'worker-died',
      `The workers that took ${scene} were lost one after the other. Look at their machines, and at the scene.`,
    );
  return new AppError('internal', `The queue says of ${scene}: ${reason.slice(0, 300)}`);
}

type Failed = Extract<AnswerMessage['result'], { failed: unknown }>['failed'];

/** Codes are words of ours, whatever version the worker has. */
const ofWorker = ({ code, message }: Failed): AppError => new AppError(code as ErrorCode, message);
