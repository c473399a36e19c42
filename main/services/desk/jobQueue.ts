import { randomUUID } from 'node:crypto';
import { type JobRecord, jobRecord } from '../../../app/contract/desk/jobs.ts';
import type { DeskEvent } from '../../../app/contract/deskApi.ts';
import type { ProgressEvent } from '../../../app/contract/events.ts';
import { AppError, errorRecord, phraseError } from '../../../app/error.ts';
import { phrase } from '../../../app/phrase.ts';
import type { ProjectFile } from '../../store/projectFile.ts';
import { failure, hasEnded, type PauseReason, pauseError } from './jobErrors.ts';
import { afterEvent, Forecast, logLine } from './jobProgress.ts';

/** Runs the call that a job stands for. */
export type RunJob = (
  job: JobRecord,
  options: {
    /** It ran before: go on where it stopped. */
    readonly resume: boolean;
    readonly signal: AbortSignal;
    readonly onEvent: (event: ProgressEvent) => void;
  },
) => Promise<unknown>;

/** Windows are told of a running job no more often; less often where its curve is long. */
const tellMs = 200;
/** A running job is written to the project no more often: what a crash may lose of its log. */
const saveMs = 2000;
/** A job that could not be written (disk full) is tried again. */
const retryMs = 5000;

type Running = {
  readonly id: string;
  readonly controller: AbortController;
  readonly startedAt: number;
  readonly elapsedBefore: number;
  /** Of its last message to windows that is still to come, and of its last writing. */
  tellTimer: NodeJS.Timeout | undefined;
  savedAt: number;
  /** State of a job that is stopped. */
  stopAs: 'cancelled' | 'paused';
  /** Settles when the process has ended and the job has its new state. */
  ended: Promise<void>;
};

type Entry = { record: JobRecord; readonly place: number };

/** A batch that watches a folder mostly waits for files: the others go on beside it, and one of them at a time. */
const watches = ({ kind, input }: JobRecord): boolean =>
  kind === 'batch' && input['watch'] === true;

/** The jobs of the open project: one runs at a time, the others wait; every state is in the project file. */
export class JobQueue {
  readonly #run: RunJob;
  readonly #emit: (event: DeskEvent) => void;
  readonly #jobs = new Map<string, Entry>();
  /** Lines that are not in the file yet. */
  readonly #lines = new Map<string, string[]>();
  #file: ProjectFile | undefined;
  readonly #running = new Map<string, Running>();
  #closing = false;

  constructor(run: RunJob, emit: (event: DeskEvent) => void) {
    this.#run = run;
    this.#emit = emit;
  }

