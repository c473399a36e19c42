import { randomUUID } from 'node:crypto';
import { rmdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UnrecoverableError, WaitingError, type Worker } from 'bullmq';
import type { Input } from '../../../app/contract/api.ts';
import { AppError, errorRecord } from '../../../app/error.ts';
import type { KeptProcess } from '../../workers/keptProcess.ts';
import type { Crew } from '../batch/crew.ts';
import { mapPart, mapScene } from '../batch/mapScene.ts';
import type { Announcement, Board, QueueJob } from '../batch/queue/board.ts';
import { type AnswerMessage, type JobMessage, jobMessage } from '../batch/queue/messages.ts';
import { removeWork } from '../batch/queue/publish.ts';
import { type SealedMessage, sealed, unsealed } from '../batch/queue/sealed.ts';
import type { CallContext } from '../callContext.ts';
import type { WorkerMetrics } from './workerMetrics.ts';
import { type WorkerPlan, workerPlan } from './workerPlan.ts';

type Tools = {
  readonly board: Board;
  readonly crew: Crew;
  readonly threads: number | undefined;
  readonly metrics: WorkerMetrics;
  readonly context: CallContext;
};

/** The queue is told how far a scene is no more often than this. */
const progressMs = 1000;

/** What a worker does with jobs, and when it ends. */
export class Duties {
  readonly counts = { done: 0, failed: 0 };
  /** Jobs whose lease was lost: another worker's answer counts. */
  readonly late = new Set<string>();
  /** Why this machine cannot work for the batch. */
  problem: AppError | undefined;
  /** Folders of results that were not answered with, by job. */
  readonly #folders = new Map<string, string>();
  readonly #input: Input<'worker'>;
  readonly #tools: Tools;
  readonly #free: KeptProcess[];
  readonly #stop = new AbortController();
  #plan: { readonly id: string; readonly plan: Promise<WorkerPlan> } | undefined;
  readonly #failing = new Set<string>();
  #busy = 0;
  #restingSince = performance.now();

  constructor(input: Input<'worker'>, tools: Tools) {
    this.#input = input;
    this.#tools = tools;
    this.#free = [...tools.crew.members];
  }

  /** Looks whether this machine can work for the batch that is there. @throws AppError `not-found`, `conflict` … */
  async begin(): Promise<void> {
    const announced = await this.#tools.board.announced();
    if (announced !== undefined) await this.#planOf(announced);
  }

  /** Returns when the worker has to end; what it does then is given back. */
  async lastUntilEnd(takes: Worker, everyMs: number): Promise<void> {
    const asked = this.#tools.context.signal ?? new AbortController().signal;
    const either = AbortSignal.any([asked, this.#stop.signal]);
    const ended = new Promise<void>((resolve) =>
      either.addEventListener('abort', () => resolve(), { once: true }),
    );
    while (!either.aborted) {
      await pause(everyMs, undefined, { signal: either }).catch(() => undefined);
      if (this.#isTired()) break;
      // a Redis that is away does not answer: it must not hide that the worker is to end
      await Promise.race([this.#cancelWithdrawn(takes), ended]);
    }
    this.#stop.abort();
    takes.cancelAllJobs('the worker ends');
    // jobs that are given back need the queue; a Redis that is away cannot keep a worker from ending
    await Promise.race([takes.close(), pause(3000, undefined, { ref: false })]);
  }

  #isTired(): boolean {
    const { idle } = this.#input;
    if (idle === undefined || this.#busy > 0) return false;
    return performance.now() - this.#restingSince > idle * 1000;
  }

  /** Stops work that nobody waits for any more. */
  async #cancelWithdrawn(takes: Worker): Promise<void> {
    if (this.#plan === undefined || this.#busy === 0) return;
    if (await this.#isWithdrawn(this.#plan.id)) takes.cancelAllJobs('the batch was withdrawn');
  }

  #isWithdrawn(batch: string): Promise<boolean> {
    return this.#tools.board.isWithdrawn(batch).catch(() => false);
  }

  /** Maps the scene of a job; the answer, which counts only where the lease still holds. */
  async treat(job: QueueJob, token: string, signal: AbortSignal): Promise<SealedMessage> {
    this.#busy += 1;
    try {
      const plan = await this.#planFor(job, token);
      const { key } = plan.shared;
      const message = unsealed(job.data, key, jobMessage);
      if (message === undefined || message.job !== job.id || message.batch !== plan.shared.id)
        throw new UnrecoverableError('this job does not bear the seal of its batch');
      const answer = await this.#answer(plan, message, job, signal);
      if (answer === undefined) return await this.#giveBack(job, token);
      if ('failed' in answer.result) this.#failing.add(message.job);
      return sealed(answer, key);
    } finally {
      this.#busy -= 1;
      this.#restingSince = performance.now();
    }
  }

  async #answer(
    plan: WorkerPlan,
    message: JobMessage,
    job: QueueJob,
    signal: AbortSignal,
  ): Promise<AnswerMessage | undefined> {
    const taken = randomUUID();
    const place = plan.place(message, taken);
    this.#folders.set(message.job, place.results);
    const process = this.#free.pop()!;
    const clock = this.#tools.metrics.clock();
    const name = { batch: message.batch, job: message.job, taken };
    try {
      const told = atMostEvery(
        progressMs,
        (share) => void job.updateProgress(share).catch(() => undefined),
      );
      const tell = (share: number, stage: string): void => {
        told(share);
        clock.at(stage);
      };
      const watch = { signal, tell };
      const { part } = message;
      if (part === undefined)
        return {
          ...name,
          result: { mapped: await mapScene(plan, message, place, process.run, watch) },
        };
      await mapPart(plan, { ...message, part }, place, process.run, watch);
      return { ...name, result: { part: true } };
    } catch (error) {
      await this.#forget(message.job);
      const { code, message: text } = errorRecord(error);
      if (signal.aborted || code === 'cancelled') return undefined;
      // a batch that is withdrawn takes the folders of its jobs along: that is no failure of the scene
      if (await this.#isWithdrawn(message.batch)) return undefined;
      return { ...name, result: { failed: { code, message: text } } };
    } finally {
      clock.end();
      this.#free.push(process);
    }
  }

  /** Another worker takes the job, unless one did already or nobody wants it any more. */
  async #giveBack(job: QueueJob, token: string): Promise<never> {
    await job.moveToWait(token).catch(() => undefined);
    throw new WaitingError();
  }

  /** A job is another worker's now. */
  lost(job: string): void {
    if (this.late.has(job)) return;
    this.late.add(job);
    this.#tools.metrics.ended('late');
    void this.#forgetLost(job);
  }

  /** An answer that was taken just before the line broke looks like one that was refused: its results are wanted. */
  async #forgetLost(job: string): Promise<void> {
    const folder = this.#folders.get(job);
    const wanted = await this.#tools.board.queue.getJob(job).then(
      (found) => folder !== undefined && found?.returnvalue?.body.includes(basename(folder)),
      () => true,
    );
    if (wanted === true) this.#folders.delete(job);
    else await this.#forget(job);
  }

  /** Removes what was begun and nobody waits for. */
  async end(): Promise<void> {
    for (const job of this.#folders.keys()) await this.#forget(job);
  }

  async #forget(job: string): Promise<void> {
    const folder = this.#folders.get(job);
    this.#folders.delete(job);
    if (folder === undefined) return;
    await removeWork(folder);
    // that of the job, where no other worker has one in it
    await rmdir(dirname(folder)).catch(() => undefined);
  }

  /** The answer of a job was taken. */
  answered(job: string): void {
    // from here on the results are the batch's
    this.#folders.delete(job);
    const result = this.#failing.delete(job) ? 'failed' : 'done';
    this.counts[result] += 1;
    this.#tools.metrics.ended(result);
  }

  /** What the job's batch shares; a machine that does not see it gives the job back and ends. */
  async #planFor(job: QueueJob, token: string): Promise<WorkerPlan> {
    try {
      const announced = await this.#tools.board.announced();
      if (announced === undefined)
        throw new AppError('conflict', 'The queue holds jobs of no batch.');
      const plan = await this.#planOf(announced);
      await plan.checkModel();
      return plan;
    } catch (error) {
      if (error instanceof AppError) {
        this.problem = error;
        this.#stop.abort();
      }
      return await this.#giveBack(job, token);
    }
  }

  #planOf(announced: Announcement): Promise<WorkerPlan> {
    if (this.#plan?.id !== announced.id)
      this.#plan = {
        id: announced.id,
        plan: workerPlan(this.#input, announced, this.#tools.threads),
      };
    return this.#plan.plan;
  }
}

function atMostEvery(ms: number, work: (share: number) => void): (share: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (share) => {
    if (performance.now() - last < ms) return;
    last = performance.now();
    work(share);
  };
}