  /**
   * Takes up the jobs of a project: those that ran when its last session died are paused, those that waited go on. In a project of
   * somebody else (not `known` here) nothing begins by itself.
   */
  open(file: ProjectFile, known: boolean): void {
    this.#file = file;
    this.#closing = false;
    for (const { id, place, record } of file.jobs.all()) {
      const parsed = jobRecord.safeParse(record);
      // a record that is not understood is left in the file; what it made is where it was
      if (parsed.success) this.#jobs.set(id, { record: parsed.data, place });
    }
    if (file.readOnly) return;
    for (const { record } of [...this.#jobs.values()])
      if (record.state === 'running') this.#pauseFor(record, 'died');
      else if (record.state === 'queued' && !known) this.#pauseFor(record, 'unknown project');
    this.#next();
  }

  /** The same project goes on in another file. */
  move(file: ProjectFile): void {
    this.#file = file;
    for (const id of this.#jobs.keys()) this.#trySave(id);
  }

  /** Pauses what runs and lets go of the project. */
  async close(): Promise<void> {
    this.#closing = true;
    const running = [...this.#running.values()];
    for (const { id } of running) this.#say(id, 'paused, because the project was closed');
    await Promise.all(running.map((one) => this.#stop(one, 'paused')));
    this.#file = undefined;
    this.#jobs.clear();
    this.#lines.clear();
  }

  /** Newest first. */
  list(): JobRecord[] {
    return [...this.#jobs.values()]
      .map(({ record }) => this.#withTime(record))
      .toReversed()
      .toSorted((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : 0));
  }

  log(id: string): string[] {
    this.#entry(id);
    return [...(this.#file?.jobs.lines(id) ?? []), ...(this.#lines.get(id) ?? [])];
  }

  /** @throws AppError `not-writable`, `disk-full` where the project cannot be written */
  add(job: Pick<JobRecord, 'kind' | 'title' | 'input'>, first: boolean): JobRecord {
    const places = [...this.#jobs.values()].map(({ place }) => place);
    const place = first ? Math.min(1, ...places) - 1 : Math.max(0, ...places) + 1;
    const record: JobRecord = {
      ...job,
      id: randomUUID(),
      state: 'queued',
      created: new Date().toISOString(),
      elapsedSeconds: 0,
      curve: [],
    };
    this.#jobs.set(record.id, { record, place });
    try {
      this.#save(record.id);
    } catch (error) {
      this.#jobs.delete(record.id);
      throw error;
    }
    this.#tell(record.id);
    this.#next();
    return this.#entry(record.id).record;
  }

  /** Ends a job that waits, runs or is paused; settled when its process has ended. */
  async cancel(id: string): Promise<void> {
    const { record } = this.#entry(id);
    const running = this.#running.get(id);
    if (running !== undefined) return this.#stop(running, 'cancelled');
    if (record.state === 'queued' || record.state === 'paused')
      this.#end({ ...record, state: 'cancelled' });
    else throw hasEnded(record);
  }

  async pause(id: string): Promise<void> {
    const { record } = this.#entry(id);
    const running = this.#running.get(id);
    if (running !== undefined) return this.#stop(running, 'paused');
    if (record.state === 'queued') this.#put({ ...record, state: 'paused' });
    else if (record.state !== 'paused') throw hasEnded(record);
  }

  resume(id: string): void {
    const { record } = this.#entry(id);
    if (record.state === 'queued' || record.state === 'running') return;
    if (record.state === 'done') throw hasEnded(record);
    const { error: _, ended: __, ...rest } = record;
    this.#put({ ...rest, state: 'queued' });
    this.#next();
  }

  remove(id: string): void {
    const { record } = this.#entry(id);
    if (record.state === 'queued' || record.state === 'running' || record.state === 'paused')
      throw phraseError(
        'usage',
        [phrase('"{title}" has not ended. Cancel it first.', { title: record.title })],
        { job: id },
      );
    this.#file?.jobs.remove(id);
    this.#jobs.delete(id);
    this.#lines.delete(id);
  }

  #next(): void {
    if (this.#closing) return;
    const queued = [...this.#jobs.values()]
      .filter(({ record }) => record.state === 'queued')
      .toSorted((a, b) => a.place - b.place);
    for (const { record } of queued) if (!this.#isBusy(watches(record))) this.#start(record);
  }

  /** Whether a job that watches, or one that does not, is running. */
  #isBusy(watching: boolean): boolean {
    return [...this.#running.keys()].some((id) => watches(this.#entry(id).record) === watching);
  }

  #start(queued: JobRecord): void {
    const running: Running = {
      id: queued.id,
      controller: new AbortController(),
      startedAt: performance.now(),
      elapsedBefore: queued.elapsedSeconds,
      tellTimer: undefined,
      savedAt: 0,
      stopAs: 'cancelled',
      ended: Promise.resolve(),
    };
    this.#running.set(running.id, running);
    const resume = queued.started !== undefined;
    const started = queued.started ?? new Date().toISOString();
    this.#say(queued.id, resume ? 'resumed' : 'started');
    this.#put({ ...queued, state: 'running', started });
    running.ended = this.#work(running, resume);
  }

  async #work(running: Running, resume: boolean): Promise<void> {
    const { id, controller } = running;
    const forecast = new Forecast();
    let outcome: Pick<JobRecord, 'state' | 'result' | 'error'>;
    try {
      const result = await this.#run(this.#entry(id).record, {
        resume,
        signal: controller.signal,
        onEvent: (event) => this.#onEvent(running, event, forecast),
      });
      // a watch ends in good order when it is told to, and goes on when it was only paused
      outcome =
        controller.signal.aborted && running.stopAs === 'paused' && watches(this.#entry(id).record)
          ? { state: 'paused' }
          : { state: 'done', result: result as Record<string, unknown> };
    } catch (error) {
      outcome = controller.signal.aborted
        ? { state: running.stopAs }
        : { state: 'failed', error: failure(errorRecord(error)) };
    }
    const record = this.#withTime(this.#entry(id).record);
    this.#running.delete(id);
    clearTimeout(running.tellTimer);
    this.#say(id, outcome.error === undefined ? outcome.state : `failed: ${outcome.error.message}`);
    this.#end({ ...record, ...outcome });
    this.#next();
  }

  #onEvent(running: Running, event: ProgressEvent, forecast: Forecast): void {
    const { id } = running;
    if (event.kind === 'mapped') {
      const { kind, width, height, columns, rows } = event;
      const classes = Buffer.from(event.classes).toString('base64');
      this.#emit({
        ...{ kind, job: id, width, height, columns, rows, classes },
        place: [...event.place],
        window: [...event.window],
        ...(event.colors === undefined ? {} : { colors: event.colors.map((color) => [...color]) }),
      });
      return;
    }
    const entry = this.#entry(id);
    const line = logLine(event, entry.record.stage);
    if (line !== undefined) this.#say(id, line);
    const record = afterEvent(entry.record, event, forecast, performance.now() / 1000);
    if (record !== undefined) entry.record = record;
    running.tellTimer ??= setTimeout(
      () => this.#tell(id),
      tellMs + entry.record.curve.length,
    ).unref();
    if (performance.now() - running.savedAt > saveMs) this.#trySave(id);
  }

  async #stop(running: Running, state: Running['stopAs']): Promise<void> {
    running.stopAs = state;
    running.controller.abort(new AppError('cancelled', 'Stopped.'));
    await running.ended;
  }

  #pauseFor(record: JobRecord, reason: PauseReason): void {
    const error = pauseError(reason);
    this.#say(record.id, error.message);
    this.#put({ ...record, state: 'paused', error });
  }

  #end(record: JobRecord): void {
    const { eta: _, ...rest } = record;
    const ended = record.state === 'paused' ? {} : { ended: new Date().toISOString() };
    this.#put({ ...rest, ...ended });
  }

  /** A new state: windows know at once, and the file. */
  #put(record: JobRecord): void {
    this.#entry(record.id).record = record;
    this.#trySave(record.id);
    this.#tell(record.id);
  }

  #tell(id: string): void {
    const running = this.#running.get(id);
    if (running !== undefined) {
      clearTimeout(running.tellTimer);
      running.tellTimer = undefined;
    }
    const entry = this.#jobs.get(id);
    if (entry !== undefined) this.#emit({ kind: 'job', job: this.#withTime(entry.record) });
  }

  #say(id: string, text: string): void {
    const time = new Date().toISOString().slice(11, 19);
    const lines = this.#lines.get(id) ?? [];
    lines.push(`${time} ${text}`);
    this.#lines.set(id, lines);
  }

  #save(id: string): void {
    const { record, place } = this.#entry(id);
    const running = this.#running.get(id);
    if (running !== undefined) running.savedAt = performance.now();
    this.#file?.jobs.put(id, place, this.#withTime(record), this.#lines.get(id) ?? []);
    this.#lines.delete(id);
  }

  /** A job goes on although the project cannot be written just now. */
  #trySave(id: string): void {
    try {
      this.#save(id);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      setTimeout(() => this.#jobs.has(id) && this.#trySave(id), retryMs).unref();
    }
  }

  #withTime(record: JobRecord): JobRecord {
    const running = this.#running.get(record.id);
    if (running === undefined) return record;
    const seconds = (performance.now() - running.startedAt) / 1000;
    return { ...record, elapsedSeconds: running.elapsedBefore + seconds };
  }

  /** @throws AppError `not-found` */
  #entry(id: string): Entry {
    const entry = this.#jobs.get(id);
    if (entry !== undefined) return entry;
    throw new AppError(
      'not-found',
      'There is no such job in this project. It may have been removed in another window.',
      {
        job: id,
      },
    );
  }
}
